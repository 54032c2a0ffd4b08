"""Gaussian response maps of the keypoints of many people (GOG, Section 2.2)."""

from __future__ import annotations

import math

import numpy as np

from mmsia.ops.cells import cell_offset

MIN_RESPONSE = 0.01
"""Responses below this are set to 0 (notes, section 2)."""


def encode_gaussians(
    keypoints: np.ndarray,
    visible: np.ndarray,
    size: tuple[int, int],
    stride: int,
    sigma: float,
) -> np.ndarray:
    """Draw one map per keypoint type; where Gaussians overlap the larger counts.

    With one sigma for all, the larger response belongs to the nearest keypoint, as the
    paper has it. The Gaussian is evaluated at the cells' positions in the input image
    around the unrounded keypoint. A keypoint outside the map leaves its tail inside.

    Args:
        keypoints: (N, K, 2) input pixels, xy, finite where visible.
        visible: (N, K) bool.
        size: (w, h) of the maps in cells.
        stride: Output stride R.
        sigma: Standard deviation in input pixels.

    Returns:
        (K, h, w) float32 in [0, 1].
    """
    width, height = size
    maps = np.zeros((keypoints.shape[1], height, width), dtype=np.float32)
    person, kind = np.nonzero(visible)
    if len(person) == 0:
        return maps
    centres = keypoints[person, kind].astype(np.float64)
    radius = sigma * math.sqrt(2 * math.log(1 / MIN_RESPONSE))
    span = np.arange(int(2 * radius / stride) + 1)
    first = np.ceil((centres - radius - cell_offset(stride)) / stride)
    # far outside the map, int64 is enough for any first cell that a float can name
    first = np.clip(first, -len(span) - 1, max(width, height) + 1).astype(np.int64)
    cells = first[:, :, None] + span
    offsets = cells * stride + cell_offset(stride) - centres[:, :, None]
    with np.errstate(over="ignore"):
        response = np.exp(offsets**2 * (-0.5 / sigma**2)).astype(np.float32)
    limit = np.array([[[width], [height]]])
    response *= (cells >= 0) & (cells < limit)
    np.minimum(np.maximum(cells, 0, out=cells), limit - 1, out=cells)
    values = response[:, 1, :, None] * response[:, 0, None, :]
    index = (kind[:, None] * height + cells[:, 1])[:, :, None] * width
    index = index + cells[:, 0][:, None, :]
    keep = values >= MIN_RESPONSE
    np.maximum.at(maps.reshape(-1), index[keep], values[keep])
    return maps
