"""PCK from stored predictions: the metric's own numbers, draws of whole sequences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.scoring.choose import scoring_named
from mmsia.bench.scoring.crop_side_pck import CropSide
from mmsia.datasets.hand_annotations import load_hand_annotations
from mmsia.errors import DataError
from mmsia.evaluation.pck_metric import CropSidePCK

SIDE = 100.0


def annotations(folder: Path, num: int = 6) -> Path:
    """Hands of three sequences of two frames, on keypoints (i, 2 i); one unlabelled."""
    images = [
        {"id": i, "file_name": f"{i}.jpg", "sequence": i // 2} for i in range(num)
    ]
    hands = []
    for i in range(num):
        points = np.column_stack([np.arange(21), 2 * np.arange(21), np.ones(21)])
        points[20, 2] = 0
        hand = {"id": 10 + i, "image_id": i, "keypoints": points.ravel().tolist()}
        hands.append(hand)
    path = folder / "hands.json"
    path.write_text(json.dumps({"images": images, "annotations": hands}))
    return path


def predictions(offsets: list[float]) -> list[dict]:
    """Every keypoint of hand i that many pixels beside its place."""
    place = np.column_stack([np.arange(21), 2 * np.arange(21)]).astype(float)
    return [
        {
            "id": 10 + i,
            "image_id": i,
            "keypoints": (place + np.array([offset, 0.0])).tolist(),
            "side": SIDE,
        }
        for i, offset in enumerate(offsets)
    ]


def test_scores_by_hand(tmp_path: Path) -> None:
    truth = CropSide().open(annotations(tmp_path))
    found = predictions([0, 0, 1.5, 1.5, 4.5, 50])
    scored = CropSide().score(truth, found, range(6), 50)
    assert scored.scores["pck@0.01"] == pytest.approx(100 * 2 / 6)
    assert scored.scores["pck@0.02"] == pytest.approx(100 * 4 / 6)
    assert scored.scores["pck@0.05"] == pytest.approx(100 * 5 / 6)
    means = [2, 4, 4, 4, 5, 5]
    assert scored.scores["mpck"] == pytest.approx(100 * np.mean(means) / 6)
    assert scored.counts == {
        "num_images": 6,
        "num_hands": 6,
        "num_scored": 6,
        "num_sequences": 3,
    }


def test_what_was_not_found_is_wrong_and_what_is_not_labelled_does_not_count(
    tmp_path: Path,
) -> None:
    truth = CropSide().open(annotations(tmp_path, 1))
    (hand,) = predictions([0])
    hand["keypoints"][20] = [1e6, 1e6]
    hand["keypoints"][3] = [None, None]
    scored = CropSide().score(truth, [hand], [0], 2)
    assert scored.scores["pck@0.08"] == pytest.approx(100 * 19 / 20)


def test_draws_take_sequences_whole(tmp_path: Path) -> None:
    """Frames of a sequence agree, so that a draw is a multiple of a third."""
    truth = CropSide().open(annotations(tmp_path))
    scored = CropSide().score(truth, predictions([0, 0, 50, 50, 50, 50]), range(6), 400)
    draws = scored.draws["mpck"]
    assert set(np.round(3 * draws / 100, 6)) == {0.0, 1.0, 2.0, 3.0}
    assert draws.mean() == pytest.approx(100 / 3, abs=5)
    again = CropSide().score(truth, predictions([0, 0, 50, 50, 50, 50]), range(6), 400)
    np.testing.assert_array_equal(draws, again.draws["mpck"])


def test_a_hand_without_prediction_is_told(tmp_path: Path) -> None:
    truth = CropSide().open(annotations(tmp_path))
    with pytest.raises(DataError, match=r"none for \[15\]"):
        CropSide().score(truth, predictions([0] * 5), range(6), 2)
    with pytest.raises(DataError, match=r"others for \[15\]"):
        CropSide().score(truth, predictions([0] * 6), range(5), 2)


def test_the_metric_writes_what_is_scored(tmp_path: Path) -> None:
    """The metric's numbers are those from its file and the annotations."""
    path = annotations(tmp_path, 3)
    truth = load_hand_annotations(path)
    scoring, evaluator = CropSide(), {"type": "CropSidePCK"}
    written = scoring.keep(evaluator, tmp_path / "raw")
    metric = CropSidePCK(outfile=evaluator["outfile"])
    rng = np.random.default_rng(0)
    for row in range(3):
        maps = rng.random((21, 8, 8)).astype(np.float32)
        maps[5, 0, 0] = np.nan
        metric.process(
            None,
            [
                {
                    "id": int(truth.ids[row]),
                    "img_id": row,
                    "input_center": np.array([20.0, 30.0]),
                    "input_scale": np.array([SIDE, SIDE]),
                    "gt_instances": {
                        "keypoints": truth.keypoints[[row]],
                        "keypoints_visible": truth.labelled[[row]].astype(float),
                    },
                    "pred_fields": {"heatmaps": maps},
                    "pred_instances": {"head_weights": np.array([[0.5, 0.5]])},
                }
            ],
        )
    own = metric.evaluate(3)
    found = scoring.read(written)
    assert found[0]["keypoints"][5] == [None, None]
    assert found[0]["head_weights"] == [0.5, 0.5]
    assert found[0]["center"] == [20.0, 30.0]
    scored = scoring.score(truth, found, range(3), 2)
    for name, value in own.items():
        assert scored.scores[name] == pytest.approx(100 * value, abs=1e-9)


def test_a_stored_run_names_its_thresholds() -> None:
    scoring = CropSide((0.1, 0.2), (0.2,))
    assert scoring_named(json.loads(json.dumps(scoring.settings()))) == scoring
