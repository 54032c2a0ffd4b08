"""Maps of keypoints without identity (KLPNet, Section 3.2), drawn and read.

Positions here are in cells of the map: (0, 0) is the middle of the first cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def kernel_sigma(size: int) -> float:
    """Standard deviation, cells, that goes with a Gaussian kernel of `size` cells."""
    return 0.3 * ((size - 1) * 0.5 - 1) + 0.8


def draw_implicit_maps(
    cells: np.ndarray, size: tuple[int, int], kernel_sizes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw all keypoints of an instance into one map a stage; the larger value counts.

    Each Gaussian stands on the keypoint's nearest cell, where it is exactly 1, and
    ends with its kernel. Keypoints whose nearest cell is outside are not drawn.

    Args:
        cells: (P, 2) xy.
        size: (w, h).
        kernel_sizes: (S,) odd.

    Returns:
        (S, h, w) maps, (2, h, w) x and y offsets and (1, h, w) weights, float32.
    """
    width, height = size
    nearest = np.rint(cells).reshape(-1, 2)
    kept = ((nearest >= 0) & (nearest < (width, height))).all(axis=1)
    nearest, inside = nearest[kept].astype(np.int64), cells.reshape(-1, 2)[kept]
    maps = np.zeros((len(kernel_sizes), height, width), dtype=np.float32)
    for stage, kernel in enumerate(kernel_sizes):
        reach = np.arange(kernel) - kernel // 2
        fall = np.exp(-0.5 * (reach / kernel_sigma(kernel)) ** 2)
        bump = np.outer(fall, fall).astype(np.float32)
        x = nearest[:, 0, None, None] + reach[None, None, :]
        y = nearest[:, 1, None, None] + reach[None, :, None]
        x, y = np.broadcast_arrays(x, y)
        seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        values = np.broadcast_to(bump, seen.shape)[seen]
        np.maximum.at(maps[stage], (y[seen], x[seen]), values)
    offsets = np.zeros((2, height, width), dtype=np.float32)
    weights = np.zeros((1, height, width), dtype=np.float32)
    away = inside - nearest
    # the nearest is written last, where keypoints share a cell
    order = np.argsort(-np.square(away).sum(axis=1), kind="stable")
    column, row = nearest[order].T
    offsets[:, row, column] = away[order].T
    weights[0, row, column] = 1
    return maps, offsets, weights


def read_implicit_maps(
    confidence: np.ndarray, offsets: np.ndarray, threshold: float, max_peaks: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the local maxima of 3 x 3 cells, and move them by their offsets.

    Neighbouring cells that are equal are all peaks: keypoints of an instance can be
    neighbours, and both are exactly 1 in their target.

    Args:
        confidence: (h, w).
        offsets: (2, h, w) x and y, cells.
        threshold: Peaks at or below it are dropped.
        max_peaks: At most that many, the highest; the first in reading order if equal.

    Returns:
        (P, 2) cells, xy, and (P,) scores, falling.
    """
    confidence = np.ascontiguousarray(confidence, dtype=np.float32)
    highest = cv2.dilate(confidence, np.ones((3, 3), np.uint8))
    row, column = np.nonzero((confidence == highest) & (confidence > threshold))
    scores = confidence[row, column]
    best = np.argsort(-scores, kind="stable")[:max_peaks]
    row, column, scores = row[best], column[best], scores[best]
    cells = np.stack([column, row], axis=1) + offsets[:, row, column].T
    return cells.astype(np.float64), scores.astype(np.float64)
