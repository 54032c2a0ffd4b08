"""Moving regressed keypoints to peaks, against the rule written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmsia.ops.peak_snapping import snap_to_peaks


def by_loops(points, boxes, peaks, responses, threshold, reach):
    """One image: keypoint by keypoint, peak by peak."""
    moved, scores = points.copy(), np.zeros(points.shape[:2])
    for person, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        for kind in range(points.shape[1]):
            best, nearest = math.inf, None
            for peak, response in zip(
                peaks[kind].tolist(), responses[kind].tolist(), strict=True
            ):
                distance = math.dist(points[person, kind].tolist(), peak)
                if response > threshold and distance < best:
                    best, nearest = distance, (peak, response)
            if nearest is None or best > reach * max(x2 - x1, y2 - y1):
                continue
            (x, y), response = nearest
            if x1 <= x <= x2 and y1 <= y <= y2:
                moved[person, kind] = x, y
                scores[person, kind] = response
    return moved, scores


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_loops(seed):
    rng = np.random.default_rng(seed)
    low = 80 * rng.random((2, 6, 2))
    side = 5 + 40 * rng.random((2, 6, 2))
    boxes = np.concatenate([low, low + side], axis=-1)
    # about their boxes: some outside, some with no peak near enough
    points = low[:, :, None] + (1.4 * rng.random((2, 6, 4, 2)) - 0.2) * side[:, :, None]
    peaks = 120 * rng.random((2, 4, 60, 2))
    responses = rng.random((2, 4, 60)) ** 2
    responses[1, 2] = 0.1  # of this type, none counts
    given = [part.copy() for part in (points, boxes, peaks, responses)]
    moved, scores = snap_to_peaks(points, boxes, peaks, responses, 0.1, 0.3)
    for before, after in zip(given, (points, boxes, peaks, responses), strict=True):
        assert np.array_equal(before, after)
    assert 0.05 < (scores > 0).mean() < 0.95
    for image in range(2):
        parts = (points[image], boxes[image], peaks[image], responses[image])
        expected = by_loops(*parts, 0.1, 0.3)
        np.testing.assert_array_equal(moved[image], expected[0])
        np.testing.assert_array_equal(scores[image], expected[1])


@pytest.mark.parametrize(("people", "peaks"), [(0, 5), (2, 0)])
def test_nobody_and_no_peaks(people, peaks):
    points = np.ones((1, people, 3, 2), np.float32)
    moved, scores = snap_to_peaks(
        points,
        np.zeros((1, people, 4), np.float32),
        np.zeros((1, 3, peaks, 2), np.float32),
        np.ones((1, 3, peaks), np.float32),
    )
    assert np.array_equal(moved, points)
    assert scores.shape == (1, people, 3) and not scores.any()
