"""Mask R-CNN for keypoints: torchvision's own answers, from MMPose's labels."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torchvision.models.detection import KeypointRCNN, keypointrcnn_resnet50_fpn
from torchvision.models.detection.keypoint_rcnn import (
    KeypointRCNNHeads,
    KeypointRCNNPredictor,
)

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, InputError
from mmsia.models.heads.rcnn_head import LEVELS

SIDE = 128


def make(**options):
    torch.manual_seed(0)
    config = dict(type="KeypointRCNNHead", in_channels=8, layers=(8,), max_boxes=5)
    return MODELS.build({**config, **options})


def pyramid(seed=1, batch=2):
    generator = torch.Generator().manual_seed(seed)
    sides = [SIDE // 2 ** (2 + level) for level in range(5)]
    return [torch.randn(batch, 8, side, side, generator=generator) for side in sides]


def sample(boxes):
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    labels = InstanceData(
        bboxes=boxes,
        keypoints=middle[:, None].repeat(1, 17, 1),
        keypoint_weights=torch.ones(len(boxes), 17),
    )
    found = PoseDataSample()
    found.gt_instance_labels = labels
    return found


def test_detections_are_torchvision_s_own():
    """The whole of torchvision's network around the same features and weights."""

    class Features(torch.nn.Module):
        out_channels = 8

        def forward(self, images):
            return OrderedDict(zip(LEVELS, pyramid(batch=1), strict=True))

    head = make(score_thr=0.0).eval()
    whole = KeypointRCNN(
        Features(),
        num_classes=2,
        keypoint_head=KeypointRCNNHeads(8, (8,)),
        keypoint_predictor=KeypointRCNNPredictor(8, 17),
        box_detections_per_img=5,
        box_score_thresh=0.0,
        min_size=SIDE,
        max_size=SIDE,
    ).eval()
    whole.load_state_dict(head.state_dict())
    with torch.no_grad():
        [expected] = whole([torch.zeros(3, SIDE, SIDE)])
        [found] = head.predict(pyramid(batch=1), [None])
    assert len(found.bboxes) == 5
    for name, other in (
        ("bboxes", expected["boxes"]),
        ("bbox_scores", expected["scores"]),
        ("keypoints", expected["keypoints"][..., :2]),
    ):
        np.testing.assert_allclose(found[name], other.numpy(), atol=1e-4)
    assert (np.diff(found.bbox_scores) <= 0).all()


def test_parameters_are_torchvision_s():
    """56.45 in units of 2^20; the print has 56.4."""
    with torch.device("meta"):
        ours = MODELS.build(dict(type="KeypointRCNNHead"))
        theirs = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    parts = (theirs.rpn, theirs.roi_heads)
    count = sum(p.numel() for part in parts for p in part.parameters())
    assert sum(p.numel() for p in ours.parameters()) == count


def test_five_losses_fall():
    head = make().train()
    samples = [sample([[20, 20, 80, 110]]), sample([])]
    feats = pyramid()
    optimizer = torch.optim.Adam(head.parameters(), lr=3e-3)
    totals = []
    for _ in range(12):
        losses = head.loss(feats, samples)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        totals.append(sum(losses.values()).item())
    assert len(losses) == 5 and all(name.startswith("loss") for name in losses)
    assert np.isfinite(totals).all() and np.mean(totals[-3:]) < np.mean(totals[:3])


def test_what_it_cannot_do_is_said():
    head = make().eval()
    with pytest.raises(ConfigError, match="flip_test=False"):
        head.predict(pyramid(), [None] * 2, test_cfg=dict(flip_test=True))
    with pytest.raises(InputError, match="num_outs=5"):
        head.predict(pyramid()[:4], [None] * 2)
    bare = PoseDataSample()
    bare.gt_instance_labels = InstanceData()
    with pytest.raises(InputError, match="no bboxes, keypoint_weights, keypoints"):
        head.loss(pyramid(), [bare, bare])
