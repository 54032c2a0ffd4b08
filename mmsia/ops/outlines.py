"""Boxes around turned people: around their outline where there is one.

A box around the turned corners of a box is up to 1.4 times as wide and high as what is
in it; a detector that learns from such boxes finds loose ones.

Boxes and outlines are edges, pixel x covering x to x + 1, but a warp of an image takes
the middles of pixels to middles: edges moved by it as they are would be up to half a
pixel off, and mirrored ones a whole one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TOLERANCE = 2.0
"""Original pixels between an annotated box and the box of the pipeline, which loaders
clip to the image's last pixel."""


def boxes_of_corners(corners: np.ndarray) -> np.ndarray:
    """Upright boxes around turned ones.

    Args:
        corners: (N, 4, 2) pixels, xy.

    Returns:
        (N, 4) xyxy pixels.
    """
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def boxes_of_outlines(
    corners: np.ndarray, people: Sequence[Mapping[str, Any]], matrix: np.ndarray
) -> np.ndarray:
    """Upright boxes around the turned outlines of people.

    The box is around the corners where a person has no polygons (run lengths), and
    around the corners as they are where the matrix does not take the annotated box to
    them: something else has moved them as well.

    Args:
        corners: (N, 4, 2) of the turned boxes, pixels, moved as middles of pixels are;
            first corner upper left, then lower left, upper right and lower right before
            the turn, in any order of the middle two.
        people: N COCO annotations with `bbox` (x, y, w, h) and `segmentation`.
        matrix: (2, 3) from original to these pixels.

    Returns:
        (N, 4) xyxy pixels, edges.
    """
    boxes = boxes_of_corners(corners)
    # of corners that were moved as middles of pixels
    missed = np.tile(move_edges(np.zeros(2), matrix) - matrix[:, 2], 2)
    for index, (person, own) in enumerate(zip(people, corners, strict=True)):
        if not follows(own, person["bbox"], matrix):
            continue
        polygons = person.get("segmentation")
        if not isinstance(polygons, list) or not polygons:
            boxes[index] += missed
            continue
        points = np.concatenate([np.reshape(part, (-1, 2)) for part in polygons])
        moved = move_edges(points, matrix)
        boxes[index] = [*moved.min(axis=0), *moved.max(axis=0)]
    return boxes


def follows(corners: np.ndarray, box: Sequence[float], matrix: np.ndarray) -> bool:
    """Whether a matrix takes an annotated box to some corners.

    Args:
        corners: (4, 2) pixels, in the order of `boxes_of_outlines`.
        box: x, y, w, h in original pixels.
        matrix: (2, 3) from original to those pixels.
    """
    x, y, width, height = box
    ends = move_points(np.array([[x, y], [x + width, y + height]]), matrix)
    tolerance = TOLERANCE * np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    return bool(np.abs(ends - corners[[0, 3]]).max() <= tolerance)


def move_edges(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Edges (..., 2) as a warp (2, 3) of an image takes them.

    Args:
        points: xy; pixel x covers x to x + 1.
        matrix: From the middles of pixels to those of others.
    """
    return move_points(np.asarray(points, dtype=np.float64) - 0.5, matrix) + 0.5


def move_points(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points (..., 2) as a matrix (2, 3) takes them.

    Args:
        points: xy.
        matrix: From their pixels to others.
    """
    return np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]
