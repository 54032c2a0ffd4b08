"""Gaussians around whole cells, each of its own size (Objects as Points, Section 3).

A Gaussian of radius r covers the (2r + 1) x (2r + 1) cells around its own, with a
standard deviation of a sixth of that width, and is 1 at its cell.

Its radius shall be how far a box may move and keep an overlap, a root of a quadratic.
The released code, like CornerNet's first, does not divide it by twice the leading
coefficient; the published networks learnt from these wider Gaussians (its issues 116
and 273), and so do ours. Divided, radii are about a third.
"""

from __future__ import annotations

import numpy as np


def released_radii(sizes: np.ndarray, min_iou: float) -> np.ndarray:
    """Radii of the Gaussians of boxes, by the released code.

    Of its three roots that of the larger box around is always the smallest.

    Args:
        sizes: (n, 2) width and height in cells.
        min_iou: Overlap m in (0, 1).

    Returns:
        (n,) int64, whole cells: of w by h cells, rounded up, with s = w + h, the floor
        of ``sqrt(m^2 s^2 + 4 m (1 - m) w h) - m s``.
    """
    sizes = np.ceil(sizes)
    reach = min_iou * sizes.sum(axis=-1)
    inside = 4 * min_iou * (1 - min_iou) * sizes.prod(axis=-1)
    return np.floor(np.sqrt(reach**2 + inside) - reach).astype(np.int64)


def draw_cell_gaussians(
    cells: np.ndarray,
    kinds: np.ndarray,
    radii: np.ndarray,
    num_maps: int,
    size: tuple[int, int],
) -> np.ndarray:
    """Draw maps; where Gaussians overlap the larger counts.

    Args:
        cells: (n, 2) whole cells xy, inside the map.
        kinds: (n,) the map of each.
        radii: (n,) whole cells, 0 or more.
        num_maps: Number of maps.
        size: (w, h) of the maps in cells.

    Returns:
        (num_maps, h, w) float32 in [0, 1], 1 at `cells` alone.
    """
    width, height = size
    maps = np.zeros((num_maps, height, width), dtype=np.float32)
    if not len(cells):
        return maps
    span = np.arange(-radii.max(), radii.max() + 1)
    sigma = (2 * radii + 1) / 6
    fall = np.exp(-0.5 * (span / sigma[:, None]) ** 2)
    fall = np.where(np.abs(span) <= radii[:, None], fall, 0).astype(np.float32)
    around = cells[:, :, None] + span
    limit = np.array([width, height])[:, None]
    inside = (around >= 0) & (around < limit)
    x, y = (fall * inside[:, axis] for axis in range(2))
    values = y[:, :, None] * x[:, None, :]
    around = np.clip(around, 0, limit - 1)
    rows = kinds[:, None] * height + around[:, 1]
    index = rows[:, :, None] * width + around[:, 0][:, None, :]
    drawn = values > 0
    np.maximum.at(maps.reshape(-1), index[drawn], values[drawn])
    return maps
