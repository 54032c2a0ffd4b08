"""Outlines of people as training labels, from which masks of their boxes are drawn.

Boxes are moved at random after the targets are made, and so a mask cannot be drawn
before. An outline is a few dozen points, less than a mask of the box's map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmsia.errors import InputError
from mmsia.ops.outlines import follows, move_edges

FINER = 4
"""Masks are enlarged by this before they are traced: contours go through the middles of
the outermost pixels, half a pixel within the mask."""


def encode_outlines(
    boxes: np.ndarray,
    chosen: np.ndarray,
    people: Sequence[Mapping[str, Any]] | None,
    matrix: np.ndarray | None,
) -> np.ndarray:
    """Outlines of M chosen people in input pixels, as one array.

    Args:
        boxes: (N, 4) xyxy input pixels, or (N, 4, 2) their corners as
            `boxes_of_outlines` has them.
        chosen: (N,) bool.
        people: N COCO annotations with `bbox` and `segmentation`, polygons or run
            lengths.
        matrix: (2, 3) from their pixels to input pixels.

    Returns:
        (M, P, 2) float32, xy; rings are closed by their first point and end in NaN,
        and so does who has less than P points. Someone without a segmentation is NaN.

    Raises:
        InputError: No annotations, no matrix, or one that takes a person's box
            elsewhere: masks would be of another place.
    """
    if not chosen.any():
        return np.zeros((0, 0, 2), dtype=np.float32)
    if people is None or matrix is None or len(people) != len(boxes):
        raise InputError(
            "outlines of people",
            expected="their annotations in raw_ann_info, and warp_mat",
            got=f"{'no' if people is None else len(people)} annotations of "
            f"{len(boxes)} people, {'no' if matrix is None else 'a'} matrix",
            remedy="A pipeline that sets warp_mat, such as with OffsetGuidedAffine",
        )
    matrix = np.asarray(matrix, dtype=np.float64)
    corners = boxes if boxes.ndim == 3 else boxes[:, [[0, 1], [0, 3], [2, 1], [2, 3]]]
    moved = [
        _place(people[number], corners[number], matrix)
        for number in np.flatnonzero(chosen)
    ]
    outlines = np.full((len(moved), max(map(len, moved)), 2), np.nan, np.float32)
    for outline, points in zip(outlines, moved, strict=True):
        outline[: len(points)] = points
    return outlines


def _place(
    person: Mapping[str, Any], corners: np.ndarray, matrix: np.ndarray
) -> np.ndarray:
    """A person's rings (P, 2) in input pixels."""
    points = trace(person.get("segmentation"))
    if len(points) and not follows(corners, person["bbox"], matrix):
        raise InputError(
            f"the outline of annotation {person.get('id')}",
            expected=f"warp_mat takes its box {person['bbox']} to where it is now",
            got=f"corners {corners[0].tolist()} and {corners[3].tolist()}",
            remedy="One transform alone may move the people, OffsetGuidedAffine; "
            "boxes lie within the image",
        )
    return move_edges(points, matrix)


def trace(segmentation: Any) -> np.ndarray:
    """Rings of a COCO segmentation, each closed and followed by NaN.

    Args:
        segmentation: Polygons, run lengths, or nothing.

    Returns:
        (P, 2) pixels, xy; of run lengths one ring that holes are cut out of.
    """
    if isinstance(segmentation, Mapping):
        rings = trace_runs(segmentation)
    else:
        rings = [np.reshape(part, (-1, 2)) for part in segmentation or []]
    gap = np.full((1, 2), np.nan)
    pieces = [piece for ring in rings for piece in (ring, ring[:1], gap)]
    return np.concatenate(pieces) if pieces else np.zeros((0, 2))


def trace_runs(segmentation: Mapping[str, Any]) -> list[np.ndarray]:
    """One ring of all contours: the way there and back between two cancels out.

    Args:
        segmentation: Run lengths, compressed or not.

    Returns:
        One array (P, 2) of pixels, xy, or none of an empty mask.
    """
    runs: Any = segmentation
    if isinstance(runs["counts"], list):
        runs = coco_mask.frPyObjects(runs, *runs["size"])
    mask = np.repeat(np.repeat(coco_mask.decode(runs), FINER, axis=0), FINER, axis=1)
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return []
    start = contours[0][0]
    pieces = [part for ring in contours for part in (ring[:, 0], ring[0], start)]
    return [(np.concatenate(pieces) + 0.5) / FINER]
