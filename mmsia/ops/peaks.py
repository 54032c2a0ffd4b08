"""Local maxima of heatmaps as they would be after R-fold upsampling.

GOG, Section 2.2 and Fig. 2: upsample R times, take the local maxima of 3 x 3 pixels,
keep the k best of each map. Upsampling everything is most of a decoder's time and most
of it is spent on background, so on the CPU only cells whose upper bound over the
kernel's support reaches the threshold are upsampled at all. The result is that of full
upsampling: no approximation, on a noise map every cell is upsampled.

Ties: neighbouring pixels that are equal to within ``TIE`` are all peaks, so keypoints
of two people side by side stay two. (The authors' code keeps those that are bit-equal,
which leaves to rounding whether a keypoint half-way between two pixels is found twice.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmsia.ops.cells import cell_offset
from mmsia.ops.upsampling import RADIUS, cell_weights

TIE = 1e-6
_SUPPORT = 2 * RADIUS + 1
_CHUNK = 8192
_LANES = 256
"""Cells of one small matrix product: too small for BLAS to wake its threads, whose
waking costs more than the product."""


@dataclass(frozen=True)
class Peaks:
    """Peaks of every map, best first, padded to the largest count.

    Attributes:
        xy: (K, P, 2) float32 input pixels; 0 where padded.
        scores: (K, P) float32; 0 where padded.
        counts: (K,) int64 number of peaks of each map.
    """

    xy: np.ndarray
    scores: np.ndarray
    counts: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """(K, P) bool, False where padded."""
        return np.arange(self.scores.shape[1]) < self.counts[:, None]


def find_peaks(
    heatmaps: np.ndarray | Tensor,
    stride: int,
    mode: str,
    threshold: float,
    max_peaks: int,
) -> Peaks:
    """Find the best local maxima of each upsampled map.

    Args:
        heatmaps: (K, h, w); arrays and CPU tensors take the sparse way, CUDA tensors
            are upsampled whole on their device.
        stride: Upsampling factor R; 1 searches the map itself.
        mode: ``'bicubic'`` or ``'bilinear'``.
        threshold: Lowest response of a peak, above 0.
        max_peaks: Number k of peaks kept for each map.

    Returns:
        The peaks; positions are integer pixels of the upsampled map, which are input
        pixels.
    """
    if isinstance(heatmaps, Tensor):
        if heatmaps.is_cuda:
            return find_peaks_by_full_upsampling(
                heatmaps, stride, mode, threshold, max_peaks
            )
        heatmaps = heatmaps.detach().float().numpy()
    maps = np.ascontiguousarray(heatmaps, dtype=np.float32)
    found = _sparse_peaks(maps, stride, mode, threshold)
    return _best(*found, len(maps), max_peaks)


def find_peaks_by_full_upsampling(
    heatmaps: Tensor, stride: int, mode: str, threshold: float, max_peaks: int
) -> Peaks:
    """Find the same peaks by upsampling every map, on the maps' device.

    The way of a GPU, and on the CPU the measure of the sparse search.

    Args:
        heatmaps: (K, h, w).
        stride: Upsampling factor R.
        mode: ``'bicubic'`` or ``'bilinear'``.
        threshold: Lowest response of a peak, above 0.
        max_peaks: Number k of peaks kept for each map.
    """
    maps = heatmaps.detach().float()
    if stride > 1:
        size = (maps.shape[1] * stride, maps.shape[2] * stride)
        maps = functional.interpolate(
            maps[None], size=size, mode=mode, align_corners=False
        )[0]
    best = functional.max_pool2d(maps[None], 3, stride=1, padding=1)[0]
    kind, y, x = torch.nonzero((maps >= best - TIE) & (maps >= threshold)).T
    found = torch.stack((kind, x, y)).cpu().numpy()
    score = maps[kind, y, x].cpu().numpy()
    return _best(found[0], found[1], found[2], score, len(maps), max_peaks)


def find_cell_peaks(
    heatmaps: np.ndarray | Tensor, stride: int, threshold: float, max_peaks: int
) -> Peaks:
    """Find the best local maxima of each map as it is, without upsampling.

    Args:
        heatmaps: (K, h, w).
        stride: Output stride R.
        threshold: Lowest response of a peak, above 0.
        max_peaks: Number k of peaks kept for each map.

    Returns:
        The peaks, at the positions of their cells in the input image.
    """
    peaks = find_peaks(heatmaps, 1, "bilinear", threshold, max_peaks)
    xy = peaks.xy * np.float32(stride) + np.float32(cell_offset(stride))
    xy[~peaks.present] = 0
    return Peaks(xy, peaks.scores, peaks.counts)


def _best(
    kind: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    score: np.ndarray,
    num_maps: int,
    max_peaks: int,
) -> Peaks:
    """Sort peaks by map and falling score, reading order breaking ties, keep k."""
    order = np.lexsort((x, y, -score, kind))
    kind = kind[order]
    rank = np.arange(len(kind)) - np.searchsorted(kind, kind)
    order, kind, rank = (part[rank < max_peaks] for part in (order, kind, rank))
    counts = np.bincount(kind, minlength=num_maps)
    size = (num_maps, int(counts.max(initial=0)))
    xy, scores = np.zeros((*size, 2), np.float32), np.zeros(size, np.float32)
    xy[kind, rank, 0], xy[kind, rank, 1] = x[order], y[order]
    scores[kind, rank] = score[order]
    return Peaks(xy, scores, counts)


@dataclass(frozen=True)
class _Block:
    """Weights of one cell's pixels and ring, and what bounds the pixels.

    Attributes:
        weights: ((R + 2)**2, 25) float64.
        near: Largest sum of a pixel's positive weights on the 3 x 3 cells around.
        far: Largest sum of its other positive weights.
        negative: Largest sum of its negative weights' sizes.
    """

    weights: np.ndarray
    near: float
    far: float
    negative: float


@lru_cache(maxsize=32)
def _block(stride: int, mode: str) -> _Block:
    row = cell_weights(stride, mode)
    block = np.einsum("yi,xj->yxij", row, row)
    positive = np.maximum(block[1:-1, 1:-1], 0)
    near = positive[:, :, 1:-1, 1:-1].sum((2, 3))
    far = positive.sum((2, 3)) - near
    negative = np.maximum(-block[1:-1, 1:-1], 0).sum((2, 3))
    largest = (float(part.max()) for part in (near, far, negative))
    return _Block(block.reshape((stride + 2) ** 2, -1), *largest)


def _active_cells(padded: np.ndarray, block: _Block, threshold: float) -> np.ndarray:
    """Flat indices into the padded maps of the cells that could reach the threshold.

    Args:
        padded: (K, h + 4, w + 4) float32.
        block: Weights that bound a cell's pixels by the extremes around it.
        threshold: Lowest response that counts.
    """
    # one call for all maps: their border repeats keep neighbouring maps apart
    stacked = padded.reshape(-1, padded.shape[2])
    kernel = np.ones((3, 3), dtype=np.uint8)
    near = np.maximum(cv2.dilate(stacked, kernel), 0)
    bound = near * np.float32(block.near)
    if block.far > 1e-9:
        bound += cv2.dilate(near, kernel) * np.float32(block.far)
    if block.negative > 1e-9 and padded.min() < 0:
        lowest = cv2.erode(stacked, np.ones((_SUPPORT, _SUPPORT), dtype=np.uint8))
        bound -= np.minimum(lowest, 0) * np.float32(block.negative)
    # rounding of the bound itself
    bound *= np.float32(1 + 1e-5)
    reachable = (bound >= threshold - TIE).reshape(padded.shape)
    border = np.zeros(padded.shape[1:], dtype=bool)
    border[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    reachable &= border
    return np.flatnonzero(reachable)


def _sparse_peaks(
    maps: np.ndarray, stride: int, mode: str, threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Map, x, y and score of every peak, upsampling only where one could be."""
    padded = np.pad(maps, ((0, 0), (RADIUS,) * 2, (RADIUS,) * 2), mode="edge")
    active = _active_cells(padded, _block(stride, mode), threshold)
    largest = float(np.abs(maps).max(initial=0)) if len(active) else 0.0
    parts = [
        _peaks_of_cells(
            padded, active[start : start + _CHUNK], stride, mode, threshold, largest
        )
        for start in range(0, max(len(active), 1), _CHUNK)
    ]
    kind, x, y, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    return kind, x, y, score


def _peaks_of_cells(
    padded: np.ndarray,
    cells: np.ndarray,
    stride: int,
    mode: str,
    threshold: float,
    largest: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Map, x, y and score of the peaks among the pixels of some cells.

    Args:
        padded: (K, h + 4, w + 4) float32.
        cells: (n,) flat indices into ``padded``.
        stride: R.
        mode: Of the upsampling.
        threshold: Lowest response that counts.
        largest: Size of the largest response.
    """
    height, width = padded.shape[1] - 2 * RADIUS, padded.shape[2] - 2 * RADIUS
    weights = _block(stride, mode).weights
    reach = np.arange(_SUPPORT) - RADIUS
    support = (reach[:, None] * padded.shape[2] + reach).reshape(-1)
    flat = padded.reshape(-1)
    # float32 is enough to find the few pixels that float64 then decides about
    slack = TIE + 4e-6 * max(1.0, largest)
    lanes = np.resize(cells, (-(-len(cells) // _LANES), 1, _LANES))
    values = weights.astype(np.float32) @ flat.take(lanes + support[:, None])
    batch, pixel, lane = np.nonzero(_no_lower(values, stride, threshold, slack))
    # the last lanes repeat the first cells
    which = batch * _LANES + lane
    own = which < len(cells)
    cell, pixel = cells[which[own]], pixel[own]
    kind, place = np.divmod(cell, padded.shape[1] * padded.shape[2])
    y, x = np.divmod(place, padded.shape[2])
    inner_y, inner_x = np.divmod(pixel, stride)
    y, x = (y - RADIUS) * stride + inner_y, (x - RADIUS) * stride + inner_x
    ring = (np.arange(3)[:, None] * (stride + 2) + np.arange(3)).reshape(-1)
    corner = inner_y * (stride + 2) + inner_x
    patches = flat.take(cell[:, None] + support).astype(np.float64)
    around = np.einsum("nvi,ni->nv", weights[corner[:, None] + ring], patches)
    _mask_outside(around, x, y, width * stride, height * stride)
    keep = _is_peak(around, threshold)
    return kind[keep], x[keep], y[keep], around[keep, 4].astype(np.float32)


def _no_lower(
    values: np.ndarray, stride: int, threshold: float, slack: float
) -> np.ndarray:
    """Which inner pixels are at least the threshold and their eight neighbours.

    Args:
        values: (b, (R + 2)**2, n) float32, blocks with their ring.
        stride: R.
        threshold: Lowest response that counts.
        slack: How much lower still passes.

    Returns:
        (b, R * R, n) bool.
    """
    block = values.reshape(len(values), stride + 2, stride + 2, values.shape[2])
    best = np.maximum(block[:, :, :-2], block[:, :, 1:-1])
    np.maximum(best, block[:, :, 2:], out=best)
    around = np.maximum(best[:, :-2], best[:, 1:-1])
    np.maximum(around, best[:, 2:], out=around)
    np.maximum(around, np.float32(threshold), out=around)
    around -= np.float32(slack)
    inner = block[:, 1:-1, 1:-1] >= around
    return inner.reshape(len(values), stride * stride, values.shape[2])


def _mask_outside(
    values: np.ndarray, x: np.ndarray, y: np.ndarray, width: int, height: int
) -> None:
    """Set the neighbours (n, 9) that lie outside the image to -inf."""
    step = np.arange(9)
    column, row = x[:, None] + step % 3 - 1, y[:, None] + step // 3 - 1
    outside = (column < 0) | (column >= width) | (row < 0) | (row >= height)
    values[outside] = -np.inf


def _is_peak(values: np.ndarray, threshold: float) -> np.ndarray:
    """Decide about pixels from their 3 x 3 neighbourhoods (n, 9), the middle one."""
    centre = values[:, 4]
    reached = centre >= values.max(axis=1, initial=-np.inf) - TIE
    return reached & (centre >= threshold)
