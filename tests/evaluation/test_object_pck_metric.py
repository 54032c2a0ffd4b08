"""ObjectPCK: by hand, categories of different sizes, what it writes and refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mmpose.registry import METRICS

from mmsia.errors import ConfigError, DataError
from mmsia.evaluation.object_pck_metric import ObjectPCK

NAMES = ("car", "chair", "bus")


def sample(category, truth, points, part_peaks, visible=None, number=1):
    truth, points = np.array(truth, float), np.array(points, float).reshape(-1, 2)
    visible = np.ones(len(truth)) if visible is None else np.array(visible)
    return dict(
        id=number,
        category_id=category,
        gt_instances=dict(
            keypoints=truth[None],
            keypoints_visible=visible[None],
            bboxes=np.array([[0.0, 0, 50, 100]]),
        ),
        pred_instances=dict(
            keypoints=points[None],
            keypoint_scores=np.linspace(0.9, 0.1, len(points))[None],
            keypoint_parts=np.zeros((1, len(points)), int),
            part_peaks=np.array(part_peaks, int)[None],
        ),
    )


def cars():
    """Limits are 10 pixels."""
    return [
        # both are there; the features swap them
        sample(0, [[10, 10], [40, 90]], [[12, 10], [40, 85]], [1, 0]),
        # a third keypoint that is not annotated; nothing near the second
        sample(0, [[10, 10], [40, 90], [0, 0]], [[15, 10]], [0, 0, 0], [2, 1, 0], 2),
        sample(1, [[20, 20]], [[80, 80], [20, 21]], [0], None, 3),
        sample(1, [[20, 20]], [], [-1], None, 4),
    ]


def evaluate(samples, **options):
    metric = METRICS.build(dict(type="ObjectPCK", classes=NAMES, **options))
    for one in samples:
        metric.process(None, [one])
    return metric.compute_metrics(metric.results)


def test_by_hand():
    scores = evaluate(cars())
    expected = {
        "oracle/car": 3 / 4, "oracle/chair": 1 / 2,
        "oracle/mean": 5 / 8, "oracle/keypoint_mean": 4 / 6,
        # a chair's part looks like the wrong peak; nothing is near a swapped part
        "features/car": 1 / 4, "features/chair": 0,
        "features/mean": 1 / 8, "features/keypoint_mean": 1 / 6,
    }  # fmt: skip
    assert scores == pytest.approx(expected)


def test_flags_leave_objects_out():
    objects = cars()
    for one, flag in zip(objects, (0, 1, 0, 1), strict=True):
        one["raw_ann_info"] = dict(truncated=0, occluded=flag)
    scores = evaluate(objects, without=("truncated", "occluded"))
    assert scores["oracle/car"] == 1 and scores["oracle/chair"] == 1
    assert scores["features/car"] == 0
    with pytest.raises(DataError, match="none in 2"):
        evaluate(objects[1::2], without=("occluded",))


def test_alpha():
    scores = evaluate(cars()[:1], identities=("oracle",), alpha=0.03)
    assert scores["oracle/car"] == pytest.approx(1 / 2)
    assert list(scores) == ["oracle/car", "oracle/mean", "oracle/keypoint_mean"]


def test_what_is_written(tmp_path):
    path = tmp_path / "found.json"
    evaluate(cars(), outfile=str(path))
    written = json.loads(path.read_text())
    assert [one["id"] for one in written] == [1, 2, 3, 4]
    assert written[0]["points"] == [[12, 10], [40, 85]]
    assert written[3]["points"] == [] and written[2]["parts"] == [0, 0]
    assert [one["part_peaks"] for one in written] == [[1, 0], [0, 0, 0], [0], [-1]]


def test_what_it_refuses():
    strange = sample(5, [[0, 0]], [[0, 0]], [0])
    with pytest.raises(DataError, match="category of object 1"):
        evaluate([strange])
    blind = cars()[0]
    del blind["pred_instances"]["part_peaks"]
    with pytest.raises(DataError, match="part_peaks"):
        evaluate([blind])
    assert evaluate([blind], identities=("oracle",))["oracle/mean"] == 1
    with pytest.raises(DataError, match="labelled keypoints"):
        evaluate([sample(0, [[0, 0]], [[0, 0]], [0], [0])])
    for options in (dict(identities=("luck",)), dict(identities=())):
        with pytest.raises(ConfigError, match="ObjectPCK"):
            ObjectPCK(NAMES, **options)
    with pytest.raises(ConfigError, match="ObjectPCK"):
        ObjectPCK(())
