"""Masks as COCO writes them: polygons, and run lengths for crowds."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np


def polygons(mask: np.ndarray) -> list[list[float]]:
    """Outlines of a mask, outer ones only, as COCO's annotators draw them.

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
    cut = mask[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.uint8)
    # twice as large, the outline runs a quarter of a pixel inside of the border
    large = cut.repeat(2, axis=0).repeat(2, axis=1)
    outlines, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        points = (outline.reshape(-1, 2) + 0.5) / 2 + (left, top)
        if len(points) >= 3:
            found.append(points.ravel().tolist())
    return found


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
