"""PCK of objects from stored predictions: the metric's own numbers, draws of images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.bench.scoring.choose import scoring_named, scoring_of
from mmsia.bench.scoring.object_pck import ObjectsPCK
from mmsia.datasets.object_annotations import ObjectAnnotations
from mmsia.errors import DataError
from mmsia.evaluation.object_pck_metric import ObjectPCK

CLASSES = ("bus", "car", "sofa")
SCORING = ObjectsPCK(CLASSES, ("oracle", "features"))


def annotations(folder: Path, num: int = 8) -> Path:
    """Cars and buses in turns, two an image, 100 x 50; parts 20 pixels apart."""
    objects = []
    for number in range(num):
        parts = 2 + number % 2
        points = np.column_stack(
            [20 * np.arange(parts), np.full(parts, 5), [2] * parts]
        )
        objects.append(
            {
                "id": 10 + number,
                "image_id": number // 2,
                "category_id": 1 + number % 2,
                "bbox": [0, 0, 100, 50],
                "keypoints": points.ravel().tolist(),
                "occluded": int(number == num - 1),
            }
        )
    path = folder / "objects.json"
    content = {
        "images": [{"id": i, "file_name": f"{i}.jpg"} for i in range(num // 2)],
        "categories": [
            {"id": 1, "name": "car", "keypoints": ["a", "b"]},
            {"id": 2, "name": "bus", "keypoints": ["a", "b", "c"]},
        ],
        "annotations": objects,
    }
    path.write_text(json.dumps(content))
    return path


def found(truth: ObjectAnnotations, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Peaks near the keypoints, some parts mistaken, some peaks missing."""
    predictions = []
    for row, number in enumerate(truth.ids.tolist()):
        keypoints = truth.keypoints[row][truth.labelled[row]]
        kept = rng.random(len(keypoints)) < 0.8
        predictions.append(
            {
                "id": number,
                "category": 0,
                "points": (keypoints + rng.normal(0, 7, keypoints.shape))[
                    kept
                ].tolist(),
                "scores": rng.random(kept.sum()).tolist(),
                "parts": rng.permutation(len(keypoints))[kept].tolist(),
                "part_peaks": rng.integers(-1, kept.sum(), 3).tolist(),
            }
        )
    return predictions


def test_scores_by_hand(tmp_path: Path) -> None:
    """A keypoint counts within 10 pixels."""
    truth = SCORING.open(annotations(tmp_path, 2))
    car = {"id": 10, "points": [[0, 5], [35, 5]], "scores": [0.5, 0.4], "parts": [0, 1]}
    bus = {"id": 11, "points": [[20, 5], [0, 5]], "scores": [0.5, 0.4], "parts": [0, 2]}
    scored = SCORING.score(truth, [car, bus], [0], 10)
    assert scored.scores == pytest.approx(
        {
            "oracle/bus": 100 * 2 / 3,
            "oracle/car": 50,
            "oracle/mean": (100 * 2 / 3 + 50) / 2,
            "oracle/keypoint_mean": 100 * 3 / 5,
            "features/bus": 0,
            "features/car": 50,
            "features/mean": 25,
            "features/keypoint_mean": 20,
        }
    )
    assert scored.counts == {"num_images": 1, "num_objects": 2, "num_keypoints": 5}
    np.testing.assert_allclose(scored.draws["oracle/car"], 50)
    # a peak may stand for several parts, and none for another
    others = {"part_peaks": [0, 0]}, {"part_peaks": [1, 0, -1, -1]}
    scored = SCORING.score(truth, [car | others[0], bus | others[1]], [0], 10)
    assert scored.scores["features/car"] == 50
    assert scored.scores["features/bus"] == pytest.approx(100 * 2 / 3)


def test_the_metric_gives_the_same(tmp_path: Path) -> None:
    path = annotations(tmp_path)
    evaluator = {"type": "ObjectPCK", "classes": CLASSES, "without": ("occluded",)}
    scoring, evaluator = scoring_of(evaluator)
    truth = scoring.open(path)
    written = scoring.keep(evaluator, tmp_path / "raw")
    metric = ObjectPCK(**{k: v for k, v in evaluator.items() if k != "type"})
    content = json.loads(path.read_text())
    content["categories"][1]["skeleton"] = [[1, 2], [2, 3]]
    content["categories"][0]["skeleton"] = [[1, 2]]
    path.write_text(json.dumps(content))
    truth, raw = scoring.open(path), content["annotations"]
    predictions = found(truth, np.random.default_rng(0))
    for row, each in enumerate(predictions):
        known = truth.labelled[row]
        name = truth.categories[int(truth.category_ids[row])]
        metric.process(
            None,
            [
                {
                    "id": each["id"],
                    "category_id": CLASSES.index(name),
                    "raw_ann_info": raw[row],
                    "skeleton_links": truth.links[int(truth.category_ids[row])],
                    "gt_instances": {
                        "keypoints": truth.keypoints[row][known][None],
                        "keypoints_visible": np.ones((1, known.sum())),
                        "bboxes": truth.boxes[[row]],
                    },
                    "pred_instances": {
                        "keypoints": np.reshape(each["points"], (1, -1, 2)),
                        "keypoint_scores": np.array([each["scores"]]),
                        "keypoint_parts": np.array([each["parts"]]),
                        "part_peaks": np.array([each["part_peaks"]]),
                        "links": [np.array([[0, 1]])[: len(each["points"]) - 1]],
                    },
                }
            ],
        )
    own = metric.evaluate(len(predictions))
    read = scoring.read(written)
    scored = scoring.score(truth, read, range(4), 5)
    assert set(scored.scores) == set(own)
    for name, value in own.items():
        assert scored.scores[name] == pytest.approx(100 * value)
    assert scored.counts["num_objects"] == 7
    assert 0 < scored.scores["oracle/mean"] < 100


def test_a_draw_is_the_score_of_the_images_drawn(tmp_path: Path) -> None:
    """Twice the same image counts twice: the mean of many draws is near the score."""
    truth = SCORING.open(annotations(tmp_path, 40))
    predictions = found(truth, np.random.default_rng(1))
    scored = SCORING.score(truth, predictions, range(20), 2000)
    for name, draws in scored.draws.items():
        assert draws.mean() == pytest.approx(scored.scores[name], abs=2)
        assert draws.std() > 1
    again = SCORING.score(truth, predictions, range(20), 2000)
    np.testing.assert_array_equal(
        scored.draws["features/mean"], again.draws["features/mean"]
    )


def test_links_by_hand(tmp_path: Path) -> None:
    """Two true links of the bus: one found, one between peaks that are too far away."""
    path = annotations(tmp_path, 2)
    content = json.loads(path.read_text())
    content["categories"][1]["skeleton"] = [[1, 2], [2, 3]]
    path.write_text(json.dumps(content))
    truth = SCORING.open(path)
    car = {"id": 10, "points": [[0, 5], [20, 5]], "scores": [1, 1], "parts": [0, 1]}
    bus = {"id": 11, "points": [[20, 5], [0, 5], [52, 5]], "scores": [1] * 3}
    bus["parts"] = [1, 0, 2]
    # a wrong link of the car, whose category has none
    car["links"], bus["links"] = [[0, 1]], [[0, 1], [0, 2]]
    scored = SCORING.score(truth, [car, bus], [0], 4)
    # 1 right, 3 predicted, 2 annotated
    assert scored.scores["links/f1"] == pytest.approx(100 * 2 * 1 / 5)
    np.testing.assert_allclose(scored.draws["links/f1"], 40)
    bus["links"] = None
    assert "links/f1" not in SCORING.score(truth, [car, bus], [0], 4).scores


def test_missing_and_strange_predictions_are_told(tmp_path: Path) -> None:
    truth = SCORING.open(annotations(tmp_path))
    predictions = found(truth, np.random.default_rng(0))
    with pytest.raises(DataError, match=r"none for \[10\]"):
        SCORING.score(truth, predictions[1:], range(4), 2)
    with pytest.raises(DataError, match=r"others for \[16, 17\]"):
        SCORING.score(truth, predictions, range(3), 2)
    clear = ObjectsPCK(CLASSES, ("oracle",), without=("occluded",))
    assert clear.score(truth, predictions[:-1], range(4), 2).counts["num_objects"] == 7


def test_a_stored_run_names_its_settings() -> None:
    scoring = ObjectsPCK(("car",), ("oracle",), 0.2, ("truncated",))
    assert scoring_named(json.loads(json.dumps(scoring.settings()))) == scoring
