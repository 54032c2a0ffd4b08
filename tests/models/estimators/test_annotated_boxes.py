"""Annotated boxes as they lie in the input, moved alike for every network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.annotated_boxes import annotated_boxes
from tests.models.estimators.small_cganet import batch, small_config, to_image


def annotated(boxes, img_id=7):
    """Of an image of 200 x 100 pixels, drawn at twice the size."""
    sample = PoseDataSample(
        metainfo=dict(
            img_id=img_id,
            input_size=(400, 200),
            input_scale=np.array([200.0, 100.0]),
            input_center=np.array([100.0, 50.0]),
        )
    )
    sample.gt_instances = InstanceData(bboxes=np.array(boxes, dtype=np.float32))
    return sample


def test_boxes_by_hand():
    ((boxes, scores),) = annotated_boxes(
        [annotated([[10, 20, 30, 60]])], 0.0, torch.zeros(1)
    )
    assert boxes.tolist() == [[20, 40, 60, 120]]
    assert scores.tolist() == [1]


def test_an_image_has_its_own_jitter_and_always_the_same():
    people = [[10, 20, 30, 60]] * 50
    first, other, again = (
        annotated_boxes([annotated(people, number)], 0.1, torch.zeros(1))[0][0]
        for number in (1, 2, 1)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    shift = ((first[:, 2:] + first[:, :2]) / 2 - torch.tensor([40, 80])).abs()
    assert (shift <= torch.tensor([4.0, 8.0]) + 1e-4).all()
    assert (shift.amax(dim=0) > torch.tensor([3.0, 6.0])).all()


def test_what_cannot_be_is_named():
    with pytest.raises(InputError, match="0 or more"):
        annotated_boxes([annotated([])], -0.1, torch.zeros(1))
    with pytest.raises(InputError, match="gt_instances"):
        annotated_boxes([PoseDataSample()], 0.1, torch.zeros(1))
    with pytest.raises(ConfigError, match="'own' or 'annotated'"):
        MODELS.build(small_config(test_cfg=dict(boxes="guessed")))


def test_poses_are_read_in_the_annotated_boxes():
    torch.manual_seed(0)
    model = MODELS.build(small_config(test_cfg=dict(boxes="annotated"))).eval()
    images, samples = batch()
    for number, sample in enumerate(samples):
        corners = sample.gt_instance_labels.bboxes.numpy().reshape(-1, 2, 2)
        boxes = to_image(corners).reshape(-1, 4)
        sample.gt_instances = InstanceData(bboxes=boxes)
        sample.set_metainfo(dict(img_id=number))
        sample.gt_instances.bbox_scores = np.ones(len(boxes))
    found = model(images, samples, mode="predict")
    for sample in found:
        people = sample.pred_instances
        assert len(people.keypoints) == len(sample.gt_instances.bboxes)
        order = np.lexsort(people.bboxes.T)
        wanted = sample.gt_instances.bboxes
        np.testing.assert_allclose(
            people.bboxes[order], wanted[np.lexsort(wanted.T)], atol=0.1
        )
        low, high = people.bboxes[:, None, :2], people.bboxes[:, None, 2:]
        assert ((people.keypoints >= low - 5) & (people.keypoints <= high + 5)).all()
