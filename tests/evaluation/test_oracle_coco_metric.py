"""OracleCocoMetric: a person found exactly, missed peaks, and a detector's boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mmpose.registry import METRICS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import DataError

POINTS = np.stack([np.linspace(20, 80, 17), np.linspace(30, 150, 17)], axis=1)
BOX = np.array([[10.0, 20, 90, 160]])


@pytest.fixture
def metric(tmp_path):
    flat = np.column_stack([POINTS, np.full(17, 2)]).reshape(-1)
    person = dict(
        id=1, image_id=1, category_id=1, iscrowd=0, area=9000, bbox=[10, 20, 80, 140],
        num_keypoints=17, keypoints=flat.tolist(),
    )  # fmt: skip
    names = [f"k{number}" for number in range(17)]
    stored = dict(
        info={},
        images=[dict(id=1, file_name="1.jpg", width=100, height=200)],
        annotations=[person],
        categories=[dict(id=1, name="person", keypoints=names, skeleton=[])],
    )
    path = tmp_path / "people.json"
    path.write_text(json.dumps(stored))
    made = METRICS.build(dict(type="OracleCocoMetric", ann_file=str(path)))
    from mmpose.datasets.datasets.utils import parse_pose_metainfo

    made.dataset_meta = parse_pose_metainfo(
        dict(from_file="configs/_base_/datasets/coco.py")
    )
    return made


def sample(peaks, scores, visible=None):
    visible = np.ones(17) if visible is None else visible
    return dict(
        id=1, img_id=1, category_id=1,
        gt_instances=dict(
            keypoints=POINTS[None], keypoints_visible=visible[None], bboxes=BOX,
            bbox_scores=np.ones(1), bbox_scales=np.array([[80.0, 140]]),
        ),
        pred_instances=dict(
            keypoints=np.asarray(peaks)[None], keypoint_scores=np.asarray(scores)[None],
            bboxes=BOX, bbox_scores=np.ones(1),
        ),
    )  # fmt: skip


def test_peaks_in_any_order_among_others_are_the_keypoints(metric):
    order = np.random.default_rng(0).permutation(17)
    peaks = np.concatenate([POINTS[order], [[5.0, 5], [99, 1]]])
    scores = np.concatenate([np.linspace(0.9, 0.5, 17), [0.95, 0.1]])
    metric.process(None, [sample(peaks, scores)])
    ((prediction, _),) = metric.results
    np.testing.assert_allclose(prediction["keypoints"][0], POINTS)
    back = np.argsort(order)
    np.testing.assert_allclose(prediction["keypoint_scores"][0], scores[:17][back])
    assert metric.evaluate(size=1)["coco/AP"] == pytest.approx(1.0)


def test_one_peak_is_every_keypoint_and_most_are_wrong(metric):
    metric.process(None, [sample(POINTS[:1], [0.9])])
    ((prediction, _),) = metric.results
    assert (prediction["keypoints"][0] == POINTS[0]).all()
    assert metric.evaluate(size=1)["coco/AP"] == pytest.approx(0.0)


def test_without_peaks_or_annotation_a_keypoint_scores_0(metric):
    metric.process(None, [sample(np.zeros((0, 2)), np.zeros(0))])
    visible = np.ones(17)
    visible[3] = 0
    metric.process(None, [sample(POINTS, np.full(17, 0.5), visible)])
    (none, _), (some, _) = metric.results
    assert (none["keypoint_scores"] == 0).all() and (none["keypoints"] == 0).all()
    assert np.flatnonzero(some["keypoint_scores"][0] == 0).tolist() == [3]


def test_a_detectors_boxes_are_refused(metric):
    with pytest.raises(DataError, match="no bbox_file"):
        metric.process(None, [sample(POINTS, np.ones(17), np.zeros(17))])
