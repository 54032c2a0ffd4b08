"""Masks as pycocotools reads them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmsia.datasets.simulated.rendering.masks import (
    TOLERANCE,
    polygons,
    run_lengths,
    tight_box,
)

_RING = np.ones((3, 3), dtype=np.uint8)


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
    assert (filled & mask).sum() / (filled | mask).sum() > 0.99
    # only pixels at the border can be on the wrong side
    wide, narrow = (
        way(mask.astype(np.uint8), _RING) for way in (cv2.dilate, cv2.erode)
    )
    assert (wide > narrow)[filled ^ mask].all()


def _corners(mask: np.ndarray) -> list[set[tuple[float, float]]]:
    return [set(zip(flat[::2], flat[1::2], strict=True)) for flat in polygons(mask)]


def test_polygons_by_hand() -> None:
    mask = np.zeros((9, 12), dtype=bool)
    mask[1, 2] = True
    assert _corners(mask) == [{(2.5, 1), (3, 1.5), (2.5, 2), (2, 1.5)}]
    mask[:] = False
    mask[2:6, 3:9] = True
    # Each corner of the rectangle is cut off by half a pixel.
    cut = {
        (3.5, 2),
        (8.5, 2),
        (9, 2.5),
        (9, 5.5),
        (8.5, 6),
        (3.5, 6),
        (3, 5.5),
        (3, 2.5),
    }
    assert _corners(mask) == [cut]
    mask[:] = np.tri(9, 12, dtype=bool)
    # A staircase is a straight line.
    ((first),) = _corners(mask)
    assert {(0, 0.5), (0.5, 0), (0, 8.5), (0.5, 9), (8.5, 9), (9, 8.5)} >= first
    mask[:] = False
    mask[0, :4] = mask[6, :4] = True
    assert len(polygons(mask)) == 2


def test_an_outline_needs_few_vertices_and_keeps_what_is_thin() -> None:
    mask = np.zeros((64, 64), dtype=bool)
    mask[20, 5:50] = mask[21:40, 30] = True
    (flat,) = polygons(mask)
    assert len(flat) < 2 * 16
    encoded = coco_mask.frPyObjects([flat], 64, 64)
    np.testing.assert_array_equal(coco_mask.decode(encoded)[..., 0], mask)
    assert TOLERANCE < 0.5


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
