"""Centre lines and boxes: a scalar loop over Algorithm 1, by hand, and bad input."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.boxes import alleviate_ambiguity, dichotomy_extend, extend_boxes


def read_cell(line_map, x, y):
    """Bilinear, clamped; positions in cells."""
    height, width = line_map.shape
    x, y = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    left, top = int(x), int(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    along, down = x - left, y - top
    upper = (1 - along) * float(line_map[top, left])
    upper += along * float(line_map[top, right])
    lower = (1 - along) * float(line_map[bottom, left])
    lower += along * float(line_map[bottom, right])
    return (1 - down) * upper + down * lower


def scalar_loop(boxes, line_x, line_y, ratio, thr, iters, stride, as_printed):
    """Algorithm 1, one box and one boundary at a time."""
    extended = []
    for box in np.asarray(boxes).tolist():
        x1, y1, x2, y2 = box
        moved = []
        for index, outward in enumerate((-1, -1, 1, 1)):
            side = x2 - x1 if index % 2 == 0 else y2 - y1
            offset = ratio * max(side, 0.0) / 2
            boundary = box[index] + outward * offset
            for _ in range(iters):
                offset = offset / 2
                if index % 2 == 0:
                    score = read_cell(line_x, boundary / stride, (y1 + y2) / 2 / stride)
                else:
                    score = read_cell(line_y, (x1 + x2) / 2 / stride, boundary / stride)
                out = score <= thr if as_printed else score > thr
                boundary += outward * offset if out else -outward * offset
            moved.append(boundary)
        extended.append(moved)
    return np.array(extended)


def random_case(number, size=(96, 160), largest=300, seed=0):
    rng = np.random.default_rng(seed)
    height, width = size
    maps = rng.random((2, height, width), dtype=np.float32) ** 8
    centre = rng.uniform(-30, [4 * width + 30, 4 * height + 30], (number, 2))
    side = rng.uniform(0, largest, (number, 2))
    return np.hstack([centre - side / 2, centre + side / 2]), maps[0], maps[1]


@pytest.mark.parametrize("as_printed", [False, True])
@pytest.mark.parametrize(
    ("ratio", "thr", "iters", "stride"),
    [(0.09, 0.08, 10, 4), (0.5, 0.3, 11, 4), (0.15, 0.05, 1, 8), (0.0, 0.1, 5, 4)],
)
def test_equals_the_scalar_loop(ratio, thr, iters, stride, as_printed):
    boxes, line_x, line_y = random_case(1000)
    options = (ratio, thr, iters)
    got = dichotomy_extend(
        boxes, line_x, line_y, *options, stride=stride, as_printed=as_printed
    )
    expected = scalar_loop(boxes, line_x, line_y, *options, stride, as_printed)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)
    if ratio:
        # random maps send boundaries to both sides of where they start
        grown = np.abs(got - boxes)[:, :2] / (boxes[:, 2:] - boxes[:, :2])
        assert (grown > ratio / 2).any() and (grown < ratio / 2).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_small_maps(size):
    boxes, line_x, line_y = random_case(50, size, largest=40)
    got = dichotomy_extend(boxes, line_x, line_y, 0.5, 0.2)
    expected = scalar_loop(boxes, line_x, line_y, 0.5, 0.2, 10, 4, False)
    np.testing.assert_allclose(got, expected, atol=1e-9)


def a_person(top, bottom, left=10, right=20, cells=40):
    """Line maps of a person, in cells: 1 on the lines, 0 elsewhere."""
    line_x, line_y = np.zeros((2, cells, cells))
    line_y[top : bottom + 1, (left + right) // 2] = 1
    line_x[(top + bottom) // 2, left : right + 1] = 1
    return line_x, line_y


def test_boundaries_find_the_end_of_the_line():
    """The box misses 2 of 24 rows of cells above; below it ends with the person."""
    line_x, line_y = a_person(top=6, bottom=30)
    box = np.array([[40.0, 32.0, 80.0, 120.0]])
    (found,) = dichotomy_extend(box, line_x, line_y, ratio=0.2)
    # linear from 1 in row 6 to 0 in row 5: 0.08 is crossed at row 5.08
    last_step = 0.2 * 88 / 2**11
    assert found[1] == pytest.approx(4 * 5.08, abs=last_step)
    # row 30 is the last one: the map crosses 0.08 at row 30.92
    assert found[3] == pytest.approx(4 * 30.92, abs=last_step)
    assert 0 < found[3] - 120 < 4 and 0 < 40 - found[0] < 4


def test_as_printed_leaves_the_person():
    """The printed sign moves outwards where there is nobody any more."""
    line_x, line_y = a_person(top=6, bottom=30)
    box = np.array([[40.0, 24.0, 80.0, 120.0]])
    reach = 0.2 * 96
    (printed,) = dichotomy_extend(box, line_x, line_y, 0.2, as_printed=True)
    assert printed[1] == pytest.approx(24 - reach, abs=reach / 2**10)
    (found,) = dichotomy_extend(box, line_x, line_y, 0.2)
    assert found[1] > 20


def test_two_iterations_by_hand():
    line_x, line_y = a_person(top=0, bottom=39)
    box = np.array([[40.0, 40.0, 80.0, 140.0]])
    (found,) = dichotomy_extend(box, line_x, line_y, ratio=0.4, iters=2)
    # 100 high: starts at 40 - 20, on the line twice: 10 and 5 further out
    assert found[1] == pytest.approx(5)
    (start,) = dichotomy_extend(box, line_x, line_y, ratio=0.4, iters=0)
    assert start.tolist() == [32, 20, 88, 160]


def test_range_of_an_extension():
    boxes, _, _ = random_case(200)
    everywhere, nowhere = np.ones((96, 160)), np.zeros((96, 160))
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    for line_map, share in ((everywhere, 1 - 2**-11), (nowhere, 2**-11)):
        grown = np.abs(dichotomy_extend(boxes, line_map, line_map) - boxes)
        np.testing.assert_allclose(grown, 0.09 * share * sides, atol=1e-9)


def test_boxes_without_area_stay_where_they_are():
    line_map = np.ones((8, 8))
    boxes = np.array([[5.0, 5, 5, 5], [20, 20, 10, 10], [-900, 4, -900, 9]])
    got = dichotomy_extend(boxes, line_map, line_map)
    assert got[:2].tolist() == boxes[:2].tolist()
    assert got[2, [0, 2]].tolist() == [-900, -900]


@pytest.mark.parametrize("number", [0, 10_000])
def test_none_and_many(number):
    boxes, line_x, line_y = random_case(number)
    got = dichotomy_extend(boxes, line_x, line_y)
    assert got.shape == (number, 4) and np.isfinite(got).all()
    for chosen in (slice(0, 3), slice(-3, None)):
        few = dichotomy_extend(boxes[chosen], line_x, line_y)
        np.testing.assert_allclose(few, got[chosen], atol=1e-9)


def test_inputs_are_left_alone():
    boxes, line_x, line_y = random_case(5)
    before = boxes.copy(), line_x.copy(), line_y.copy()
    dichotomy_extend(boxes, line_x, line_y)
    for array, copy in zip((boxes, line_x, line_y), before, strict=True):
        assert np.array_equal(array, copy)


def test_fixed_extension_by_hand():
    boxes = np.array([[10.0, 20, 30, 120], [5, 5, 5, 5]])
    got = extend_boxes(boxes, 0.1)
    np.testing.assert_allclose(got, [[8, 10, 32, 130], [5, 5, 5, 5]])
    assert extend_boxes(np.zeros((0, 4)), 0.1).shape == (0, 4)


def test_equation_4_by_hand():
    center = np.array([0.9, 0.9, 0.5])
    line_x, line_y = np.array([1.0, 0.25, 0.64]), np.array([1.0, 0.36, 1.0])
    got = alleviate_ambiguity(center, line_x, line_y)
    np.testing.assert_allclose(got, [0.9, 0.9 * 0.3, 0.5 * 0.8])
    got = alleviate_ambiguity(center, line_x, line_y, alpha=2, beta=1)
    np.testing.assert_allclose(got, [0.81, 0.81 * 0.09, 0.25 * 0.64])


BOX, MAP = np.array([[0.0, 0, 8, 8]]), np.zeros((4, 4))


@pytest.mark.parametrize(
    ("boxes", "line_x", "line_y", "message"),
    [
        (np.zeros((3, 5)), MAP, MAP, "boxes"),
        (np.zeros(4), MAP, MAP, "boxes"),
        (BOX * np.nan, MAP, MAP, "boxes"),
        (BOX + np.inf, MAP, MAP, "boxes"),
        (BOX * 1e9, MAP, MAP, "Clip boxes"),
        (BOX, MAP * np.nan, MAP, "diverged"),
        (BOX, MAP, MAP + np.inf, "diverged"),
        (BOX, MAP, np.zeros((4, 5)), "two of shape"),
        (BOX, MAP[None], MAP[None], "two of shape"),
        (BOX, np.zeros((0, 4)), np.zeros((0, 4)), "two of shape"),
    ],
)
def test_bad_input(boxes, line_x, line_y, message):
    with pytest.raises(InputError, match=message):
        dichotomy_extend(boxes, line_x, line_y)


def test_many_times_as_fast_as_the_scalar_loop():
    """About 50 times on a quiet machine; a busy one has its share of both."""
    boxes, line_x, line_y = random_case(100)

    def fastest(function, number):
        times = []
        for _ in range(number):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        return min(times)

    loop = fastest(
        lambda: scalar_loop(boxes, line_x, line_y, 0.09, 0.08, 10, 4, False), 5
    )
    vector = fastest(lambda: dichotomy_extend(boxes, line_x, line_y), 200)
    assert loop / vector > 20
