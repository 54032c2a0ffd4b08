"""Masks as pycocotools reads them."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmsia.datasets.simulated.rendering.masks import polygons, run_lengths, tight_box


def _blob(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:60, :80]
    mask = np.zeros((60, 80), dtype=bool)
    for _ in range(3):
        middle, radius = rng.uniform((5, 5), (75, 55)), rng.uniform(5, 14)
        mask |= (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < radius**2
    return mask


@pytest.mark.parametrize("seed", range(6))
def test_polygons_fill_the_mask_again(seed: int) -> None:
    mask = _blob(seed)
    encoded = coco_mask.frPyObjects(polygons(mask), *mask.shape)
    filled = coco_mask.decode(coco_mask.merge(encoded)).astype(bool)
    assert (filled & mask).sum() / (filled | mask).sum() > 0.97


@pytest.mark.parametrize("seed", range(6))
def test_run_lengths_are_the_mask_itself(seed: int) -> None:
    for mask in (
        _blob(seed),
        ~_blob(seed),
        np.zeros((3, 4), bool),
        np.ones((3, 4), bool),
    ):
        encoded = coco_mask.frPyObjects(run_lengths(mask), *mask.shape)
        np.testing.assert_array_equal(coco_mask.decode(encoded).astype(bool), mask)


def test_a_box_by_hand() -> None:
    mask = np.zeros((9, 9), dtype=bool)
    mask[2:5, 3] = True
    mask[4, 3:8] = True
    assert tight_box(mask) == [3.0, 2.0, 5.0, 3.0]
    assert polygons(np.zeros((4, 4), dtype=bool)) == []
    single = np.zeros((4, 4), dtype=bool)
    single[1, 2] = True
    assert len(polygons(single)) == 1
