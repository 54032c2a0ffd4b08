"""Centre lines: a plain evaluation of their definition, by hand, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.center_lines import box_radius, draw_center_lines, line_width


def iou_of_moved(width, height, r):
    """The paper's IOU of a box and the box moved by r in x and in y."""
    both = (height - r) * (width - r)
    return both / (2 * height * width - both)


@pytest.mark.parametrize("min_iou", [0.3, 0.7, 1.0])
def test_radius_gives_the_overlap_that_was_asked_for(min_iou):
    sizes = np.random.default_rng(0).uniform(1, 200, (100, 2))
    radius = box_radius(sizes, min_iou)
    assert (radius >= 0).all() and (radius < sizes.min(axis=1)).all()
    got = [iou_of_moved(*size, r) for size, r in zip(sizes, radius, strict=True)]
    np.testing.assert_allclose(got, min_iou, atol=1e-9)


def test_radius_of_a_square_by_hand():
    # (1 - x)^2 = 0.6 / 1.3 of a square's area
    (radius,) = box_radius(np.array([[10.0, 10.0]]), 0.3)
    assert radius == pytest.approx(10 * (1 - math.sqrt(0.6 / 1.3)))


def test_line_width_by_hand():
    radius = np.array([0, 2.9, 3, 8.9, 9, 14.9, 15])
    assert line_width(radius).tolist() == [1, 1, 1, 1, 2, 2, 3]


def lines_of_definition(boxes, map_size, stride, sigma, min_iou):
    """Every cell against every cell of every line."""
    width, height = map_size
    maps = np.zeros((2, height, width))
    for box in np.asarray(boxes, dtype=float) / stride:
        x1, y1, x2, y2 = box.tolist()
        b, c = x2 - x1 + y2 - y1, (x2 - x1) * (y2 - y1) * (1 - min_iou) / (1 + min_iou)
        d = max(1, math.floor((b - math.sqrt(b * b - 4 * c)) / 2 / 6 + 0.5))
        for axis, (low, high, middle) in enumerate(
            [(x1, x2, (y1 + y2) / 2), (y1, y2, (x1 + x2) / 2)]
        ):
            own = math.floor((low + high) / 2)
            inside = [n for n in range(-20, 80) if low <= n <= high] or [own]
            centre = math.floor(middle)
            thin = range(centre - (d - 1) // 2, centre - (d - 1) // 2 + d)
            points = [(a, t) if axis == 0 else (t, a) for a in inside for t in thin]
            for y in range(height):
                for x in range(width):
                    nearest = min((x - u) ** 2 + (y - v) ** 2 for u, v in points)
                    value = math.exp(-nearest / (2 * sigma**2))
                    maps[axis, y, x] = max(maps[axis, y, x], value)
    return maps


BOXES = np.array(
    [
        [10.0, 5, 50, 90],
        [60, 20, 75, 35],
        [33.1, 44.2, 34.9, 45.3],
        [-20, -20, 30, 18],
        [70, 60, 150, 140],
    ]
)


@pytest.mark.parametrize(
    ("sigma", "min_iou", "stride"), [(1.4, 0.3, 4), (3.0, 0.05, 2)]
)
def test_equals_the_definition(sigma, min_iou, stride):
    size = (24, 26)
    got = draw_center_lines(BOXES, size, stride, sigma, min_iou)
    expected = lines_of_definition(BOXES, size, stride, sigma, min_iou)
    assert got.shape == (2, 26, 24) and got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_line_two_cells_wide_is_among_them():
    sizes = (BOXES[:, 2:] - BOXES[:, :2]) / 2
    assert set(line_width(box_radius(sizes, 0.05))) >= {1, 2}


def test_one_line_by_hand():
    # 8 to 24 by 8 to 40 pixels: columns 2 to 6 of row 6, rows 2 to 10 of column 4
    line_x, line_y = draw_center_lines(np.array([[8.0, 8, 24, 40]]), (10, 14))
    assert (line_x == 1).nonzero()[0].tolist() == [6] * 5
    assert (line_x == 1).nonzero()[1].tolist() == [2, 3, 4, 5, 6]
    assert (line_y == 1).nonzero()[0].tolist() == list(range(2, 11))
    assert (line_y == 1).nonzero()[1].tolist() == [4] * 9
    assert line_y[5, 6] == pytest.approx(math.exp(-4 / 3.92))
    assert line_y[0, 3] == pytest.approx(math.exp(-5 / 3.92))


def test_no_people():
    assert not draw_center_lines(np.zeros((0, 4)), (8, 6)).any()


@pytest.mark.parametrize("boxes", [np.zeros((2, 3)), np.full((1, 4), np.nan)])
def test_bad_input(boxes):
    with pytest.raises(InputError, match=r"finite numbers of shape \(N, 4\)"):
        draw_center_lines(boxes, (8, 6))
