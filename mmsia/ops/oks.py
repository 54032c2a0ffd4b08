"""COCO's object keypoint similarity."""

from __future__ import annotations

import numpy as np

# fmt: off
COCO_SIGMAS = np.array([
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107,
    0.107, 0.087, 0.087, 0.089, 0.089,
])
# fmt: on


def keypoint_similarity(
    found: np.ndarray,
    truth: np.ndarray,
    visible: np.ndarray,
    areas: np.ndarray,
    sigmas: np.ndarray = COCO_SIGMAS,
) -> np.ndarray:
    """Similarity of every found pose with every annotated person.

    Args:
        found: (M, K, 2) pixels.
        truth: (N, K, 2) pixels.
        visible: (N, K) bool, annotated keypoints, at least one a person.
        areas: (N,) segment areas, square pixels.
        sigmas: (K,) tolerance of each keypoint type.

    Returns:
        (N, M) in [0, 1].
    """
    gap = found[None].astype(np.float64) - truth[:, None]
    squared = np.einsum("nmkd,nmkd->nmk", gap, gap)
    tolerance = 2 * (2 * sigmas) ** 2 * (areas[:, None, None] + np.spacing(1))
    closeness = np.exp(-squared / tolerance) * visible[:, None]
    return closeness.sum(axis=-1) / visible.sum(axis=-1)[:, None]
