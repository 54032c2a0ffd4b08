"""Features of points from a map: what a keypoint is recognised and linked by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def sample_at_cells(features: Tensor, cells: Tensor) -> Tensor:
    """Read a map between its cells, bilinear; beyond its border the border counts.

    Args:
        features: (C, h, w).
        cells: (P, 2) xy; (0, 0) is the middle of the first cell.

    Returns:
        (P, C).
    """
    height, width = features.shape[-2:]
    size = cells.new_tensor([width, height])
    grid = ((2 * cells + 1) / size - 1).to(features.dtype)
    read = functional.grid_sample(
        features[None], grid[None, None], padding_mode="border", align_corners=False
    )
    return torch.movedim(read[0, :, 0], 0, 1)
