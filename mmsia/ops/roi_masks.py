"""Masks of people in the cells of their boxes' maps, and back in the image.

Boxes and outlines are edges: pixel x covers x to x + 1, and cell u of a box's map u to
u + 1 of as many equal parts of the box. A cell belongs to a person whose outline goes
around its middle.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmsia.ops.roi_maps import MIN_SIDE


def draw_roi_masks(
    outlines: Tensor, boxes: Tensor, map_size: tuple[int, int]
) -> Tensor:
    """Fill outlines on the maps of boxes.

    Along each row of cells, every edge that crosses the row's middle turns the cells
    behind it from outside to inside or back.

    Args:
        outlines: (N, P, 2) pixels, xy; rings are closed by their first point and
            separated by NaN, and so is what follows the last one. A person is the
            union of the rings.
        boxes: (N, 4) xyxy pixels.
        map_size: (w, h) cells.

    Returns:
        (N, h, w), 1 inside and 0 outside.
    """
    width, height = map_size
    known = outlines.isfinite().all(dim=-1)
    person, index = (known[:, :-1] & known[:, 1:]).nonzero(as_tuple=True)
    ring, owner = _number_rings(known, person, index)
    low = boxes[person, :2]
    scale = boxes.new_tensor(map_size) / (boxes[person, 2:] - low).clamp(min=MIN_SIDE)
    x, y = ((outlines[person, index] - low) * scale).unbind(dim=1)
    next_x, next_y = ((outlines[person, index + 1] - low) * scale).unbind(dim=1)
    middles = torch.arange(height, device=boxes.device) + 0.5
    crossing = (y[:, None] <= middles) != (next_y[:, None] <= middles)
    edge, row = crossing.nonzero(as_tuple=True)
    share = (middles[row] - y[edge]) / (next_y - y)[edge]
    behind = (x[edge] + share * (next_x - x)[edge] - 0.5).ceil().clamp(0, width)
    turns = torch.zeros(
        len(owner), height, width + 1, dtype=torch.int32, device=boxes.device
    )
    once = turns.new_ones(())
    turns.index_put_((ring[edge], row, behind.long()), once, accumulate=True)
    inside = turns.cumsum(dim=-1)[..., :width] % 2
    rings = inside.new_zeros(len(boxes), height, width).index_add_(0, owner, inside)
    return (rings > 0).to(boxes.dtype)


def _number_rings(
    known: Tensor, person: Tensor, index: Tensor
) -> tuple[Tensor, Tensor]:
    """(E,) the ring of each edge, and (R,) the person of each ring."""
    ends = (~known).flatten().cumsum(dim=0).reshape(known.shape)
    # a person more is a ring more, whatever separates them
    _, ring = (ends[person, index] + person).unique_consecutive(return_inverse=True)
    number = int(ring[-1]) + 1 if len(ring) else 0
    return ring, person.new_zeros(number).scatter_(0, ring, person)


def paste_roi_masks(
    maps: np.ndarray,
    boxes: np.ndarray,
    image_size: tuple[int, int],
    threshold: float = 0.5,
) -> np.ndarray:
    """Masks in the image from the maps of boxes.

    Maps are interpolated bilinearly at the middles of pixels; the outermost half of a
    border cell has the cell's value, as a person may fill the box to its edge.

    Args:
        maps: (N, h, w) in [0, 1].
        boxes: (N, 4) xyxy pixels of the image.
        image_size: (w, h) pixels.
        threshold: From which on a pixel is the person's.

    Returns:
        (N, H, W) bool, empty outside of the box.
    """
    width, height = image_size
    masks = np.zeros((len(maps), height, width), dtype=bool)
    for mask, cells, (x1, y1, x2, y2) in zip(masks, maps, boxes, strict=True):
        columns, across = _read_at(x1, x2, cells.shape[1], width)
        rows, down = _read_at(y1, y2, cells.shape[0], height)
        mask[rows, columns] = down @ cells @ across.T >= threshold
    return masks


def _read_at(
    low: float, high: float, cells: int, pixels: int
) -> tuple[slice, np.ndarray]:
    """The pixels whose middle is within the box, and (pixels, cells) their weights."""
    first, end = np.clip(np.ceil([low - 0.5, high - 0.5]), 0, pixels).astype(int)
    share = (np.arange(first, end) + 0.5 - low) / max(high - low, MIN_SIDE)
    place = np.clip(share * cells - 0.5, 0, cells - 1)
    weights = 1 - np.abs(place[:, None] - np.arange(cells))
    return slice(first, max(first, end)), np.clip(weights, 0, None)
