"""Masks as COCO writes them: polygons, and run lengths for crowds."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

TOLERANCE = 0.4
"""Pixels that a polygon may pass beside the true outline; below a half, so that what
is one pixel thin remains."""
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def polygons(mask: np.ndarray) -> list[list[float]]:
    """Outlines of a mask, outer ones only, as COCO's annotators draw them.

    An outline runs through the middles of the pixels' edges, not along their corners,
    and vertices within the tolerance of a straight line are left out.

    Args:
        mask: (H, W) bool.

    Returns:
        Flat lists x, y, x, y, ... with corners of pixels at whole numbers, as
        pycocotools has it: pixel i reaches from i to i + 1.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return []
    top, left = rows[0], columns[0]
    cut = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    outlines, _ = cv2.findContours(
        _half_pixels(cut), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    found = []
    for outline in outlines:
        corners = cv2.approxPolyDP(outline, 2 * TOLERANCE, closed=True)
        found.append((corners.reshape(-1, 2) / 2 + (left, top)).ravel().tolist())
    return found


def _half_pixels(mask: np.ndarray) -> np.ndarray:
    """(2 H + 1, 2 W + 1) uint8: middles of pixels and of their edges, and corners.

    A corner belongs to it between two edges in a line, so that only the corners of the
    outline itself are cut off.
    """
    grid = np.zeros((2 * mask.shape[0] + 1, 2 * mask.shape[1] + 1), dtype=np.uint8)
    grid[1::2, 1::2] = mask
    grid = cv2.dilate(grid, _CROSS)
    upper, side = grid[::2, 1::2], grid[1::2, ::2]
    grid[::2, 2:-1:2] |= upper[:, :-1] & upper[:, 1:]
    grid[2:-1:2, ::2] |= side[:-1] & side[1:]
    return grid


def run_lengths(mask: np.ndarray) -> dict[str, Any]:
    """Uncompressed run lengths of a mask (H, W) bool, as COCO's crowds have them."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [flat.size]])
    counts = np.diff(edges).tolist()
    # the first run is of what is outside
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}


def tight_box(mask: np.ndarray) -> list[float]:
    """x, y, width, height around a mask (H, W) bool that is not empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return [float(columns[0]), float(rows[0]), float(width), float(height)]
