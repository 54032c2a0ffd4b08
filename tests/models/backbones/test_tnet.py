"""TNet: counts by hand, shapes, both registries, what it learns and refuses."""

from __future__ import annotations

from itertools import pairwise

import mmdet.registry
import mmpose.registry
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmsia.errors import ConfigError, InputError
from mmsia.models.backbones.tnet import STRUCTURES, TNet


def block(before, after, stride):
    """Parameters of two 3 x 3 convolutions, batch norms, and a shortcut if needed."""
    shortcut = before * after + 2 * after if stride == 2 or before != after else 0
    return 9 * before * after + 9 * after * after + 4 * after + shortcut


def blocks(number, *widths):
    total = number * block(widths[0], widths[0], 1)
    for before, after in pairwise(widths):
        total += block(before, after, 2) + (number - 1) * block(after, after, 1)
    return total


def gate(guide, channels):
    return guide * guide + guide * channels + channels


def lit_by_hand(depth):
    """TNet-DxW64 as the published counts are met best (see the docstring)."""
    w = (64, 128, 192, 256)
    total = 9 * 3 * 64 + 2 * 64 + 9 * 64 * 64 + 2 * 64 + block(64, 64, 1)
    total += blocks(4, *w)
    channels = w
    for _ in range(depth):
        total += sum(c * k + 2 * k for c, k in zip(channels, w, strict=True))
        total += sum(
            9 * c * k + 2 * k for c, k in zip(channels[:3], w[1:], strict=True)
        )
        total += blocks(2, *w) + gate(128, 96) + gate(192, 176) + gate(256, 256)
        channels = (96, 176, 256, 256)
    return total


@pytest.mark.parametrize(("depth", "millions"), [(1, 14.0), (2, 19.6), (3, 25.1)])
def test_parameters_by_hand(depth, millions):
    with torch.device("meta"):
        model = TNet(depth)
    count = sum(p.numel() for p in model.parameters())
    assert count == lit_by_hand(depth)
    assert count / 1e6 == pytest.approx(millions, abs=0.05)


# FLOPs (multiply-adds) at 256 x 192, and what the levels' outputs are as wide as
STATED = {
    "lit": ((14.0, 19.6, 25.1), 7.04, (96, 176, 256, 256)),
    "seq": ((14.1, 19.8, 25.4), 7.09, (112, 192, 256, 256)),
    "u2": ((12.7, 19.7, 26.6), 7.10, (96, 192, 320, 256)),
    "bf": ((13.9, 19.8, 25.7), 7.25, (116, 208, 320, 256)),
}


@pytest.mark.parametrize("arch", STRUCTURES)
def test_structures_that_the_tables_allow(arch):
    millions, billions, channels = STATED[arch]
    with torch.device("meta"):
        models = [TNet(depth, arch=arch, out_indices=range(4)) for depth in (1, 2, 3)]
        image = torch.empty(1, 3, 256, 192)
        with FlopCounterMode(display=False) as counter:
            models[-1](image)
    counts = [sum(p.numel() for p in model.parameters()) / 1e6 for model in models]
    assert counts == pytest.approx(millions, abs=0.05)
    assert counter.get_total_flops() / 2e9 == pytest.approx(billions, abs=0.005)
    assert all(model.out_channels == channels for model in models)


@pytest.mark.parametrize("arch", STRUCTURES)
@pytest.mark.parametrize("depth", [1, 2])
def test_shapes(arch, depth):
    model = TNet(depth, 16, arch, out_indices=(0, 2, 3)).eval()
    outputs = model(torch.randn(2, 3, 64, 96))
    assert [tuple(output.shape) for output in outputs] == [
        (2, channels, 16 >> level, 24 >> level)
        for channels, level in zip(model.out_channels, (0, 2, 3), strict=True)
    ]


def test_paper_s_wider_and_deeper_one():
    with torch.device("meta"):
        model = TNet(depth=3, width=96)
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(56.5e6, abs=5e4)
    assert model.out_channels == (144, 264, 384)


@pytest.mark.parametrize("registry", [mmpose.registry, mmdet.registry])
def test_both_libraries_know_it(registry):
    model = registry.MODELS.build(dict(type="TNet", width=8, out_indices=(0,)))
    assert type(model) is TNet
    (output,) = model.eval()(torch.randn(1, 3, 32, 32))
    assert output.shape == (1, 12, 8, 8)


def test_a_detector_of_mmdetection_takes_it():
    tnet = dict(type="TNet", width=8, out_indices=(1, 2, 3))
    model = mmdet.registry.MODELS.build(
        dict(
            type="FCOS",
            # whatever scope earlier tests left
            _scope_="mmdet",
            backbone=tnet,
            neck=dict(type="FPN", in_channels=[22, 32, 32], out_channels=8, num_outs=3),
            bbox_head=dict(
                type="FCOSHead",
                num_classes=1,
                in_channels=8,
                feat_channels=8,
                stacked_convs=1,
                strides=[8, 16, 32],
                regress_ranges=((-1, 64), (64, 128), (128, 1e8)),
                norm_cfg=None,
            ),
        )
    )
    scores, boxes, _ = model(torch.randn(1, 3, 64, 96), None, mode="tensor")
    assert [tuple(score.shape) for score in scores] == [
        (1, 1, 8, 12),
        (1, 1, 4, 6),
        (1, 1, 2, 3),
    ]
    assert boxes[0].shape == (1, 4, 8, 12)


def test_a_top_down_estimator_of_mmpose_takes_it():
    head = dict(type="HeatmapHead", in_channels=12, out_channels=17)
    head.update(deconv_out_channels=None, loss=dict(type="KeypointMSELoss"))
    tnet = dict(type="TNet", width=8, out_indices=(0,))
    model = mmpose.registry.MODELS.build(
        dict(type="TopdownPoseEstimator", backbone=tnet, head=head)
    )
    maps = model(torch.randn(1, 3, 64, 32), None, mode="tensor")
    assert maps.shape == (1, 17, 16, 8)


def test_every_parameter_learns_from_all_levels():
    torch.manual_seed(0)
    model = TNet(2, 8, out_indices=range(4))
    model.init_weights()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    image = torch.randn(2, 3, 64, 64)
    # one step, since gates start at zero and pass nothing on to what is behind them
    for _ in range(2):
        optimizer.zero_grad()
        sum(level.square().mean() for level in model(image)).backward()
        optimizer.step()
    assert all(
        p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters()
    )


@pytest.mark.parametrize(
    ("arch", "outputs", "idle"),
    [
        ("lit", (0, 1, 2), 0),
        ("lit", (0,), 7_770_416),
        ("seq", (0,), 0),
        ("u2", (0,), 9_497_920),
        ("bf", (0,), 0),
    ],
)
def test_what_never_learns(arch, outputs, idle):
    """Eq. (6) and (7) as printed leave coarse levels of the last pass unread."""
    model = TNet(3, 16, arch, out_indices=outputs)
    sum(level.square().mean() for level in model(torch.randn(1, 3, 64, 64))).backward()
    never = {name for name, p in model.named_parameters() if p.grad is None}
    with torch.device("meta"):
        model = TNet(3, 64, arch, out_indices=outputs)
    assert sum(p.numel() for n, p in model.named_parameters() if n in never) == idle


def test_starts_with_gates_of_zero_and_finite_features():
    torch.manual_seed(0)
    model = TNet(3, 16)
    model.init_weights()
    gates = [p for name, p in model.named_parameters() if ".gate." in name]
    assert len(gates) == 2 * 3 * 3 and all(not gate.any() for gate in gates)
    for output in model(torch.randn(2, 3, 64, 64)):
        assert 0.1 < output.std() < 10


def test_equation_7_taken_literally_is_an_option():
    once, twice = TNet(1, 8), TNet(1, 8, num_identities=2)
    twice.load_state_dict(once.state_dict())
    once.eval(), twice.eval()
    image = torch.randn(1, 3, 64, 64)
    fusion = once.passes[0].fusion
    seen = []
    fusion.register_forward_hook(lambda m, args, out: seen.append(args[0]))
    first, second = once(image)[0], twice(image)[0]
    up = torch.nn.functional.pixel_shuffle(seen[0][1], 2)
    torch.testing.assert_close(second - first, torch.cat([up, seen[0][0]], dim=1))


def test_norm_eval_keeps_the_statistics():
    model = TNet(1, 8, norm_eval=True).train()
    before = {k: v.clone() for k, v in model.named_buffers()}
    assert model.training and model.stem[0].conv.training
    model(torch.randn(2, 3, 64, 64))
    assert all(torch.equal(v, before[k]) for k, v in model.named_buffers())
    moving = TNet(1, 8).train()
    before = moving.stem[0].norm.running_mean.clone()
    moving(torch.randn(2, 3, 64, 64))
    assert not torch.equal(moving.stem[0].norm.running_mean, before)


@pytest.mark.parametrize("size", [(64, 80), (33, 64), (0, 64)])
def test_an_image_of_another_size(size):
    with pytest.raises(InputError, match="multiples of 32"):
        TNet(1, 8)(torch.zeros(1, 3, *size))


@pytest.mark.parametrize(
    "options",
    [
        dict(depth=0),
        dict(width=0),
        dict(width=6),
        dict(arch="resnet"),
        dict(arch=dict(width=4)),
        dict(arch=dict(widths=(1, 2), descents=3)),
        dict(arch=dict(widths=(1,), descents=0)),
        dict(out_indices=(0, 4)),
    ],
)
def test_what_makes_no_network(options):
    with pytest.raises(ConfigError, match="TNet"):
        TNet(**options)


def test_a_structure_of_one_s_own():
    model = TNet(1, 8, arch=dict(widths=(1, 2), descents=1), out_indices=(0, 1))
    shapes = [tuple(output.shape) for output in model(torch.zeros(1, 3, 16, 24))]
    assert shapes == [(1, 12, 4, 6), (1, 16, 2, 3)]
