"""Joint features read from a map, and painted back onto it without being mixed.

DIR, its feature sampling and "obfuscation-free" projection back: each bone of each hand
is drawn in channels of its own, so that features of bones and hands that lie over each
other never add up. All bones, hands and images are drawn at once.

The painted map is wide (20 bones, 2 hands, 64 channels: 2560) though it holds little: a
bone's features change from cell to cell by two weights alone. `paint_and_convolve` has
the 3 x 3 convolution that follows take these weights instead: the same result by a
thirtieth of the multiplications, and the wide map is never made.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsia.errors import InputError
from mmsia.ops.graphs import HAND_LINKS

NUM_JOINTS = 21
# Cells; a distance has no slope at 0, and a bone shorter than this is none.
_SHORTEST = 1e-6


class Planes(NamedTuple):
    """Where on a map, and how much, features are painted.

    Attributes:
        weights: (B, P, E, S, S) of each plane's E joints.
        joints: (P, E) numbers of these joints among both hands' 42, left first.
    """

    weights: Tensor
    joints: Tensor


def sample_joints(features: Tensor, keypoints: Tensor) -> Tensor:
    """Bilinear samples of a map at both hands' joints; 0 outside of it.

    Args:
        features: (B, C, h, w).
        keypoints: (B, 2, 21, 2) xy in [-1, 1], from edge to edge of the map.

    Returns:
        (B, 2, 21, C).
    """
    _check_keypoints(keypoints)
    grid = keypoints.to(features.dtype)
    sampled = F.grid_sample(features, grid, align_corners=False)
    return sampled.permute(0, 2, 3, 1)


def bone_planes(keypoints: Tensor, size: int, width: float) -> Planes:
    """A plane for each bone: cells near it, with shares of its two joints.

    The share of a joint is the distance from the other one over both distances. A bone
    without length has an empty plane. Only the shares, not the cells' choice, have
    gradients.

    Args:
        keypoints: (B, 2, 21, 2) xy in [-1, 1].
        size: Cells along the map's edge.
        width: Distance from the bone, in cells, below which a cell is painted.
    """
    _check_keypoints(keypoints)
    joints = _bone_joints(keypoints.device)
    ends = (keypoints.float().flatten(1, 2) + 1)[:, joints] * (size / 2)
    off = _cells(size, keypoints.device) - ends[:, :, :, None, None]
    far = (off.square().sum(dim=-1) + _SHORTEST**2).sqrt()
    shares = far.flip(2) / far.sum(dim=2, keepdim=True)
    near = _near_bone(ends.detach(), off[:, :, 0].detach(), width)
    return Planes(torch.where(near[:, :, None], shares, 0), joints)


def joint_planes(keypoints: Tensor, size: int, width: float) -> Planes:
    """A plane for each joint, whole within a circle: an ablation of `bone_planes`.

    Args:
        keypoints: (B, 2, 21, 2) xy in [-1, 1].
        size: Cells along the map's edge.
        width: Radius in cells.
    """
    _check_keypoints(keypoints)
    places = (keypoints.float().flatten(1, 2) + 1) * (size / 2)
    off = _cells(size, keypoints.device) - places[:, :, None, None]
    near = off.square().sum(dim=-1) < width**2
    joints = torch.arange(2 * NUM_JOINTS, device=keypoints.device)[:, None]
    return Planes(near[:, :, None].float(), joints)


def paint(planes: Planes, features: Tensor) -> Tensor:
    """The painted map, each plane in channels of its own.

    Args:
        planes: P of them.
        features: (B, 2, 21, D) of both hands' joints.

    Returns:
        (B, P * D, S, S).
    """
    joints = features.flatten(1, 2)[:, planes.joints]
    weights = planes.weights.to(joints.dtype)
    return torch.einsum("bpeyx,bped->bpdyx", weights, joints).flatten(1, 2)


def paint_summed(planes: Planes, features: Tensor) -> Tensor:
    """All planes added up in the same channels, so that they mix: an ablation.

    Args:
        planes: P of them.
        features: (B, 2, 21, D) of both hands' joints.

    Returns:
        (B, D, S, S).
    """
    joints = features.flatten(1, 2)[:, planes.joints]
    weights = planes.weights.to(joints.dtype)
    return torch.einsum("bpeyx,bped->bdyx", weights, joints)


def paint_and_convolve(
    planes: Planes, features: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """`paint`, then a 3 x 3 convolution with zeros around, without the painted map.

    Args:
        planes: P of them.
        features: (B, 2, 21, D) of both hands' joints.
        weight: (O, P * D, 3, 3).
        bias: (O,).

    Returns:
        (B, O, S, S).

    Raises:
        InputError: A weight of another shape.
    """
    count, size = planes.weights.shape[1], planes.weights.shape[-1]
    wanted = (count * features.shape[-1], 3, 3)
    if tuple(weight.shape[1:]) != wanted:
        raise InputError(
            "the convolution of a painted map",
            expected=f"a weight of shape (O, {', '.join(map(str, wanted))})",
            got=f"shape {tuple(weight.shape)}",
        )
    joints = features.flatten(1, 2)[:, planes.joints]
    # What the convolution makes of each joint's features, image by image.
    kernels = weight.unflatten(1, (count, -1)).flatten(3)
    kernels = torch.einsum("opdk,bped->bopek", kernels, joints).flatten(2)
    patches = F.unfold(planes.weights.to(kernels.dtype).flatten(1, 2), 3, padding=1)
    maps = (kernels @ patches).unflatten(-1, (size, size))
    return maps if bias is None else maps + bias[:, None, None]


def _bone_joints(device: torch.device) -> Tensor:
    """(40, 2) ends of the left hand's bones, then of the right one's."""
    bones = torch.tensor(HAND_LINKS, device=device)
    return torch.cat([bones, bones + NUM_JOINTS])


def _cells(size: int, device: torch.device) -> Tensor:
    """(S, S, 2) xy of the cells' centres."""
    steps = torch.arange(size, device=device, dtype=torch.float32) + 0.5
    return torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1)


def _near_bone(ends: Tensor, off: Tensor, width: float) -> Tensor:
    """(B, P, S, S) whether a cell is nearer than `width` to a bone that has a length.

    Args:
        ends: (B, P, 2, 2) both ends.
        off: (B, P, S, S, 2) cells from the first end.
        width: In cells.
    """
    along = (ends[:, :, 1] - ends[:, :, 0])[:, :, None, None]
    square = along.square().sum(dim=-1)
    t = (off * along).sum(dim=-1) / square.clamp(min=_SHORTEST**2)
    beside = off - t.clamp(0, 1)[..., None] * along
    has_length = square > _SHORTEST**2
    return (beside.square().sum(dim=-1) < width**2) & has_length


def _check_keypoints(keypoints: Tensor) -> None:
    if keypoints.ndim != 4 or tuple(keypoints.shape[1:]) != (2, NUM_JOINTS, 2):
        raise InputError(
            "joints of two hands in the image",
            expected=f"shape (B, 2, {NUM_JOINTS}, 2)",
            got=f"shape {tuple(keypoints.shape)}",
        )
