"""DPAD: sizes of levels, the path by hand, in a detector, and CIoU by hand."""

from __future__ import annotations

import math

import pytest
import torch
from mmdet.registry import MODELS as DETECTION_MODELS
from mmdet.structures import DetDataSample
from mmdet.utils import register_all_modules
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError


def neck_of(registry=MODELS, **options):
    torch.manual_seed(0)
    settings = dict(type="DPAD", in_channels=(4, 6, 8, 10), out_channels=5) | options
    neck = registry.build(settings)
    neck.init_weights()
    return neck


def feats_of(height, width, batch=1):
    generator = torch.Generator().manual_seed(0)
    sizes = [(-(-height // s), -(-width // s)) for s in (4, 8, 16, 32)]
    return [
        torch.randn(batch, c, *size, generator=generator)
        for c, size in zip((4, 6, 8, 10), sizes, strict=True)
    ]


@pytest.mark.parametrize("registry", [MODELS, DETECTION_MODELS])
def test_levels_of_a_1024_input(registry):
    levels = neck_of(registry)(feats_of(1024, 1024))
    assert [level.shape[-1] for level in levels] == [128, 64, 32, 16, 8, 4, 2]
    assert all(level.shape[1] == 5 for level in levels)


@pytest.mark.parametrize("num_outs", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("size", [(1000, 72), (32, 32), (8, 1030)])
def test_levels_of_any_input(num_outs, size):
    levels = neck_of(num_outs=num_outs)(feats_of(*size, batch=2))
    expected, (height, width) = [], (-(-side // 8) for side in size)
    for _ in range(num_outs):
        expected.append((2, 5, height, width))
        height, width = -(-height // 2), -(-width // 2)
    assert [tuple(level.shape) for level in levels] == expected


def test_the_path_by_hand():
    neck, feats = neck_of(), feats_of(64, 96)
    levels = list(neck.fpn(feats))
    assert len(levels) == 5
    for conv in neck.extra:
        weight, bias = conv.conv.weight, conv.conv.bias
        before = levels[-1]
        levels.append(
            torch.conv2d(before, weight, bias, stride=2, padding=1).clamp(min=0)
        )
    path = [levels[0]]
    for i, level in enumerate(levels[1:]):
        down, fuse = neck.down[i].conv, neck.fuse[i].conv
        halved = torch.conv2d(path[-1], down.weight, down.bias, stride=2, padding=1)
        both = halved.clamp(min=0) + level
        fused = torch.conv2d(both, fuse.weight, fuse.bias, padding=1)
        path.append(fused.clamp(min=0))
    for expected, got in zip(path, neck(feats), strict=True):
        torch.testing.assert_close(got, expected)


def test_fine_details_reach_the_coarsest_level():
    """What the path is for: N9 depends on C3, FPN's C7 of its own does not."""
    neck = neck_of()
    feats = [feat.requires_grad_() for feat in feats_of(1024, 1024)]
    (alone,) = torch.autograd.grad(
        neck.fpn(feats)[-1].sum(), feats[1], allow_unused=True
    )
    assert alone is None
    (reached,) = torch.autograd.grad(neck(feats)[-1].sum(), feats[1])
    assert reached.abs().sum() > 0


@pytest.mark.parametrize(
    "options", [dict(num_outs=2), dict(start_level=4), dict(start_level=-1)]
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match="DPAD"):
        neck_of(**options)


def scalar_ciou(box, other):
    """1 - IoU + rho^2 / c^2 + a v, of two boxes, number by number."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    both = max(wide, 0) * max(high, 0)
    w, h = box[2] - box[0], box[3] - box[1]
    w2, h2 = other[2] - other[0], other[3] - other[1]
    iou = both / (w * h + w2 * h2 - both)
    c2 = (max(box[2], other[2]) - min(box[0], other[0])) ** 2
    c2 += (max(box[3], other[3]) - min(box[1], other[1])) ** 2
    rho2 = ((box[0] + box[2] - other[0] - other[2]) / 2) ** 2
    rho2 += ((box[1] + box[3] - other[1] - other[3]) / 2) ** 2
    v = 4 / math.pi**2 * (math.atan(w2 / h2) - math.atan(w / h)) ** 2
    # MMDetection, as the loss's authors: no term of shape for a poor overlap
    a = v / (1 - iou + v) if iou > 0.5 else 0
    return 1 - iou + rho2 / c2 + a * v


@pytest.mark.parametrize(
    ("box", "other"),
    [
        ((10, 10, 50, 90), (12, 8, 55, 88)),
        ((10, 10, 50, 90), (14, 12, 48, 100)),
        ((10, 10, 50, 90), (40, 60, 90, 100)),
        ((10, 10, 50, 90), (60, 100, 90, 120)),
        ((0, 0, 100, 10), (0, 0, 60, 10)),
    ],
)
def test_ciou_equals_a_scalar_evaluation(box, other):
    # whatever scope earlier tests left
    config = dict(type="CIoULoss", _scope_="mmdet", reduction="none")
    loss = DETECTION_MODELS.build(config)
    boxes = (torch.tensor([b], dtype=torch.float64) for b in (box, other))
    assert loss(*boxes).item() == pytest.approx(scalar_ciou(box, other), abs=1e-6)


def detector():
    """Faster R-CNN of MMDetection with DPAD and CIoU on decoded boxes."""
    head = dict(
        type="Shared2FCBBoxHead", in_channels=16, fc_out_channels=32, num_classes=2,
        roi_feat_size=3, reg_decoded_bbox=True, loss_bbox=dict(type="CIoULoss"),
        loss_cls=dict(type="CrossEntropyLoss"),
        bbox_coder=dict(type="DeltaXYWHBBoxCoder"),
    )  # fmt: skip
    strides = (8, 16, 32, 64, 128, 256, 512)
    assigner = dict(
        type="MaxIoUAssigner", pos_iou_thr=0.5, neg_iou_thr=0.5, min_pos_iou=0.3,
        match_low_quality=True,
    )  # fmt: skip
    sampler = dict(type="RandomSampler", num=32, pos_fraction=0.5)
    proposals = dict(
        nms_pre=50, max_per_img=20, nms=dict(type="nms", iou_threshold=0.7)
    )
    trained = dict(assigner=assigner, sampler=sampler, pos_weight=-1, debug=False)
    return dict(
        type="FasterRCNN",
        _scope_="mmdet",
        backbone=dict(type="ResNet", depth=18, base_channels=8, stem_channels=8),
        neck=dict(type="DPAD", in_channels=(8, 16, 32, 64), out_channels=16),
        rpn_head=dict(
            type="RPNHead", in_channels=16, feat_channels=16,
            anchor_generator=dict(
                type="AnchorGenerator", scales=[4], ratios=[0.5, 1.0, 2.0],
                strides=strides
            ),
            bbox_coder=dict(type="DeltaXYWHBBoxCoder"),
        ),
        roi_head=dict(
            type="StandardRoIHead",
            bbox_roi_extractor=dict(
                type="SingleRoIExtractor", out_channels=16, featmap_strides=strides,
                roi_layer=dict(type="RoIAlign", output_size=3),
            ),
            bbox_head=head,
        ),
        train_cfg=dict(
            rpn=trained | dict(allowed_border=-1), rpn_proposal=proposals, rcnn=trained
        ),
        test_cfg=dict(
            rpn=proposals,
            rcnn=proposals | dict(score_thr=0),
        ),
    )  # fmt: skip


def test_in_a_detector_of_mmdetection():
    register_all_modules(init_default_scope=False)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmdet"):
        model = DETECTION_MODELS.build(ConfigDict(detector()))
        truth = InstanceData(
            bboxes=torch.tensor([[20.0, 30, 90, 110], [150, 40, 240, 200]]),
            labels=torch.tensor([0, 1]),
        )
        meta = dict(
            img_shape=(256, 256), ori_shape=(256, 256), pad_shape=(256, 256),
            batch_input_shape=(256, 256), scale_factor=(1.0, 1.0),
        )  # fmt: skip
        sample = DetDataSample(metainfo=meta, gt_instances=truth)
        image = torch.randn(1, 3, 256, 256)
        losses = model.loss(image, [sample])
        flat = [
            part
            for name, loss in losses.items()
            if "loss" in name
            for part in (loss if isinstance(loss, list) else [loss])
        ]
        sum(flat).backward()
        learned = [p.grad for p in model.neck.parameters()]
        assert all(grad is not None for grad in learned)
        assert all(torch.isfinite(grad).all() for grad in learned)
        with torch.no_grad():
            (found,) = model.eval().predict(image, [sample])
    boxes = found.pred_instances.bboxes
    assert boxes.shape[1] == 4 and torch.isfinite(boxes).all()
