"""Interpolation weights of R-fold upsampling with half-pixel centres.

What ``torch.nn.functional.interpolate(mode=..., align_corners=False)`` computes, border
cells repeated: bicubic with A = -0.75 (GOG, Section 2.2, notes section 10), bilinear as
the ablation of Table 2. Written as one small matrix per stride so that single cells can
be upsampled without their map.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mmsia.errors import InputError

CUBIC_A = -0.75
RADIUS = 2
"""Cells on each side of a cell that its output pixels and their ring can read."""


def _cubic_weight(distance: np.ndarray) -> np.ndarray:
    d = np.abs(distance)
    near = ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1
    far = CUBIC_A * (((d - 5) * d + 8) * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _linear_weight(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(distance), 0.0)


_KERNELS = {"bicubic": _cubic_weight, "bilinear": _linear_weight}


@lru_cache(maxsize=32)
def cell_weights(stride: int, mode: str) -> np.ndarray:
    """Weights of one cell's output pixels, with one pixel of ring on each side.

    Args:
        stride: Upsampling factor R.
        mode: ``'bicubic'`` or ``'bilinear'``.

    Returns:
        (R + 2, 5) float64: row j is output pixel ``R u + j - 1``, column i the cell
        ``u + i - 2``. Rows sum to 1.

    Raises:
        InputError: Unknown mode or a stride below 1.
    """
    if mode not in _KERNELS:
        raise InputError(
            "unknown upsampling", expected=" or ".join(_KERNELS), got=repr(mode)
        )
    if stride < 1:
        raise InputError("stride too small", expected="at least 1", got=str(stride))
    position = (np.arange(-1, stride + 1) + 0.5) / stride - 0.5
    taps = np.arange(-RADIUS, RADIUS + 1)
    weights = _KERNELS[mode](position[:, None] - taps)
    weights.flags.writeable = False
    return weights


def upsample(maps: np.ndarray, stride: int, mode: str) -> np.ndarray:
    """Upsample whole maps R-fold in float64.

    Args:
        maps: (C, h, w).
        stride: Upsampling factor R.
        mode: ``'bicubic'`` or ``'bilinear'``.

    Returns:
        (C, R h, R w) float64.
    """
    weights = cell_weights(stride, mode)[1:-1]
    result = maps.astype(np.float64)
    for axis in (1, 2):
        result = np.moveaxis(result, axis, -1)
        padding = [(0, 0)] * 2 + [(RADIUS, RADIUS)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(result, padding, mode="edge"), 2 * RADIUS + 1, axis=-1
        )
        result = (windows @ weights.T).reshape(*result.shape[:-1], -1)
        result = np.moveaxis(result, -1, axis)
    return result
