"""Local maxima of 3 x 3 cells, as CenterNet finds its centres and keypoints.

A cell counts if none of its eight neighbours exceeds it. Maps stay on their device;
what is found in them, and read at a few of their cells, comes as arrays.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def best_local_maxima(
    maps: Tensor, number: int, threshold: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Find the highest local maxima of every map.

    Args:
        maps: (B, K, h, w), finite; equal neighbours are all maxima.
        number: At most that many a map.
        threshold: Cells at or below it are none.

    Returns:
        (B, K, P) values, falling, and (B, K, P) their cells in a flattened map, rising
        where values are equal. P is the largest count of a map; maps with fewer end in
        -inf and cell 0.
    """
    planes, area = maps.shape[0] * maps.shape[1], maps.shape[2] * maps.shape[3]
    cells, values = find_local_maxima(maps, threshold)
    plane = cells // max(area, 1)
    order = np.lexsort((-values, plane))
    counts = np.bincount(plane, minlength=planes)
    rank = np.arange(len(plane)) - np.repeat(np.cumsum(counts) - counts, counts)
    most = min(number, counts.max(initial=0))
    best = np.full((planes, most), -np.inf, dtype=values.dtype)
    index = np.zeros((planes, most), dtype=np.int64)
    chosen = rank < most
    place, order = (plane[chosen], rank[chosen]), order[chosen]
    best[place] = values[order]
    index[place] = cells[order] - place[0] * area
    shape = (*maps.shape[:2], most)
    return best.reshape(shape), index.reshape(shape)


def find_local_maxima(
    maps: Tensor, threshold: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Find all local maxima above a threshold.

    Args:
        maps: (B, K, h, w), finite; equal neighbours are all maxima.
        threshold: Cells at or below it are none.

    Returns:
        (N,) cells of the flattened maps, rising, and (N,) their values.
    """
    if maps.is_cpu:
        return _by_neighbours(_array(maps), threshold)
    return _by_pooling(maps, threshold)


def _by_neighbours(maps: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Look about in the cells above the threshold: of keypoints' maps they are few."""
    height, width = maps.shape[-2:]
    flat = maps.reshape(-1)
    cells = np.flatnonzero(flat > threshold)
    values, x = flat[cells], cells % max(width, 1)
    # beyond a border stands the cell at it, which is a neighbour, or the cell itself
    left, right = cells - (x > 0), cells + (x < width - 1)
    kept = (values >= flat[left]) & (values >= flat[right])
    cells, values = cells[kept], values[kept]
    # fewer are left for the other six
    rows = np.stack([left[kept], cells, right[kept]])
    y = cells // max(width, 1) % max(height, 1)
    near = np.concatenate([rows - width * (y > 0), rows + width * (y < height - 1)])
    kept = (values >= flat[near]).all(axis=0)
    return cells[kept], values[kept]


def _by_pooling(maps: Tensor, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Look at all cells at once, in as few calls as a GPU can be given."""
    highest = F.max_pool2d(maps, 3, stride=1, padding=1)
    cells = ((highest == maps) & (maps > threshold)).flatten().nonzero()[:, 0]
    return cells.cpu().numpy(), _array(maps.flatten()[cells])


def read_cells(maps: Tensor, index: np.ndarray) -> np.ndarray:
    """Read all channels of maps at some cells.

    Args:
        maps: (B, C, h, w).
        index: (B, P) cells in a flattened map.

    Returns:
        (B, P, C).
    """
    places = torch.from_numpy(index).to(maps.device)[:, None]
    found = maps.flatten(2).gather(2, places.expand(-1, maps.shape[1], -1))
    return _array(found).transpose(0, 2, 1)


def cell_positions(index: np.ndarray, width: int) -> np.ndarray:
    """Columns and rows of cells.

    Args:
        index: (...,) cells in a flattened map.
        width: Of the map.

    Returns:
        (..., 2) float32, xy.
    """
    return np.stack([index % width, index // width], axis=-1).astype(np.float32)


def _array(values: Tensor) -> np.ndarray:
    """As an array; half precision, which not every kind of it has, as float32."""
    values = values.detach()
    return (values.float() if values.element_size() < 4 else values).cpu().numpy()
