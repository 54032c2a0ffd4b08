"""COCO keypoint AP: three libraries agree, and the extremes come out as they must."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets.coco_keypoints import CocoKeypoints, load_coco_keypoints
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import DataError, InputError
from mmsia.evaluation.keypoint_ap import evaluate_keypoints

REAL = "coco_val_part/person_keypoints_val2017_part.json"


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> CocoKeypoints:
    path = write_crowds(tmp_path_factory.mktemp("d"), 40, seed=7, with_images=False)
    return load_coco_keypoints(path)


def noisy_predictions(
    truth: CocoKeypoints, noise: float, seed: int = 0
) -> list[dict[str, Any]]:
    """Ground truth moved by noise, with misses, doubles, ties and pure inventions."""
    rng = np.random.default_rng(seed)
    predictions = []
    for record in truth.images:
        for keypoints, area in zip(record.keypoints, record.areas, strict=True):
            for _ in range(rng.choice(3, p=(0.1, 0.8, 0.1))):
                moved = keypoints.copy()
                spread = noise * np.sqrt(area) * rng.lognormal(0, 0.7)
                moved[:, :2] += rng.normal(0, spread, (17, 2))
                predictions.append(_result(record.image_id, moved, rng))
        invented = rng.uniform(0, min(record.width, record.height), (17, 3))
        predictions.append(_result(record.image_id, invented, rng))
    return predictions


def _result(image_id: int, keypoints: np.ndarray, rng: np.random.Generator) -> dict:
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": keypoints.ravel().tolist(),
        # Two decimals: ties between images must be treated alike as well.
        "score": round(float(rng.random()), 2),
    }


def _stats_of(library: str, path: Path, predictions: list[dict]) -> np.ndarray:
    with contextlib.redirect_stdout(io.StringIO()):
        if library == "faster":
            from faster_coco_eval import COCO, COCOeval_faster

            index = COCO(str(path))
            found = index.loadRes([dict(p) for p in predictions])
            evaluation = COCOeval_faster(index, found, "keypoints")
        elif library == "xtcoco":
            from xtcocotools.coco import COCO as XtCOCO
            from xtcocotools.cocoeval import COCOeval as XtEval

            index = XtCOCO(str(path))
            found = index.loadRes([dict(p) for p in predictions])
            sigmas = np.array(
                [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]
            )
            evaluation = XtEval(index, found, "keypoints", sigmas / 1000)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return 100 * np.asarray(evaluation.stats[:10])


@pytest.mark.parametrize("library", ["faster", "xtcoco"])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.15])
def test_libraries_agree_on_made_people(
    truth: CocoKeypoints, library: str, noise: float
) -> None:
    predictions = noisy_predictions(truth, noise)
    ours = list(evaluate_keypoints(truth, predictions).as_dict().values())
    assert 1 < ours[0] < 99
    theirs = _stats_of(library, truth.path, predictions)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("library", ["faster", "xtcoco"])
def test_libraries_agree_on_real_people(samples: Path, library: str) -> None:
    real = load_coco_keypoints(samples / REAL)
    predictions = noisy_predictions(real, 0.05)
    ours = list(evaluate_keypoints(real, predictions).as_dict().values())
    theirs = _stats_of(library, real.path, predictions)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def _fed_back(truth: CocoKeypoints) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        _result(record.image_id, keypoints, rng)
        for record in truth.images
        for keypoints in record.keypoints
    ]


def test_ground_truth_fed_back_scores_100(samples: Path) -> None:
    real = load_coco_keypoints(samples / REAL)
    scores = evaluate_keypoints(real, _fed_back(real))
    for name in ("ap", "ap50", "ap75", "ar", "ar50", "ar75"):
        assert getattr(scores, name) == pytest.approx(100, abs=1e-9)


def test_no_predictions_score_0(truth: CocoKeypoints) -> None:
    assert set(evaluate_keypoints(truth, []).as_dict().values()) == {0.0}


def test_a_person_missed_of_two_costs_half_the_recall(tmp_path: Path) -> None:
    """One of two people found: recall 0.5, so 51 of 101 levels at precision 1."""
    truth = load_coco_keypoints(write_crowds(tmp_path, 30, seed=1, with_images=False))
    record = next(r for r in truth.images if len(r.keypoints) == 2)
    rng = np.random.default_rng(0)
    found = [_result(record.image_id, record.keypoints[0], rng)]
    scores = evaluate_keypoints(truth, found, [record.image_id])
    assert scores.ap == pytest.approx(100 * 51 / 101)
    assert scores.ar == pytest.approx(50)


def test_only_the_named_images_count(truth: CocoKeypoints) -> None:
    predictions = _fed_back(truth)
    half = [r.image_id for r in truth.images[::2]]
    kept = [p for p in predictions if p["image_id"] in half]
    assert evaluate_keypoints(truth, kept, half).ar == pytest.approx(
        evaluate_keypoints(truth, predictions, half).ar
    )
    assert evaluate_keypoints(truth, kept).ar < 99


def test_scoring_changes_neither_side(truth: CocoKeypoints) -> None:
    predictions = _fed_back(truth)[:3]
    before = [dict(p) for p in predictions]
    keys = [set(a) for a in truth.dataset["annotations"]]
    evaluate_keypoints(truth, predictions)
    assert predictions == before
    assert [set(a) for a in truth.dataset["annotations"]] == keys


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoints": [np.nan] * 51}, "finite coordinates and score"),
        ({"score": np.inf}, "finite coordinates and score"),
        ({"keypoints": [1.0] * 34}, r"expected 51 numbers, got \(34,\)"),
        ({"image_id": 12345}, "an image of the annotations"),
        ({"category_id": 3}, "category of prediction 0"),
    ],
)
def test_bad_predictions_are_refused(
    truth: CocoKeypoints, change: dict, words: str
) -> None:
    good = _fed_back(truth)[0]
    with pytest.raises(DataError, match=words):
        evaluate_keypoints(truth, [{**good, **change}])


@pytest.mark.parametrize("image_ids", [[], [1, 999]])
def test_unknown_images_are_refused(truth: CocoKeypoints, image_ids: list) -> None:
    with pytest.raises(InputError, match="image ids"):
        evaluate_keypoints(truth, [], image_ids)
