"""Turning images and maps about the centre of their crop, and a hand's direction.

A direction is (cos, sin) of the angle by which a hand is turned, clockwise as one sees
it, from upright: wrist below, knuckle of the middle finger straight above.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

WRIST, MIDDLE_KNUCKLE = 0, 9


def turn(maps: Tensor, directions: Tensor) -> Tensor:
    """Turn maps so that what points along their direction points up.

    The centre is index ``size / 2``, where the middle of the crop lies when cell k is
    at ``k * side / size``: turned images and turned maps then mean the same place.

    Args:
        maps: (N, C, H, W); zeros come in from outside.
        directions: (N, 2) cos and sin, of length one.
    """
    height, width = maps.shape[-2:]
    # half precision would not even tell neighbouring pixels apart
    dtype = torch.promote_types(maps.dtype, torch.float32)
    cos, sin = directions.to(dtype).T[:, :, None, None]
    y = torch.arange(height, device=maps.device, dtype=dtype)[:, None] - height / 2
    x = torch.arange(width, device=maps.device, dtype=dtype) - width / 2
    from_x = cos * x - sin * y + width / 2
    from_y = sin * x + cos * y + height / 2
    grid = torch.stack(
        (2 * from_x / (width - 1) - 1, 2 * from_y / (height - 1) - 1), dim=-1
    )
    return F.grid_sample(maps.to(dtype), grid, align_corners=True).to(maps.dtype)


def turn_back(maps: Tensor, directions: Tensor) -> Tensor:
    """Undo `turn`, but for what it has lost at the corners."""
    return turn(maps, directions * directions.new_tensor([1.0, -1.0]))


def directions_of_targets(target: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Directions of the hands whose target maps these are.

    Args:
        target: (N, K, h, w) Gaussians.
        weights: (N, K), above 0 where labelled.

    Returns:
        (N, 2) cos and sin, and (N,) bool, whether both ends are labelled and apart.
    """
    height, width = target.shape[-2:]
    ends = target[:, [WRIST, MIDDLE_KNUCKLE]]
    mass = ends.sum(dim=(-2, -1)).clamp_min(1e-6)
    x = (ends.sum(-2) * torch.arange(width, device=target.device)).sum(-1) / mass
    y = (ends.sum(-1) * torch.arange(height, device=target.device)).sum(-1) / mass
    along = torch.stack((y[:, 0] - y[:, 1], x[:, 1] - x[:, 0]), dim=-1)
    length = along.norm(dim=-1)
    known = (weights[:, [WRIST, MIDDLE_KNUCKLE]] > 0).all(-1) & (length > 0.1)
    return along / length.clamp_min(1e-6)[:, None], known
