"""Local maxima: by hand, at borders, and beside max pooling and full sorts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsia.ops.local_maxima import (
    _by_pooling,
    best_local_maxima,
    find_local_maxima,
    read_cells,
)


def made(kind: str, shape: tuple[int, ...]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    if kind == "random":
        return torch.rand(shape, generator=generator)
    if kind == "plateaus":
        return torch.randint(-4, 5, shape, generator=generator) / 4
    return torch.full(shape, 0.5 if kind == "flat" else 0.0)


KINDS = ("random", "plateaus", "flat", "empty")
SHAPES = [(2, 3, 7, 9), (1, 1, 1, 5), (1, 2, 4, 1), (0, 1, 3, 3), (2, 1, 16, 16)]


def test_by_hand():
    maps = torch.tensor(
        [[1.0, 2.0, 0.0, 5.0], [0.0, 1.0, 3.0, 0.0], [4.0, 0.0, 0.0, 0.0]]
    )
    cells, values = find_local_maxima(maps[None, None])
    # 3 is exceeded by 5 and 2 by 3, both diagonally; 4 and 5 stand at borders.
    assert cells.tolist() == [3, 8] and values.tolist() == [5, 4]
    best, index = best_local_maxima(maps.expand(1, 2, 3, 4), 1)
    assert best.tolist() == [[[5], [5]]] and index.tolist() == [[[3], [3]]]
    cells, _ = find_local_maxima(maps[None, None], threshold=4)
    assert cells.tolist() == [3]


def test_equal_neighbours_are_all_maxima():
    cells, values = find_local_maxima(torch.ones(1, 1, 2, 3))
    assert cells.tolist() == list(range(6)) and values.tolist() == [1] * 6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threshold", [-0.3, 0.0, 0.25])
def test_as_by_max_pooling(kind, shape, threshold):
    maps = made(kind, shape)
    cells, values = find_local_maxima(maps, threshold)
    expected = np.zeros(0, np.int64)
    if maps.numel():
        pooled = torch.nn.functional.max_pool2d(maps, 3, stride=1, padding=1)
        chosen = (pooled == maps) & (maps > threshold)
        expected = np.flatnonzero(chosen.numpy())
        # what a GPU does
        for one, other in zip(
            _by_pooling(maps, threshold), (cells, values), strict=True
        ):
            assert np.array_equal(one, other)
    assert np.array_equal(cells, expected)
    assert np.array_equal(values, maps.numpy().ravel()[expected])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [1, 4, 1000])
def test_the_best_are_those_of_a_full_sort(kind, shape, number):
    maps = made(kind, shape)
    best, index = best_local_maxima(maps, number)
    assert best.shape[:2] == index.shape[:2] == shape[:2]
    assert best.shape[2] <= min(number, shape[2] * shape[3])
    for b, k in np.ndindex(*shape[:2]):
        cells, values = find_local_maxima(maps[b : b + 1, k : k + 1])
        order = np.argsort(-values, kind="stable")[:number]
        count = len(order)
        assert np.array_equal(best[b, k, :count], values[order])
        assert np.array_equal(index[b, k, :count], cells[order])
        assert np.all(best[b, k, count:] == -np.inf)
        assert not index[b, k, count:].any()


def test_reading_cells():
    maps = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    index = np.array([[0, 7], [19, 19]])
    found = read_cells(maps, index)
    assert found.shape == (2, 2, 3)
    assert found[0, 1].tolist() == maps[0, :, 1, 2].tolist()
    assert found[1, 0].tolist() == found[1, 1].tolist() == maps[1, :, 3, 4].tolist()
    assert read_cells(maps.bfloat16(), index).dtype == np.float32
