"""Guiding offsets: regions, overlaps, values and bilinear reading."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mmsia.ops.vector_fields import encode_vectors, region_cells, sample_field


def one_field(source, target, size=(20, 20), stride=4, region=7, **options):
    return encode_vectors(
        np.array([source], float),
        np.array([target], float),
        np.array([0]),
        1,
        size,
        stride,
        region,
        **options,
    )


@pytest.mark.parametrize(
    ("position", "width"), [(9.0, 7), (8.0, 8), (12.0, 6), (8.0 + 1e-6, 7)]
)
def test_region_is_7_cells_or_8_or_6_on_ties(position, width):
    """p/R = 2 is an even integer: 8 cells; 3 is odd: 6 (notes, section 3)."""
    first, last = region_cells(np.array([[position, position]]), 4, 7)
    assert (last - first).tolist() == [[width, width]]


def test_every_cell_points_to_the_target():
    field, scales = one_field((30, 42), (70, 11), scales=np.array([50.0]))
    inside = np.isfinite(field[0])
    assert inside.sum() == 49 and (np.isfinite(field[1]) == inside).all()
    y, x = np.nonzero(inside)
    np.testing.assert_allclose(field[0][inside], 70 - (4 * x + 1.5))
    np.testing.assert_allclose(field[1][inside], 11 - (4 * y + 1.5))
    assert (scales[0][inside] == 50).all() and (scales[0][~inside] == 1).all()
    assert np.isposinf(field[:, ~inside]).all()


def test_plain_reading_is_one_displacement():
    field, _ = one_field((30, 42), (70, 11), constant=True)
    assert set(field[0][np.isfinite(field[0])]) == {40.0}
    assert set(field[1][np.isfinite(field[1])]) == {-31.0}


def test_region_is_cut_at_the_border():
    field, _ = one_field((0, 79), (40, 40))
    assert np.isfinite(field[0]).sum() == 4 * 4


def test_shorter_vector_wins_and_the_earlier_of_equal_ones():
    sources = np.array([(40, 40), (40, 40), (40, 40)], float)
    targets = np.array([(75, 40), (45, 40), (45, 40)], float)
    field, scales = encode_vectors(
        sources, targets, np.zeros(3, int), 1, (20, 20), 4, 7,
        scales=np.array([1.5, 2.5, 3.5]),
    )  # fmt: skip
    cells = 4 * np.arange(20) + 1.5
    row = 10
    finite = np.isfinite(field[0, row])
    dy = 40 - cells[row]
    expected = [
        min((75 - x, 45 - x), key=lambda dx: dx * dx + dy * dy) for x in cells[finite]
    ]
    np.testing.assert_allclose(field[0, row, finite], expected)
    from_second = field[0, row, finite] == 45 - cells[finite]
    assert from_second.any()
    assert (scales[0, row, finite][from_second] == 2.5).all()


def test_many_overlaps_agree_with_a_loop():
    rng = np.random.default_rng(5)
    n, stride, size = 60, 4, (24, 18)
    sources, targets = rng.uniform(0, 90, (2, n, 2))
    channels = rng.integers(0, 3, n)
    number = np.arange(n) + 2.0
    field, scales = encode_vectors(
        sources, targets, channels, 3, size, stride, 7, scales=number
    )
    expected = np.full((6, 18, 24), np.inf, np.float32)
    owner = np.ones((3, 18, 24), np.float32)
    for i in range(n):
        (x0, y0), (x1, y1) = (
            part[0] for part in region_cells(sources[i : i + 1], 4, 7)
        )
        for v in range(max(y0, 0), min(y1, 18)):
            for u in range(max(x0, 0), min(x1, 24)):
                vector = np.float32(targets[i] - (4 * u + 1.5, 4 * v + 1.5))
                old = expected[2 * channels[i] : 2 * channels[i] + 2, v, u]
                if (vector**2).sum() < (old**2).sum():
                    old[:] = vector
                    owner[channels[i], v, u] = number[i]
    np.testing.assert_array_equal(field, expected)
    np.testing.assert_array_equal(scales, owner)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_reading_a_pixel_is_upsampling_and_reading(stride):
    rng = np.random.default_rng(stride)
    field = rng.normal(size=(6, 9, 11)).astype(np.float32)
    full = functional.interpolate(
        torch.from_numpy(field)[None], scale_factor=stride, mode="bilinear"
    )[0].numpy()
    x = rng.integers(0, 11 * stride, 50)
    y = rng.integers(0, 9 * stride, 50)
    channels = rng.integers(0, 3, 50)
    xy = np.stack((x, y), -1).astype(np.float32)
    expected = np.stack((full[2 * channels, y, x], full[2 * channels + 1, y, x]), -1)
    for maps in (field, torch.from_numpy(field)):
        found = sample_field(maps, channels, xy, stride)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_unsupervised_taps_are_not_finite_but_weightless_ones_are_not_read():
    field = np.full((2, 3, 3), np.inf, np.float32)
    field[:, 1, 1] = 7
    at_cell = sample_field(field, np.array([0]), np.array([[1.0, 1.0]]), 1)
    assert at_cell.tolist() == [[7, 7]]
    between = sample_field(field, np.array([0]), np.array([[1.5, 1.0]]), 1)
    assert not np.isfinite(between).any()
