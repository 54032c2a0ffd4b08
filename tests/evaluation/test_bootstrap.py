"""The bootstrap over images equals scoring the resampled data set for real."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets.coco_keypoints import CocoKeypoints, load_coco_keypoints
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import InputError
from mmsia.evaluation.bootstrap import bootstrap_interval, draw_weights, weighted_ap
from mmsia.evaluation.keypoint_ap import bootstrap_ap, evaluate_keypoints
from mmsia.evaluation.keypoint_matches import match_keypoints


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> CocoKeypoints:
    path = write_crowds(tmp_path_factory.mktemp("d"), 25, seed=4, with_images=False)
    return load_coco_keypoints(path)


def _predictions(truth: CocoKeypoints) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    predictions = []
    for record in truth.images:
        for keypoints, area in zip(record.keypoints, record.areas, strict=True):
            if rng.random() < 0.85:
                spread = 0.06 * np.sqrt(area) * rng.lognormal(0, 0.5)
                moved = keypoints + rng.normal(0, spread, (17, 3))
                number = {"image_id": record.image_id, "category_id": 1}
                values = {"keypoints": moved.ravel().tolist(), "score": rng.random()}
                predictions.append({**number, **values})
    return predictions


def _duplicated(
    truth: CocoKeypoints, predictions: list, weights: np.ndarray, folder: Path
) -> tuple[CocoKeypoints, list]:
    """The data set in which each image really stands as often as it was drawn."""
    images, annotations, results = [], [], []
    for image, weight in zip(truth.dataset["images"], weights, strict=True):
        for _ in range(weight):
            new = len(images) + 1
            images.append({**image, "id": new})
            for annotation in truth.dataset["annotations"]:
                if annotation["image_id"] == image["id"]:
                    identity = {"id": len(annotations) + 1, "image_id": new}
                    annotations.append({**annotation, **identity})
            results += [
                {**p, "image_id": new}
                for p in predictions
                if p["image_id"] == image["id"]
            ]
    path = folder / "duplicated.json"
    parts = {"images": images, "annotations": annotations}
    path.write_text(json.dumps({**truth.dataset, **parts}))
    return load_coco_keypoints(path), results


def test_weights_of_one_give_the_librarys_numbers(truth: CocoKeypoints) -> None:
    matches = match_keypoints(truth, _predictions(truth))
    ones = np.ones(len(matches.image_ids))
    scores = matches.scores
    for area, wanted in zip(
        ("all", "medium", "large"), (scores.ap, scores.ap_m, scores.ap_l), strict=True
    ):
        assert 5 < wanted < 95
        assert weighted_ap(matches, ones, area)[0] == pytest.approx(wanted, abs=1e-9)


def test_draws_equal_scoring_the_duplicated_data(
    truth: CocoKeypoints, tmp_path: Path
) -> None:
    predictions = _predictions(truth)
    matches = match_keypoints(truth, predictions)
    weights = draw_weights(len(truth.images), 4, seed=1)
    assert weights.max() > 1
    fast = {a: weighted_ap(matches, weights, a) for a in ("all", "medium", "large")}
    for index, row in enumerate(weights):
        naive = evaluate_keypoints(*_duplicated(truth, predictions, row, tmp_path))
        assert fast["all"][index] == pytest.approx(naive.ap, abs=1e-9)
        assert fast["medium"][index] == pytest.approx(naive.ap_m, abs=1e-9)
        assert fast["large"][index] == pytest.approx(naive.ap_l, abs=1e-9)


def test_interval_holds_the_point_and_repeats(truth: CocoKeypoints) -> None:
    predictions = _predictions(truth)
    low, high = bootstrap_ap(truth, predictions, num_draws=200, seed=3)
    point = evaluate_keypoints(truth, predictions).ap
    assert low < point < high
    assert (low, high) == bootstrap_ap(truth, predictions, num_draws=200, seed=3)
    assert (low, high) != bootstrap_ap(truth, predictions, num_draws=200, seed=4)


def test_chunks_do_not_change_the_draws(
    truth: CocoKeypoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = match_keypoints(truth, _predictions(truth))
    weights = draw_weights(len(truth.images), 50, seed=0)
    whole = weighted_ap(matches, weights)
    monkeypatch.setattr("mmsia.evaluation.bootstrap._CHUNK", 1000)
    np.testing.assert_array_equal(weighted_ap(matches, weights), whole)


def test_drawn_weights_keep_the_number_of_images() -> None:
    weights = draw_weights(30, 500, seed=0)
    assert (weights.sum(axis=1) == 30).all()
    # Poisson-like: about 1/e of the images are left out of a draw.
    assert (weights == 0).mean() == pytest.approx((1 - 1 / 30) ** 30, abs=0.01)


def test_no_predictions_give_zero_and_no_people_give_an_error(
    truth: CocoKeypoints,
) -> None:
    assert bootstrap_ap(truth, [], num_draws=10) == (0.0, 0.0)
    single = match_keypoints(truth, [], [truth.images[0].image_id])
    empty = np.zeros((1, 1))
    assert np.isnan(weighted_ap(single, empty)[0])
    with pytest.raises(InputError, match="1 or more"):
        bootstrap_interval(single, num_draws=0)
    with pytest.raises(InputError, match=r"expected \(B, 1\)"):
        weighted_ap(single, np.ones((2, 5)))


def test_a_thousand_draws_of_240_real_images_take_seconds(samples: Path) -> None:
    part = "coco_val_part/person_keypoints_val2017_part.json"
    real = load_coco_keypoints(samples / part)
    ids = [record.image_id for record in real.annotated()]
    matches = match_keypoints(real, _predictions(real), ids)
    start = time.perf_counter()
    low, high = bootstrap_interval(matches, num_draws=1000)
    assert time.perf_counter() - start < 10
    assert low < matches.scores.ap < high
