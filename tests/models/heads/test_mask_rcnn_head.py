"""Mask R-CNN for masks: torchvision's own answers, from outlines and in the image."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators import MaskEstimator
from mmsia.models.heads.rcnn_head import LEVELS

SIDE = 128


def make(**options):
    torch.manual_seed(0)
    config = dict(type="MaskRCNNHead", in_channels=8, layers=(8,), max_boxes=5)
    return MODELS.build({**config, **options})


def pyramid(batch=2):
    generator = torch.Generator().manual_seed(1)
    sides = [SIDE // 2 ** (2 + level) for level in range(5)]
    return [torch.randn(batch, 8, side, side, generator=generator) for side in sides]


def sample(boxes):
    """People who fill the left halves of their boxes; the last one has no outline."""
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    x1, y1, x2, y2 = boxes.unbind(dim=1)
    middle = (x1 + x2) / 2
    corners = [(x1, y1), (middle, y1), (middle, y2), (x1, y2), (x1, y1)]
    outlines = torch.stack([torch.stack(corner, dim=1) for corner in corners], dim=1)
    outlines[-1:] = torch.nan
    found = PoseDataSample()
    found.gt_instance_labels = InstanceData(bboxes=boxes, outlines=outlines)
    return found


def test_masks_are_torchvision_s_own():
    """The whole of torchvision's network around the same features and weights."""

    class Features(torch.nn.Module):
        out_channels = 8

        def forward(self, images):
            return OrderedDict(zip(LEVELS, pyramid(batch=1), strict=True))

    head = make(score_thr=0.0).eval()
    whole = MaskRCNN(
        Features(),
        box_predictor=FastRCNNPredictor(1024, 2),
        mask_head=MaskRCNNHeads(8, (8,), 1),
        mask_predictor=MaskRCNNPredictor(8, 8, 2),
        box_detections_per_img=5,
        box_score_thresh=0.0,
        min_size=SIDE,
        max_size=SIDE,
    ).eval()
    whole.load_state_dict(head.state_dict())
    image = dict(input_size=(SIDE, SIDE), input_center=[SIDE / 2] * 2)
    image |= dict(input_scale=[SIDE, SIDE], ori_shape=(SIDE, SIDE))
    with torch.no_grad():
        [expected] = whole([torch.zeros(3, SIDE, SIDE)])
        found = head.predict(pyramid(batch=1), [None])
        estimate = MaskEstimator.add_pred_to_datasample
        [sample] = estimate(None, found, None, [PoseDataSample(metainfo=image)])
    found = sample.pred_instances
    assert found.masks.shape == (5, SIDE, SIDE)
    masks = expected["masks"][:, 0].numpy()
    # where the map is at the threshold, rounding decides
    sure = abs(masks - 0.5) > 1e-4
    assert sure.mean() > 0.99 and 0.001 < found.masks.mean() < 0.9
    np.testing.assert_array_equal(found.masks[sure], (masks > 0.5)[sure])
    np.testing.assert_allclose(found.bboxes, expected["boxes"].numpy(), atol=1e-4)
    np.testing.assert_allclose(found.bbox_scores, expected["scores"].numpy())
    assert (np.diff(found.bbox_scores) <= 0).all()


def test_masks_lie_where_the_image_was():
    """An image of 64 x 32 pixels, of which the input of 128 shows two for one."""
    cells = np.ones((1, 28, 28), dtype=np.float32)
    boxes = np.array([[20.0, 10, 60, 50]], dtype=np.float32)
    people = InstanceData(bboxes=boxes, bbox_scores=np.array([0.5]), cells=cells)
    image = dict(input_size=(SIDE, SIDE), input_center=[32, 32], ori_shape=(32, 64))
    [sample] = MaskEstimator.add_pred_to_datasample(
        None, [people], None, [PoseDataSample(metainfo={**image, "input_scale": 64})]
    )
    np.testing.assert_allclose(sample.pred_instances.bboxes, boxes / 2)
    rows, columns = np.nonzero(sample.pred_instances.masks[0])
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (10, 29, 5, 24)


def test_parameters_are_torchvision_s_for_people_alone():
    """41.9 in units of 2^20; the print, 42.3, is of 91 classes."""
    with torch.device("meta"):
        ours = MODELS.build(dict(type="MaskRCNNHead"))
        theirs = maskrcnn_resnet50_fpn(
            weights=None, weights_backbone=None, num_classes=2
        )
        of_coco = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)

    def count(*parts):
        return sum(p.numel() for part in parts for p in part.parameters())

    assert count(ours) == count(theirs.rpn, theirs.roi_heads)
    # once trained, torchvision counts no batch normalisation of the backbone
    norms = [m for m in of_coco.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert round((count(of_coco) - count(*norms)) / 2**20, 1) == 42.3
    # classes and boxes from 1024 numbers, masks from 256, and biases, of 89 classes
    assert count(of_coco) - count(theirs) == 89 * (5 * 1025 + 257)


def test_targets_are_outlines_on_pixels():
    target = make().target_of(
        sample([[20, 20, 80, 110], [0, 0, 9, 9]]).gt_instance_labels, (SIDE, 2 * SIDE)
    )
    expected = torch.zeros(1, SIDE, 2 * SIDE, dtype=torch.uint8)
    expected[0, 20:110, 20:50] = 1
    assert torch.equal(target["masks"], expected)
    assert target["boxes"].tolist() == [[20, 20, 80, 110]]
    assert target["labels"].tolist() == [1]


def test_five_losses_fall():
    head = make().train()
    nobody = [[0.0, 0, 30, 30]]
    samples = [sample([[20, 20, 80, 110], *nobody]), sample([])]
    feats = pyramid()
    optimizer = torch.optim.Adam(head.parameters(), lr=3e-3)
    totals, masks = [], []
    for _ in range(12):
        losses = head.loss(feats, samples)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        totals.append(sum(losses.values()).item())
        masks.append(losses["loss_mask"].item())
    assert len(losses) == 5 and all(name.startswith("loss") for name in losses)
    assert np.isfinite(totals).all() and np.mean(totals[-3:]) < np.mean(totals[:3])
    assert np.mean(masks[-3:]) < np.mean(masks[:3])


def test_what_it_cannot_do_is_said():
    head = make().eval()
    with pytest.raises(ConfigError, match="MaskRCNNHead has no flip test"):
        head.predict(pyramid(), [None] * 2, test_cfg=dict(flip_test=True))
    with pytest.raises(InputError, match="num_outs=5"):
        head.predict(pyramid()[:4], [None] * 2)
    bare = PoseDataSample()
    bare.gt_instance_labels = InstanceData()
    with pytest.raises(InputError, match="no bboxes, outlines"):
        head.loss(pyramid(), [bare, bare])
