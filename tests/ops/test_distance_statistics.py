"""Distances of parts: by hand, against numpy's deviation, scale and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.distance_statistics import (
    MIN_DEVIATION,
    DistanceStatistics,
    box_diagonals,
    learn_distances,
)


def random_data(number=200, parts=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (number, parts, 2))
    visible = rng.random((number, parts)) < 0.7
    size = rng.uniform(50, 150, (number, 2))
    boxes = np.concatenate([np.zeros((number, 2)), size], axis=1)
    return points, visible, boxes, rng.integers(classes, size=number)


def test_by_hand():
    points = np.array([[[0.0, 0], [30, 40]], [[0, 0], [0, 25]], [[0, 0], [9, 9]]])
    visible = np.array([[True, True], [True, True], [True, False]])
    boxes = np.array([[0.0, 0, 60, 80], [10, 10, 40, 50], [0, 0, 3, 4]])
    found = learn_distances(points, visible, boxes, np.zeros(3, int), 2)
    # 50 / 100 and 25 / 50
    assert found.mean[0, 0, 1] == found.mean[0, 1, 0] == 0.5
    assert found.counts[0].tolist() == [[3, 2], [2, 2]]
    assert found.deviation[0, 0, 1] == MIN_DEVIATION
    assert found.known[0].tolist() == [[False, True], [True, False]]
    assert not found.known[1].any()


def test_against_numpy_pair_by_pair():
    points, visible, boxes, labels = random_data()
    found = learn_distances(points, visible, boxes, labels, 3)
    for label in range(3):
        for a, b in ((0, 1), (3, 2), (4, 0)):
            used = (labels == label) & visible[:, a] & visible[:, b]
            away = np.linalg.norm(points[used, a] - points[used, b], axis=1)
            away /= np.linalg.norm(boxes[used, 2:], axis=1)
            assert found.counts[label, a, b] == used.sum()
            assert found.mean[label, a, b] == pytest.approx(away.mean())
            assert found.deviation[label, a, b] == pytest.approx(away.std(ddof=1))


def test_size_and_place_do_not_matter():
    points, visible, boxes, labels = random_data()
    first = learn_distances(points, visible, boxes, labels, 3)
    moved = learn_distances(points * 7 - 50, visible, boxes * 7 - 50, labels, 3)
    np.testing.assert_allclose(moved.mean, first.mean)
    np.testing.assert_allclose(moved.deviation, first.deviation)


def test_boxes_of_zero_area_are_left_out():
    points, visible, boxes, labels = random_data()
    boxes[::3, 3] = boxes[::3, 1]
    assert (box_diagonals(boxes) == 0).sum() == 67
    kept = box_diagonals(boxes) > 0
    found = learn_distances(points, visible, boxes, labels, 3)
    rest = learn_distances(points[kept], visible[kept], boxes[kept], labels[kept], 3)
    assert np.array_equal(found.counts, rest.counts)
    np.testing.assert_allclose(found.mean, rest.mean)


def test_there_and_back():
    found = learn_distances(*random_data(), 3)
    again = DistanceStatistics.from_arrays(found.to_arrays())
    for name, value in found.to_arrays().items():
        assert np.array_equal(getattr(again, name), value)


def test_what_is_not_annotated_does_not_matter():
    points, visible, boxes, labels = random_data()
    first = learn_distances(points, visible, boxes, labels, 3)
    points[~visible] = np.nan
    second = learn_distances(points, visible, boxes, labels, 3)
    assert np.array_equal(first.mean, second.mean)


def test_bad_input():
    points, visible, boxes, labels = random_data()
    with pytest.raises(InputError, match="distances of parts"):
        learn_distances(points, visible, boxes[:-1], labels, 3)
    with pytest.raises(InputError, match="below 2"):
        learn_distances(points, visible, boxes, labels, 2)
    points[visible] = np.nan
    with pytest.raises(InputError, match="finite"):
        learn_distances(points, visible, boxes, labels, 3)
