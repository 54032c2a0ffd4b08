"""Rotations whose last bits do not depend on the processor.

Vectorised sines differ with the CPU's features, and even the C library has variants
with fused multiply-add: sines are taken one by one and kept to twelve decimals.
"""

from __future__ import annotations

import math

import numpy as np


def cos_sin(angle: float) -> tuple[float, float]:
    """Cosine and sine of an angle in radians, to twelve decimals."""
    angle = float(angle)
    return round(math.cos(angle), 12), round(math.sin(angle), 12)


def about(axis: tuple[float, float, float] | np.ndarray, angle: float) -> np.ndarray:
    """(3, 3) rotation about a unit axis; columns are the turned basis vectors.

    Args:
        axis: (3,) of length 1.
        angle: Radians, right-handed.
    """
    x, y, z = (float(value) for value in axis)
    c, s = cos_sin(angle)
    t = 1.0 - c
    return np.array(
        [
            [t * x * x + c, t * x * y - s * z, t * x * z + s * y],
            [t * x * y + s * z, t * y * y + c, t * y * z - s * x],
            [t * x * z - s * y, t * y * z + s * x, t * z * z + c],
        ]
    )


def matmul(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Product of (..., 3, 3) matrices without BLAS."""
    return (
        left[..., :, 0, None] * right[..., None, 0, :]
        + left[..., :, 1, None] * right[..., None, 1, :]
        + left[..., :, 2, None] * right[..., None, 2, :]
    )


def rotate(rotation: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Turn points.

    Args:
        rotation: (3, 3), or (..., 3, 3) that broadcasts against the points.
        points: (..., 3).
    """
    return (
        points[..., 0, None] * rotation[..., :, 0]
        + points[..., 1, None] * rotation[..., :, 1]
        + points[..., 2, None] * rotation[..., :, 2]
    )


def dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum of products over the last axis of length 3, in a fixed order."""
    return (
        left[..., 0] * right[..., 0]
        + left[..., 1] * right[..., 1]
        + left[..., 2] * right[..., 2]
    )


def cross(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cross product over the last axis."""
    x = left[..., 1] * right[..., 2] - left[..., 2] * right[..., 1]
    y = left[..., 2] * right[..., 0] - left[..., 0] * right[..., 2]
    z = left[..., 0] * right[..., 1] - left[..., 1] * right[..., 0]
    return np.stack([x, y, z], axis=-1)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) at length 1; those of length 0 stay."""
    length = np.sqrt(dot(vectors, vectors))
    return vectors / np.where(length > 0, length, 1.0)[..., None]


def uniform_rotation(rng: np.random.Generator) -> np.ndarray:
    """(3, 3) rotation, uniform over all of them."""
    w, x, y, z = (float(value) for value in rng.normal(size=4))
    length = w * w + x * x + y * y + z * z
    if length < 1e-12:
        return np.eye(3)
    s = 2.0 / length
    return np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
            [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
            [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
        ]
    )
