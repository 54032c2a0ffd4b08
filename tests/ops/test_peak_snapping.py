"""Moving regressed keypoints to peaks, against the rule written out in loops."""

from __future__ import annotations

import math

import pytest
import torch

from mmsia.ops.peak_snapping import snap_to_peaks


def by_loops(points, boxes, peaks, responses, threshold, reach):
    """One image: keypoint by keypoint, peak by peak."""
    moved, scores = points.clone(), torch.zeros(points.shape[:2])
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
                moved[person, kind] = torch.tensor([x, y])
                scores[person, kind] = response
    return moved, scores


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_loops(seed):
    generator = torch.Generator().manual_seed(seed)

    def rand(*shape):
        return torch.rand(shape, generator=generator)

    low = 80 * rand(2, 6, 2)
    side = 5 + 40 * rand(2, 6, 2)
    boxes = torch.cat([low, low + side], dim=-1)
    # about their boxes: some outside, some with no peak near enough
    points = low[:, :, None] + (1.4 * rand(2, 6, 4, 2) - 0.2) * side[:, :, None]
    peaks = 120 * rand(2, 4, 60, 2)
    responses = rand(2, 4, 60) ** 2
    moved, scores = snap_to_peaks(points, boxes, peaks, responses, 0.1, 0.3)
    assert 0.05 < (scores > 0).float().mean() < 0.95
    for image in range(2):
        parts = (points[image], boxes[image], peaks[image], responses[image])
        expected = by_loops(*parts, 0.1, 0.3)
        torch.testing.assert_close(moved[image], expected[0])
        torch.testing.assert_close(scores[image], expected[1])


def test_nobody():
    moved, scores = snap_to_peaks(
        torch.zeros(1, 0, 3, 2),
        torch.zeros(1, 0, 4),
        torch.zeros(1, 3, 5, 2),
        torch.ones(1, 3, 5),
    )
    assert moved.shape == (1, 0, 3, 2) and scores.shape == (1, 0, 3)
