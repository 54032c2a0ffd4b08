"""LIS inside KLPNet: two objects of one category whose boxes overlap."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmsia.models.estimators.klpnet_instances import name_parts, settle_images
from mmsia.models.layers.object_templates import ObjectTemplates

SHAPE = np.array([[0.0, 0], [40, 0], [40, 30], [0, 30]])
"""Four corners of a screen of 40 x 30 pixels."""
CORNERS = ((10, 10), (35, 22))
FEATURES = np.eye(4) * 5


@pytest.fixture
def templates():
    made = ObjectTemplates(num_classes=2, num_parts=4, feature_dim=4)
    parts = torch.arange(4).repeat(6)
    features = torch.as_tensor(FEATURES, dtype=torch.float32).repeat(6, 1)
    made.bank.update(features, torch.ones(24, dtype=torch.int64), parts)
    rng = np.random.default_rng(0)
    shapes = [SHAPE * rng.uniform(0.9, 1.1) for _ in range(6)]
    made.learn_distances(
        shapes,
        [np.ones(4, bool)] * 6,
        np.array([[0, 0, *shape.max(axis=0)] for shape in shapes]),
        np.ones(6, int),
    )
    return made


def sample_of(corner, chosen, image=1, label=1):
    """A screen at a corner, whose crop shows chosen points of (place, feature)."""
    corner = np.asarray(corner, float)
    box = np.concatenate([corner, corner + SHAPE.max(axis=0)])[None]
    places = np.array([place for place, _ in chosen]).reshape(1, -1, 2)
    parts = [part for _, part in chosen]
    features = FEATURES[parts].astype(np.float32).reshape(1, -1, 4)
    scores = np.linspace(0.9, 0.5, len(chosen))[None]
    found = InstanceData(
        keypoints=places, keypoint_scores=scores, keypoints_visible=scores,
        keypoint_features=features, bboxes=box, bbox_scores=np.ones(1),
    )  # fmt: skip
    sample = PoseDataSample(metainfo=dict(img_id=image, category_id=label))
    sample.pred_instances = found
    return sample


def overlapping(image=1):
    """Each crop shows all that lies in its box, the other's corner, too."""
    first, second = (SHAPE + np.array(corner) for corner in CORNERS)
    one = [(first[i], i) for i in range(4)] + [(second[0], 0)]
    two = [(second[i], i) for i in range(4)] + [(first[2], 2)]
    return [sample_of(CORNERS[0], one, image), sample_of(CORNERS[1], two, image)], (
        first,
        second,
    )


def points(sample):
    return {tuple(np.round(p, 3)) for p in sample.pred_instances.keypoints[0]}


def test_each_object_gets_its_own_corners(templates):
    samples, shapes = overlapping()
    name_parts(samples, [1, 1], templates.bank)
    settle_images(samples, [1, 1], templates)
    for sample, shape in zip(samples, shapes, strict=True):
        found = sample.pred_instances
        assert points(sample) == {tuple(corner) for corner in shape}
        # parts, features and scores have come along, the highest score first
        order = [
            np.flatnonzero((shape == p).all(axis=1))[0] for p in found.keypoints[0]
        ]
        assert found.keypoint_parts[0].tolist() == order
        np.testing.assert_array_equal(found.keypoints[0][found.part_peaks[0]], shape)
        np.testing.assert_allclose(found.keypoint_features[0], FEATURES[order])
        assert (np.diff(found.keypoint_scores[0]) <= 0).all()
        np.testing.assert_array_equal(found.keypoints_visible, found.keypoint_scores)


@pytest.mark.parametrize("case", ["images", "categories", "unknown", "untrained"])
def test_nothing_changes_where_it_should_not(templates, case):
    """Other images, other or unknown categories, and nothing learned."""
    samples, _ = overlapping()
    labels = [1, 1]
    if case == "images":
        samples[1].set_metainfo(dict(img_id=2))
    elif case == "categories":
        labels = [1, 0]
    elif case == "unknown":
        labels = [-1, -1]
    else:
        templates.forget()
    before = [sample.pred_instances.keypoints.copy() for sample in samples]
    name_parts(samples, labels, templates.bank)
    settle_images(samples, labels, templates)
    for sample, points_before in zip(samples, before, strict=True):
        np.testing.assert_array_equal(sample.pred_instances.keypoints, points_before)


def test_templates_travel_with_the_weights(templates):
    other = ObjectTemplates(num_classes=2, num_parts=4, feature_dim=4)
    other.load_state_dict(templates.state_dict())
    for name, values in templates.statistics().to_arrays().items():
        np.testing.assert_array_equal(other.statistics().to_arrays()[name], values)
    diagonal = np.hypot(40, 30)
    assert other.statistics().mean[1, 0, 1] == pytest.approx(40 / diagonal, rel=1e-9)
    assert other.statistics().counts[1, 0, 1] == 6
    assert not other.statistics().known[0].any()
