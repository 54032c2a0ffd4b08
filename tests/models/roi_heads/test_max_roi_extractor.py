"""MaxRoIExtractor: against torchvision level by level, and on odd boxes."""

from __future__ import annotations

import pytest
import torch
from mmdet.registry import MODELS
from torchvision.ops import roi_align

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import InputError

STRIDES = (8, 16, 32)


def extractor(**options):
    layer = dict(type="RoIAlign", output_size=3, sampling_ratio=2) | options
    return MODELS.build(
        dict(
            type="MaxRoIExtractor", _scope_="mmdet", roi_layer=layer, out_channels=4,
            featmap_strides=STRIDES,
        )
    )  # fmt: skip


def levels(batch=2, requires_grad=False):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(batch, 4, 64 // s, 96 // s, generator=generator).requires_grad_(
            requires_grad
        )
        for s in STRIDES
    ]


ROIS = torch.tensor([[0, 3.0, 5, 60, 40], [1, 10, 10, 18, 22], [1, 0, 0, 96, 64]])


def test_equals_the_highest_of_each_level_alone():
    feats = levels()
    alone = torch.stack(
        [
            roi_align(feat, ROIS, 3, 1 / stride, sampling_ratio=2, aligned=True)
            for feat, stride in zip(feats, STRIDES, strict=True)
        ]
    )
    torch.testing.assert_close(extractor()(feats, ROIS), alone.amax(dim=0))


def test_a_level_that_is_higher_everywhere_counts_alone():
    feats = [torch.full_like(feat, value) for feat, value in zip(levels(), (1.0, 7, 3),
             strict=True)]  # fmt: skip
    assert (extractor()(feats, ROIS[1:]) == 7).all()


def test_every_level_can_learn():
    feats = levels(requires_grad=True)
    extractor()(feats, ROIS).sum().backward()
    assert all(feat.grad.abs().sum() > 0 for feat in feats)


def test_boxes_can_grow():
    rois = torch.tensor([[0, 20.0, 20, 40, 30]])
    grown = torch.tensor([[0, 10.0, 15, 50, 35]])
    feats = levels()
    torch.testing.assert_close(
        extractor()(feats, rois, roi_scale_factor=2.0), extractor()(feats, grown)
    )


def test_no_boxes():
    assert extractor()(levels(), torch.zeros(0, 5)).shape == (0, 4, 3, 3)


def test_a_box_of_zero_area_reads_a_point():
    """The middle of cell (2, 1) of a single level: every bin has its value."""
    feat = levels()[0]
    model = MODELS.build(
        dict(
            type="MaxRoIExtractor", _scope_="mmdet", out_channels=4,
            featmap_strides=[8],
            roi_layer=dict(type="RoIAlign", output_size=3, sampling_ratio=2),
        )
    )  # fmt: skip
    found = model([feat], torch.tensor([[0, 20.0, 12, 20, 12]]))
    torch.testing.assert_close(found, feat[:1, :, 1:2, 2:3].expand(1, 4, 3, 3))


def test_a_box_of_zero_area_with_samples_by_size():
    found = extractor(sampling_ratio=0)(levels(), torch.tensor([[0, 9.0, 9, 9, 9]]))
    assert (found == 0).all()


def test_other_numbers_of_levels():
    with pytest.raises(InputError, match="levels"):
        extractor()(levels()[:2], ROIS)
