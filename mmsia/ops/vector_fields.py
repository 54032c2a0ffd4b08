"""Fields of vectors around keypoints: guiding offsets and refinement offsets.

GOG, Section 2.3. Where paper and released code disagree the notes are followed: every
cell of the region points to ``J_to`` exactly (notes, section 3), so the field is linear
and bilinear upsampling reproduces it; the paper's plain reading, one constant vector
``J_to - J_from`` in the whole region, is the option ``constant``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmsia.ops.cells import cell_offset


def region_cells(
    centres: np.ndarray, stride: int, region: int
) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last cell of the square region around each position.

    From ``rint(p/R - D/2)`` up to but excluding ``rint(p/R + D/2)``, halves to even.

    Args:
        centres: (M, 2) input pixels, xy.
        stride: Output stride R.
        region: Edge D of the region in cells.

    Returns:
        Two arrays (M, 2) int64.
    """
    scaled = np.clip(centres / stride, -(2**31), 2**31)
    first = np.rint(scaled - region / 2).astype(np.int64)
    return first, np.rint(scaled + region / 2).astype(np.int64)


def encode_vectors(
    sources: np.ndarray,
    targets: np.ndarray,
    channels: np.ndarray,
    num_channels: int,
    size: tuple[int, int],
    stride: int,
    region: int,
    *,
    scales: np.ndarray | None = None,
    constant: bool = False,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draw vectors from the cells around each source to its target.

    Where regions of one channel overlap the shorter vector counts, of equal ones that
    of the earlier instance.

    Args:
        sources: (M, 2) input pixels, the middle of each region.
        targets: (M, 2) input pixels, where the vectors point.
        channels: (M,) which of the fields each instance belongs to.
        num_channels: Number of fields C.
        size: (w, h) of the maps in cells.
        stride: Output stride R.
        region: Edge of the region in cells.
        scales: (M,) a number per instance to be drawn into the same cells.
        constant: Draw ``target - source`` in the whole region.

    Returns:
        Vectors (2C, h, w) float32, channel 2c is x and 2c + 1 is y, input pixels, +inf
        where no region is; and (C, h, w) float32 scales, 1 where no region is, or None.
    """
    width, height = size
    field = np.full((2 * num_channels, height, width), np.inf, dtype=np.float32)
    drawn = None
    if scales is not None:
        drawn = np.ones((num_channels, height, width), dtype=np.float32)
    if len(sources) == 0:
        return field, drawn
    first, last = region_cells(sources, stride, region)
    # the half-to-even rule makes a region one cell wider where p/R is an even integer
    cells = first[:, :, None] + np.arange(region + 1)
    inside = (cells < last[:, :, None]) & (cells >= 0)
    inside &= cells < np.array([[[width], [height]]])
    if constant:
        vector = np.broadcast_to((targets - sources)[:, :, None], cells.shape)
    else:
        vector = targets[:, :, None] - (cells * stride + cell_offset(stride))
    vector = vector.astype(np.float32)
    instance, row, column = np.nonzero(inside[:, 1, :, None] & inside[:, 0, None, :])
    x, y = vector[instance, 0, column], vector[instance, 1, row]
    plane = 2 * channels[instance] * height + cells[instance, 1, row]
    index = plane * width + cells[instance, 0, column]
    _write_shortest(field.reshape(-1), index, x, y, height * width)
    if drawn is not None and scales is not None:
        winner = field.reshape(-1)[index] == x
        winner &= field.reshape(-1)[index + height * width] == y
        plane = channels[instance] * height + cells[instance, 1, row]
        index = plane * width + cells[instance, 0, column]
        winners = np.flatnonzero(winner)[::-1]
        drawn.reshape(-1)[index[winners]] = scales[instance[winners]]
    return field, drawn


def _write_shortest(
    field: np.ndarray, index: np.ndarray, x: np.ndarray, y: np.ndarray, plane: int
) -> None:
    """Write vectors into a flat field, the shortest at each index, then the earliest.

    The x plane holds the squared lengths for a moment: each cell that is touched gets
    its winner's x right after.
    """
    length = x * x + y * y
    np.minimum.at(field, index, length)
    winners = np.flatnonzero(field[index] == length)[::-1]
    # of several writes to one index the last stays, so the earliest goes last
    field[index[winners]] = x[winners]
    field[index[winners] + plane] = y[winners]


def sample_field(
    field: np.ndarray | Tensor, channels: np.ndarray, positions: np.ndarray, stride: int
) -> np.ndarray:
    """Read vectors at positions, bilinear between cells, clamped at the border.

    The same value as upsampling the whole field R times (half-pixel centres) and
    reading one pixel, without upsampling. Taps of weight 0 are not read.

    Args:
        field: (2C, h, w) array or tensor, input pixels.
        channels: (..., ) which field to read.
        positions: (..., 2) input pixels, xy.
        stride: Output stride R.

    Returns:
        (..., 2) float32, not finite where a tap is not.
    """
    height, width = field.shape[-2:]
    limit = np.array([width - 1, height - 1], dtype=np.float32)
    place = (positions - cell_offset(stride)) / stride
    place = np.minimum(np.maximum(place, 0), limit)
    low = place.astype(np.int64)
    weight = (place - low).astype(np.float32)
    # a second tap of weight 0 falls on the first: inf * 0 would be nan
    high = low + (weight > 0)
    x = np.stack((low[..., 0], high[..., 0]), -1)[..., None, None, :]
    y = np.stack((low[..., 1], high[..., 1]), -1)[..., None, :, None]
    plane = (2 * channels[..., None] + np.arange(2))[..., None, None]
    taps = _gather(field, (plane * height + y) * width + x)
    wx, wy = weight[..., 0, None, None], weight[..., 1, None]
    with np.errstate(invalid="ignore"):
        rows = taps[..., 0] + wx * (taps[..., 1] - taps[..., 0])
        rows = np.where(wx > 0, rows, taps[..., 0])
        value = rows[..., 0] + wy * (rows[..., 1] - rows[..., 0])
        return np.where(wy > 0, value, rows[..., 0])


def _gather(field: np.ndarray | Tensor, index: np.ndarray) -> np.ndarray:
    """Read flat indices of an array, or of a tensor on any device, into an array."""
    if isinstance(field, np.ndarray):
        return field.reshape(-1)[index]
    flat = field.detach().reshape(-1)
    return flat[torch.from_numpy(index).to(flat.device)].float().cpu().numpy()
