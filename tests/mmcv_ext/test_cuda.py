"""On a GPU the stand-in must give what it gives on the CPU."""

from __future__ import annotations

import pytest
import torch

import mmsia  # noqa: F401 - lets mmcv._ext be found

pytestmark = pytest.mark.gpu


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(4)


def test_nms(generator):
    from mmcv.ops import nms

    corner = 60 * torch.rand(200, 2, generator=generator)
    boxes = torch.cat((corner, corner + 30), dim=1)
    scores = torch.rand(200, generator=generator)
    here = nms(boxes, scores, 0.4, offset=1)[1]
    there = nms(boxes.cuda(), scores.cuda(), 0.4, offset=1)[1]
    assert there.is_cuda and torch.equal(here, there.cpu())


def test_roi_align(generator):
    from mmcv.ops import roi_align

    x = torch.randn(2, 3, 16, 16, generator=generator)
    rois = torch.tensor([[0, 1.0, 2.0, 40.0, 50.0], [1, -3.0, 0.0, 20.0, 70.0]])
    grads = []
    for device in ("cpu", "cuda"):
        leaf = x.to(device).requires_grad_()
        out = roi_align(leaf, rois.to(device), 7, 0.25, 0, "avg", True)
        out.square().sum().backward()
        grads.append(leaf.grad.cpu())
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-4)


def test_modulated_deform_conv(generator):
    from mmcv.ops import modulated_deform_conv2d

    shapes = [(2, 4, 9, 9), (2, 18, 9, 9), (2, 9, 9, 9), (6, 4, 3, 3), (6,)]
    tensors = [torch.randn(*shape, generator=generator) for shape in shapes]
    grads = []
    for device in ("cpu", "cuda"):
        leaves = [tensor.to(device).requires_grad_() for tensor in tensors]
        modulated_deform_conv2d(*leaves, 1, 1).square().sum().backward()
        grads.append([leaf.grad.cpu() for leaf in leaves])
    for here, there in zip(*grads, strict=True):
        torch.testing.assert_close(here, there, rtol=1e-3, atol=1e-2)


def test_focal_loss(generator):
    from mmdet.models.losses import FocalLoss

    logits = torch.randn(8, 5, generator=generator)
    target = torch.arange(8) % 6
    loss = FocalLoss()
    # MMDetection has its own formula on the CPU and calls mmcv on the GPU.
    here, there = loss(logits, target), loss(logits.cuda(), target.cuda())
    torch.testing.assert_close(here, there.cpu(), rtol=1e-5, atol=1e-6)
