"""Hands of a figure: distances by hand, order, and what cannot be shown."""

import json

import numpy as np
import pytest

from mmsia.bench.gallery_hands import choose_hands, mean_distances
from mmsia.bench.scoring.crop_side_pck import CropSide
from mmsia.errors import DataError

PLACE = np.column_stack([np.arange(21.0), 2 * np.arange(21.0)])
SIDE = 100.0


def make_truth(folder, labels):
    """Hands on the same place, number 10 + i on image i; which keypoints count."""
    images = [{"id": i, "file_name": f"{i}.jpg", "sequence": i} for i in labels]
    hands = [
        {
            "id": 10 + i,
            "image_id": i,
            "keypoints": np.column_stack([PLACE, counted]).ravel().tolist(),
        }
        for i, counted in labels.items()
    ]
    path = folder / "hands.json"
    path.write_text(json.dumps({"images": images, "annotations": hands}))
    return CropSide().open(path)


def found(number, shift, **changes):
    """A hand found some pixels to the right of its place."""
    keypoints = (PLACE + np.array([shift, 0])).tolist()
    hand = {"id": 10 + number, "image_id": number, "keypoints": keypoints}
    return {**hand, "side": SIDE, "center": [10.0, 20.0], **changes}


def choose(truth, image_ids, rows, **rule):
    options = {"quantiles": (0, 0.5, 1), "num_worst": 0, **rule}
    return choose_hands(truth, image_ids, rows, CropSide(), **options)


def test_distance_by_hand():
    """Three labelled keypoints: 5 and 40 pixels of 50 off, and one not found."""
    truth = np.zeros((1, 21, 2))
    labelled = np.zeros((1, 21), bool)
    labelled[0, [0, 3, 7]] = True
    found = np.full((1, 21, 2), 1e9)
    found[0, 0], found[0, 3], found[0, 7] = (3, 4), (24, 32), np.nan
    (distance,) = mean_distances(found, truth, labelled, np.array([50.0]))
    assert distance == pytest.approx((0.1 + 0.8 + 1) / 3)
    found[0, 3] = (300, 400)
    (capped,) = mean_distances(found, truth, labelled, np.array([50.0]))
    assert capped == pytest.approx((0.1 + 1 + 1) / 3)


def test_hands_by_the_last_row_beside_the_first(tmp_path):
    truth = make_truth(tmp_path, dict.fromkeys(range(3), [1] * 21))
    ours = [found(0, 2.5), found(1, 30), found(2, 0.5)]
    other = [found(0, 1.5), found(1, 1.5), found(2, 40)]
    choices = choose(truth, range(3), [other, ours])
    # by ours the worst is hand 11, by the other 12
    assert [(c.hand_id, c.image_id) for c in choices] == [(11, 1), (10, 0), (12, 2)]
    assert [c.why for c in choices] == ["quantile 0", "quantile 0.5", "quantile 1"]
    distances = [[found.distance for found in c.found] for c in choices]
    np.testing.assert_allclose(
        distances, [[0.015, 0.3], [0.015, 0.025], [0.4, 0.005]], atol=1e-12
    )
    # 2.5 of 100 pixels are right from 0.03 on: four of six thresholds
    middle = choices[1]
    assert middle.found[1].mpck == pytest.approx(400 / 6)
    assert middle.side == SIDE and middle.center.tolist() == [10, 20]
    np.testing.assert_array_equal(middle.found[1].keypoints, PLACE + np.array([2.5, 0]))


def test_what_is_not_labelled_does_not_count(tmp_path):
    none, part = [0] * 21, [1] * 20 + [0]
    truth = make_truth(tmp_path, {0: part, 1: none, 2: part})
    ours = [found(0, 1), found(1, 90), found(2, 3)]
    ours[0]["keypoints"][20] = [1e6, 1e6]
    ours[2]["keypoints"][4] = [None, None]
    choices = choose(truth, range(3), [ours], quantiles=(), num_worst=8)
    assert [c.hand_id for c in choices] == [12, 10]
    assert choices[1].found[0].distance == pytest.approx(0.01)
    assert choices[0].found[0].distance == pytest.approx((19 * 0.03 + 1) / 20)
    assert np.isnan(choices[0].found[0].keypoints[4]).all()


def test_only_images_that_were_looked_at(tmp_path):
    truth = make_truth(tmp_path, dict.fromkeys(range(3), [1] * 21))
    choices = choose(truth, [0, 2], [[found(0, 1), found(2, 3)]])
    assert [c.hand_id for c in choices] == [12, 10]


def test_predictions_that_do_not_fit_are_named(tmp_path):
    truth = make_truth(tmp_path, dict.fromkeys(range(2), [1] * 21))
    whole = [found(0, 1), found(1, 1)]
    with pytest.raises(DataError, match=r"none for \[11\]"):
        choose(truth, range(2), [whole[:1], whole])
    without = [{k: v for k, v in hand.items() if k != "center"} for hand in whole]
    with pytest.raises(DataError, match=r"none for 2 hands.*make the run again"):
        choose(truth, range(2), [whole, without])
