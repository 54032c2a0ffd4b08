"""PCK and identity of objects' keypoints: by hand, pair by pair, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.object_keypoints import (
    count_links,
    score_categories,
    take_identified_peaks,
    take_nearest_peaks,
    take_part_peaks,
)


def test_oracle_takes_the_nearest_peak():
    truth = np.array([[0.0, 0], [10, 0], [np.nan, 0], [0, 9]])
    peaks = np.array([[1.0, 1], [8, 0]])
    found = take_nearest_peaks(peaks, truth)
    # a peak can serve two keypoints
    np.testing.assert_array_equal(found, [[1, 1], [8, 0], [np.nan] * 2, [1, 1]])
    assert np.isnan(take_nearest_peaks(np.zeros((0, 2)), truth)).all()


def test_features_tell_the_part_and_scores_decide():
    points = np.arange(10.0).reshape(5, 2)
    scores = np.array([0.5, 0.9, 0.8, 0.3, 1.0])
    found = take_identified_peaks(points, scores, np.array([2, 2, 0, 0, -1]), 4)
    np.testing.assert_array_equal(
        found, [points[2], [np.nan] * 2, points[1], [np.nan] * 2]
    )


def test_each_part_takes_its_peak():
    points = np.arange(6.0).reshape(3, 2)
    found = take_part_peaks(points, np.array([2, -1, 2, 0, 1]), 4)
    np.testing.assert_array_equal(
        found, [points[2], [np.nan] * 2, points[2], points[0]]
    )
    assert np.isnan(take_part_peaks(np.zeros((0, 2)), np.array([-1, -1]), 2)).all()


def data():
    truth = np.zeros((3, 2, 2))
    truth[:, 1] = 50
    boxes = np.array([[0.0, 0, 100, 20], [0, 0, 10, 40], [0, 0, 60, 60]])
    labelled = np.array([[True, True], [True, True], [True, False]])
    return truth, labelled, boxes, np.array([0, 2, 0])


def test_pck_by_hand():
    truth, labelled, boxes, labels = data()
    found = truth.copy()
    # limits are 10, 4 and 6 pixels; on the limit is not within
    found[0] += [[9.9, 0], [0, 10]]
    found[1] += [[3.9, 0], [0, 3.9]]
    found[2, 0] = np.nan
    scores = score_categories(found, truth, labelled, boxes, labels, 4)
    # one of three keypoints of category 0, both of 2, none of the others
    np.testing.assert_allclose(scores.by_category, [1 / 3, np.nan, 1, np.nan])
    assert scores.counts.tolist() == [3, 0, 2, 0]
    assert scores.mean == pytest.approx((1 / 3 + 1) / 2)
    assert scores.keypoint_mean == pytest.approx(3 / 5)


def test_pck_keypoint_by_keypoint():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (60, 9, 2))
    found = truth + rng.normal(0, 6, truth.shape)
    labelled = rng.random((60, 9)) < 0.6
    boxes = np.concatenate([np.zeros((60, 2)), rng.uniform(40, 120, (60, 2))], axis=1)
    labels = rng.integers(5, size=60)
    scores = score_categories(found, truth, labelled, boxes, labels, 5, alpha=0.07)
    for label in range(5):
        right = total = 0
        for n in np.flatnonzero(labels == label):
            for k in np.flatnonzero(labelled[n]):
                away = np.hypot(*(found[n, k] - truth[n, k]))
                right += away < 0.07 * max(boxes[n, 2], boxes[n, 3])
                total += 1
        assert scores.by_category[label] == pytest.approx(right / total)


def test_bad_boxes():
    truth, labelled, boxes, labels = data()
    boxes[1, 2] = 0
    with pytest.raises(InputError, match="1 without area"):
        score_categories(truth, truth, labelled, boxes, labels, 4)


def test_links_between_the_nearest_peaks() -> None:
    """A square of 100: peaks count within 10 pixels."""
    truth = np.array([[0.0, 0], [100, 0], [100, 100], [0, 100]])
    labelled = np.array([True, True, True, False])
    links = [(0, 1), (1, 2), (2, 3)]
    points = [[100.0, 3], [2, 0], [100, 112]]
    found = {"points": points, "links": [[1, 0], [0, 2]]}
    # the peak at (100, 112) is too far from its keypoint; (2, 3) has an unlabelled end
    assert count_links(found, truth, labelled, 100.0, links) == (1, 2 + 2)
    assert count_links(found, truth, labelled, 200.0, links) == (2, 2 + 2)
    none = {"points": np.zeros((0, 2)), "links": []}
    assert count_links(none, truth, labelled, 100.0, links) == (0, 2)


def test_one_peak_cannot_be_both_ends_of_a_link() -> None:
    truth = np.array([[0.0, 0], [4, 0]])
    found = {"points": [[2.0, 0]], "links": np.zeros((0, 2), int)}
    assert count_links(found, truth, np.ones(2, bool), 100.0, [(0, 1)]) == (0, 1)
