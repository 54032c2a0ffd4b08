from __future__ import annotations

import pytest
import torch
from torch.nn import functional

import mmsia  # noqa: F401 - lets mmcv._ext be found

DOUBLE = torch.float64
CASES = [
    # stride, padding, dilation, groups, deformable groups
    (1, 1, 1, 1, 1),
    (2, 0, 1, 2, 1),
    (1, 2, 2, 1, 2),
    ((2, 1), (1, 2), (1, 2), 2, 2),
]


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def by_definition(x, offset, mask, weight, stride, padding, dilation, groups, parts):
    """Sample every kernel point with grid_sample, then one matrix product."""
    (sy, sx), (py, px), (dy, dx) = pair(stride), pair(padding), pair(dilation)
    batch, channels, height, width = x.shape
    num_out, _, kh, kw = weight.shape
    h, w = offset.shape[2:]
    rows = torch.arange(h, dtype=DOUBLE)[:, None] * sy - py
    cols = torch.arange(w, dtype=DOUBLE)[None, :] * sx - px
    offset = offset.view(batch, parts, kh * kw, 2, h, w)
    mask = mask.view(batch, parts, kh * kw, 1, h, w)
    points = []
    for k in range(kh * kw):
        sampled = []
        for part, inputs in enumerate(x.chunk(parts, dim=1)):
            y = rows + (k // kw) * dy + offset[:, part, k, 0]
            z = cols + (k % kw) * dx + offset[:, part, k, 1]
            grid = torch.stack(
                (2 * z / (width - 1) - 1, 2 * y / (height - 1) - 1), dim=-1
            )
            values = functional.grid_sample(inputs, grid, align_corners=True)
            sampled.append(values * mask[:, part, k])
        points.append(torch.cat(sampled, dim=1))
    columns = torch.stack(points, dim=2)  # (B, C, k, h, w)
    columns = columns.view(batch, groups, channels // groups, kh * kw, h, w)
    kernel = weight.view(groups, num_out // groups, channels // groups, kh * kw)
    out = torch.einsum("bgckhw,gock->bgohw", columns, kernel)
    return out.reshape(batch, num_out, h, w)


@pytest.fixture(params=CASES, ids=str)
def problem(request):
    stride, padding, dilation, groups, parts = request.param
    generator = torch.Generator().manual_seed(5)

    def randn(*shape):
        return torch.randn(*shape, generator=generator, dtype=DOUBLE)

    x, weight = randn(2, 4, 7, 8), randn(6, 4 // groups, 3, 3)
    h, w = functional.conv2d(x, weight, None, stride, padding, dilation, groups).shape[
        2:
    ]
    # Some points fall outside the map; none on a corner of the grid.
    offset, mask = 1.7 * randn(2, 18 * parts, h, w), randn(2, 9 * parts, h, w)
    tensors = [t.requires_grad_() for t in (x, offset, mask, weight)]
    return tensors, (stride, padding, dilation, groups, parts)


def compare(ours, expected, tensors):
    torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-9)
    probe = torch.linspace(-1, 1, ours.numel(), dtype=DOUBLE).view_as(ours)
    got = torch.autograd.grad((ours * probe).sum(), tensors)
    want = torch.autograd.grad((expected * probe).sum(), tensors)
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_modulated_and_its_gradients_agree_with_the_definition(problem):
    from mmcv.ops import modulated_deform_conv2d

    (x, offset, mask, weight), geometry = problem
    bias = torch.arange(6, dtype=DOUBLE).requires_grad_()
    ours = modulated_deform_conv2d(x, offset, mask, weight, bias, *geometry)
    expected = by_definition(x, offset, mask, weight, *geometry)
    expected = expected + bias[:, None, None]
    compare(ours, expected, (x, offset, mask, weight, bias))


def test_first_version_and_its_gradients_agree_with_the_definition(problem):
    from mmcv.ops import deform_conv2d

    (x, offset, mask, weight), geometry = problem
    ones = torch.ones_like(mask)
    ours = deform_conv2d(x, offset, weight, *geometry)
    expected = by_definition(x, offset, ones, weight, *geometry)
    compare(ours, expected, (x, offset, weight))


def test_zero_offsets_are_a_convolution():
    from mmcv.ops import ModulatedDeformConv2dPack

    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, 9, 9, generator=generator)
    layer = ModulatedDeformConv2dPack(3, 5, 3, padding=1, bias=False)
    # A fresh layer has zero offsets and masks of sigmoid(0) = 0.5.
    expected = 0.5 * functional.conv2d(x, layer.weight, padding=1)
    torch.testing.assert_close(layer(x), expected, rtol=1e-5, atol=1e-5)


def test_offset_order_is_y_then_x():
    from mmcv.ops import deform_conv2d

    x = torch.arange(25.0).view(1, 1, 5, 5)
    offset = torch.zeros(1, 2, 5, 5)
    offset[:, 0] = 1
    out = deform_conv2d(x, offset, torch.ones(1, 1, 1, 1))
    assert torch.equal(out[0, 0, :4], x[0, 0, 1:])
    assert torch.equal(out[0, 0, 4], torch.zeros(5))
