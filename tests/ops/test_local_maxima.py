"""Local maxima: by hand, at borders, and beside max pooling."""

from __future__ import annotations

import pytest
import torch

from mmsia.ops.local_maxima import keep_local_maxima


def test_by_hand():
    maps = torch.tensor(
        [[1.0, 2.0, 0.0, 5.0], [0.0, 1.0, 3.0, 0.0], [4.0, 0.0, 0.0, 0.0]]
    )
    kept = keep_local_maxima(maps[None, None])[0, 0]
    # 3 is exceeded by 5 and 2 by 3, both diagonally; 4 and 5 stand at borders.
    expected = torch.zeros(3, 4)
    expected[0, 3], expected[2, 0] = 5, 4
    assert torch.equal(kept, expected)


def test_equal_neighbours_are_all_kept():
    maps = torch.ones(1, 1, 2, 3)
    assert torch.equal(keep_local_maxima(maps), maps)


@pytest.mark.parametrize(
    "shape", [(2, 3, 7, 9), (1, 1, 1, 5), (1, 2, 4, 1), (0, 1, 3, 3)]
)
def test_as_by_max_pooling(shape):
    maps = torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(0)) / 4
    if maps.numel():
        pooled = torch.nn.functional.max_pool2d(maps, 3, stride=1, padding=1)
        assert torch.equal(keep_local_maxima(maps), maps * (pooled == maps))
    assert keep_local_maxima(maps).shape == shape
