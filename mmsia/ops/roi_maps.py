"""Keypoints in the cells of a box's own map, and back.

Boxes are edges, keypoints pixels: pixel x covers x to x + 1, and so cell u of a box's
map covers u to u + 1 of as many equal parts of the box.
"""

from __future__ import annotations

import torch
from torch import Tensor

MIN_SIDE = 1e-3
"""Pixels; the side of a box without extent when something is divided by it."""


def keypoints_to_cells(
    keypoints: Tensor, boxes: Tensor, map_size: tuple[int, int]
) -> Tensor:
    """Express keypoints in cells of their boxes' maps.

    Args:
        keypoints: (N, K, 2) pixels, xy.
        boxes: (N, 4) xyxy pixels.
        map_size: (w, h) cells.

    Returns:
        (N, K, 2) cells, xy; the floor is the cell that a keypoint lies in.
    """
    low, side = boxes[:, None, :2], (boxes[:, None, 2:] - boxes[:, None, :2])
    cells = keypoints.new_tensor(map_size)
    return (keypoints + 0.5 - low) / side.clamp(min=MIN_SIDE) * cells


def draw_roi_maps(
    cells: Tensor, weights: Tensor, map_size: tuple[int, int], sigma: float
) -> tuple[Tensor, Tensor]:
    """Draw target maps: exactly 1 in the keypoint's cell, a Gaussian around it.

    Args:
        cells: (N, K, 2) as `keypoints_to_cells` gives them.
        weights: (N, K), above 0 where annotated.
        map_size: (w, h) cells.
        sigma: Standard deviation in cells.

    Returns:
        (N, K, h, w) in [0, 1], and (N, K) weights, 0 also where a keypoint lies outside
        of its box; maps of weight 0 are empty.
    """
    size = cells.new_tensor(map_size)
    inside = ((cells >= 0) & (cells < size)).all(dim=-1)
    weights = weights * inside
    cell = cells.where(inside[..., None], cells.new_zeros(())).floor()
    parts = []
    for axis, number in enumerate(map_size):
        distance = torch.arange(number, device=cells.device) - cell[..., axis, None]
        parts.append((-(distance**2) / (2 * sigma**2)).exp())
    maps = parts[1][..., :, None] * parts[0][..., None, :]
    return maps * (weights > 0)[..., None, None], weights


def read_roi_maps(maps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Find the keypoints in boxes' maps.

    The highest cell, moved by a quarter of a cell towards the higher of its two
    neighbours in x and in y (HRNet's practice), none at the border or between equals.

    Args:
        maps: (N, K, h, w).
        boxes: (N, 4) xyxy pixels.

    Returns:
        (N, K, 2) pixels, xy, and (N, K) values of the highest cells.
    """
    number, kinds, height, width = maps.shape
    flat = maps.reshape(number, kinds, height * width)
    if not number:
        return maps.new_zeros(0, kinds, 2), maps.new_zeros(0, kinds)
    scores, index = flat.max(dim=-1)
    x, y = index % width, index // width

    def step(position: Tensor, stride: int, end: int) -> Tensor:
        inner = (position > 0) & (position < end - 1)
        after, before = (
            flat.gather(-1, (index + move).clamp(0, height * width - 1)[..., None])
            for move in (stride, -stride)
        )
        return (after - before)[..., 0].sign() * 0.25 * inner

    cell = torch.stack([x + step(x, 1, width), y + step(y, width, height)], dim=-1)
    low, side = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
    share = (cell + 0.5) / cell.new_tensor([width, height])
    return low + share * side - 0.5, scores


def jitter_boxes(
    boxes: Tensor,
    amount: float = 0.1,
    min_iou: float = 0.6,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Move and scale boxes at random, as a detector would get them wrong.

    Args:
        boxes: (N, 4) xyxy pixels.
        amount: Largest shift of the centre over the side, and largest change of the
            side over the side, in x and y each on its own.
        min_iou: A box that overlaps less with its original stays where it was.
        generator: Of random numbers; torch's own if None.

    Returns:
        (N, 4) pixels.
    """
    draw = torch.rand(len(boxes), 4, generator=generator, device=boxes.device)
    draw = (2 * draw - 1) * amount
    side = boxes[:, 2:] - boxes[:, :2]
    centre = (boxes[:, 2:] + boxes[:, :2]) / 2 + draw[:, :2] * side
    half = side * (1 + draw[:, 2:]) / 2
    moved = torch.cat([centre - half, centre + half], dim=1)
    return moved.where((paired_iou(boxes, moved) >= min_iou)[:, None], boxes)


def paired_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of each box with its counterpart.

    Args:
        boxes: (N, 4) xyxy.
        others: (N, 4) xyxy.

    Returns:
        (N,), 0 where neither has an area.
    """
    low = torch.maximum(boxes[:, :2], others[:, :2])
    high = torch.minimum(boxes[:, 2:], others[:, 2:])
    both = (high - low).clamp(min=0).prod(dim=1)
    area, other = (
        (some[:, 2:] - some[:, :2]).clamp(min=0).prod(dim=1) for some in (boxes, others)
    )
    return both / (area + other - both).clamp(min=torch.finfo(boxes.dtype).tiny)
