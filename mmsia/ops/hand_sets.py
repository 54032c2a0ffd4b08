"""What a network says of two hands, and what is true of them, in the same units.

Hands are an axis of their own, left first. Lengths are metres from the hand's own root;
places in the image are in units of half its side from its middle, [-1, 1].
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from mmsia.errors import InputError

SIDES = ("left", "right")
ROOTS = {"wrist": 0, "middle_mcp": 9}
"""Joints, of the 21, from which a hand's places may be told."""
LENGTH_UNIT = 0.15
"""Metres; lengths that networks see, predict or are compared in are divided by it."""


class HandSet(NamedTuple):
    """One estimate of both hands, or the truth.

    Attributes:
        keypoints: (B, 2, 21, 2) joints in the image, [-1, 1].
        contour: (B, 2, 778, 2) vertices in the image, [-1, 1].
        joints: (B, 2, 21, 3) metres from the hand's root.
        vertices: (B, 2, 778, 3) metres from the hand's root.
        offset: (B, 3) right root minus left root in `LENGTH_UNIT`.
    """

    keypoints: Tensor
    contour: Tensor
    joints: Tensor
    vertices: Tensor
    offset: Tensor


class HandMaps(NamedTuple):
    """Auxiliary maps.

    Attributes:
        classes: Predicted: (B, 3, h, w) logits of background, left and right hand.
            True: (B, H, W) numbers of these classes.
        dense: Predicted: (B, 3, h, w). True: (B, 3, H, W) colours in [0, 1] that tell
            the place on the hand, 0 behind.
    """

    classes: Tensor
    dense: Tensor


def project(points: Tensor, camera: Tensor) -> Tensor:
    """Orthographic projection, each hand by a camera of its own.

    Args:
        points: (..., N, 3) metres.
        camera: (..., 3) scale and translation: image units a metre, image units.

    Returns:
        (..., N, 2) in [-1, 1].
    """
    return camera[..., None, :1] * points[..., :2] + camera[..., None, 1:]


def image_units(pixels: Tensor, size: int) -> Tensor:
    """Places in [-1, 1] of pixels of a square image.

    Args:
        pixels: (..., 2) as the crop's camera projects them; 0 becomes -1.
        size: Side of the image, pixels.
    """
    return pixels * (2 / size) - 1


def true_set(
    vertices: Tensor,
    intrinsics: Tensor,
    weights: Tensor,
    *,
    root: str = "wrist",
    size: int = 256,
) -> HandSet:
    """What is true of meshes that a crop's camera sees.

    Args:
        vertices: (B, 2, 778, 3) metres in the camera's frame, left hand first.
        intrinsics: (B, 3, 3) of the crop, pixels.
        weights: (2, 21, 778), see `mmsia.ops.hand_errors.joint_weights`.
        root: Joint of each hand that places are told from, one of `ROOTS`.
        size: Side of the crop, pixels.

    Raises:
        InputError: No such root, or a hand that is not wholly before the camera.
    """
    if root not in ROOTS:
        raise InputError(
            "the root of two hands", expected=", ".join(ROOTS), got=repr(root)
        )
    if not (vertices[..., 2] > 0).all():
        raise InputError(
            "true hands",
            expected="vertices before the camera, metres, z forwards",
            got=f"a depth of {vertices[..., 2].min().item():.3f} m",
            remedy="Leave the frame out, or check its camera.",
        )
    joints = weights @ vertices
    seen = [
        (points / points[..., 2:]) @ intrinsics[:, None, :2].mT
        for points in (joints, vertices)
    ]
    origin = joints[:, :, ROOTS[root], None]
    return HandSet(
        *(image_units(pixels, size) for pixels in seen),
        joints - origin,
        vertices - origin,
        (origin[:, 1, 0] - origin[:, 0, 0]) / LENGTH_UNIT,
    )
