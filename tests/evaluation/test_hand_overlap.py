"""Overlap of two hands' silhouettes, and errors over it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmsia.datasets.simulated.twohands import sample
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.errors import DataError, InputError
from mmsia.evaluation.hand_overlap import errors_by_overlap, hand_overlap

SQUARE = np.array([[0, 1, 2], [0, 2, 3]])
FACES = np.stack([SQUARE, SQUARE])
CAMERA = np.array([[100.0, 0, 5], [0, 100, 3], [0, 0, 1]])


def square(left, top, side, depth):
    """A square of so many pixels, at some depth; pixel centres are whole numbers."""
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], float)
    pixels = corners + np.array([left, top]) - 0.5
    rays = (pixels - CAMERA[:2, 2]) / 100
    return np.concatenate([rays * depth, np.full((4, 1), depth)], axis=1)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ((20, 20, 20, 0.5), (30, 20, 20, 0.7), 200 / 600),
        ((20, 20, 20, 0.7), (30, 20, 20, 0.5), 200 / 600),
        ((20, 20, 20, 0.5), (20, 20, 20, 0.5), 1.0),
        ((20, 20, 20, 0.5), (25, 25, 10, 0.9), 100 / 400),
        ((20, 20, 20, 0.5), (40, 20, 20, 0.5), 0.0),
        # the crop of 64 pixels shows 4 of the second one's 20 columns, and 14 of 20
        ((50, 20, 20, 0.5), (60, 20, 20, 0.5), 80 / 280),
        ((80, 20, 20, 0.5), (90, 20, 20, 0.5), 0.0),
    ],
)
def test_squares_by_hand(first, second, wanted):
    hands = np.stack([square(*first), square(*second)])
    assert hand_overlap(hands, CAMERA, FACES, 64) == pytest.approx(wanted)
    turned = FACES[:, :, ::-1]
    assert hand_overlap(hands[::-1], CAMERA, turned, 64) == pytest.approx(wanted)


def test_simulated_hands_overlap_as_opencv_fills_them():
    overlaps = []
    for index in range(4):
        made = sample(0, index, TWOHANDS["smoke"])
        sides = ("left", "right")
        hands = np.stack([made.vertices(side) for side in sides])
        faces = np.stack([made.owner.models[side].f for side in sides])
        crop = made.crop.camera
        camera = np.array(
            [[crop.focal[0], 0, crop.centre[0]], [0, crop.focal[1], crop.centre[1]]]
        )
        camera = np.concatenate([camera, [[0, 0, 1]]])
        masks = []
        for mesh, triangles in zip(hands, faces, strict=True):
            # four times as fine: OpenCV takes the edges' pixels along
            seen = np.rint((4 * crop.project(mesh) + 1.5) * 16).astype(np.int32)
            mask = np.zeros((256, 256), np.uint8)
            for corners in seen[triangles]:
                cv2.fillConvexPoly(mask, corners, 1, shift=4)
            masks.append(mask.astype(bool))
        wanted = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
        overlaps.append(hand_overlap(hands, camera, faces, 64))
        assert overlaps[-1] == pytest.approx(wanted, abs=0.02)
    assert max(overlaps) > 0.02


def test_hands_that_cannot_be_seen_are_refused():
    hands = np.stack([square(20, 20, 20, 0.5), square(30, 20, 20, 0.5)])
    for odd in (np.nan, -1.0, 0.0):
        wrong = hands.copy()
        wrong[1, 2, 2] = odd
        with pytest.raises(DataError, match="before the camera"):
            hand_overlap(wrong, CAMERA, FACES, 64)


def test_bins_by_hand():
    overlaps = np.array([0.3, 0.0, 0.1, 0.0, 0.2, 0.4])
    errors = {"initial": np.array([8.0, 1, 4, 3, 6, 10])}
    errors["less"] = errors["initial"] / 2
    found = errors_by_overlap(errors, overlaps, num_bins=2, num_draws=200)
    assert [(b.low, b.high, b.num_images) for b in found] == [
        (0.0, 0.0, 2),
        (0.1, 0.2, 2),
        (0.3, 0.4, 2),
    ]
    assert [b.means["initial"] for b in found] == pytest.approx([2, 5, 9])
    assert [b.middle for b in found] == pytest.approx([0, 0.15, 0.35])
    for each in found:
        assert each.means["less"] == pytest.approx(each.means["initial"] / 2)
        # the same draws for all errors
        half = np.array(each.intervals["initial"]) / 2
        assert each.intervals["less"] == pytest.approx(tuple(half))
    # of two images, a draw has either one alone, or both
    assert found[0].intervals["initial"] == (1.0, 3.0)


def test_intervals_are_those_of_a_mean():
    rng = np.random.default_rng(0)
    overlaps, noise = rng.uniform(0.01, 0.5, 400), rng.normal(5, 2, 400)
    found = errors_by_overlap({"e": noise}, overlaps, num_bins=1, num_draws=4000)
    (only,) = found
    spread = noise.std() / np.sqrt(400)
    wanted = noise.mean() + 1.96 * spread * np.array([-1, 1])
    np.testing.assert_allclose(only.intervals["e"], wanted, atol=0.1 * spread)


def test_the_order_of_images_does_not_choose_the_bins():
    rng = np.random.default_rng(1)
    overlaps, errors = rng.uniform(0.0, 0.5, 50), rng.normal(5, 2, 50)
    turned = rng.permutation(50)
    one = errors_by_overlap({"e": errors}, overlaps, num_draws=10)
    two = errors_by_overlap({"e": errors[turned]}, overlaps[turned], num_draws=10)
    assert [b.means["e"] for b in one] == pytest.approx([b.means["e"] for b in two])
    assert [b.num_images for b in one] == [10] * 5


def test_few_images_give_fewer_bins():
    found = errors_by_overlap({"e": np.array([2.0, 3])}, np.array([0.2, 0.1]))
    assert [b.means["e"] for b in found] == [3, 2]
    assert found[0].intervals["e"] == (3, 3)


def test_bad_input():
    errors, overlaps = {"e": np.ones(3)}, np.zeros(3)
    with pytest.raises(InputError, match=r"overlaps \(2,\), errors .*\(3,\)"):
        errors_by_overlap(errors, overlaps[:2])
    with pytest.raises(InputError, match="some errors"):
        errors_by_overlap({}, overlaps)
    with pytest.raises(InputError, match="some errors"):
        errors_by_overlap({"e": np.zeros(0)}, np.zeros(0))
    with pytest.raises(InputError, match="0 bins"):
        errors_by_overlap(errors, overlaps, num_bins=0)
    with pytest.raises(InputError, match="NaN"):
        errors_by_overlap({"e": np.array([1, np.nan, 2])}, overlaps)
