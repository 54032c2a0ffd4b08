"""DIR's way back from joint space to the image, and what it is compared with.

Joint features are painted along the bones, each bone in channels of its own, and
convolved; the painted map itself is never made (`mmsia.ops.hand_painting`).
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from mmsia.models.layers.dir_blocks import PointMLP, map_head
from mmsia.ops.hand_painting import (
    Planes,
    bone_planes,
    joint_planes,
    paint_and_convolve,
    paint_summed,
)

CELLS_PER_WIDTH = 16
"""A line's half width is a cell of a map of 16 x 16, on every map."""
_PLANES: dict[str, tuple[Callable[[Tensor, int, float], Planes], int]] = {
    "bones": (bone_planes, 40),
    "joints": (joint_planes, 42),
    "summed": (bone_planes, 1),
}
PAINTINGS = tuple(_PLANES)
"""Ways to paint: a plane for each bone, for each joint, or one in which all add up."""


class JointProjection(nn.Module):
    """Joint features painted onto a map, then convolved.

    Args:
        painting: One of `PAINTINGS`.
        features: Numbers a joint.
        channels: Of the result.
    """

    def __init__(
        self, painting: str = "bones", features: int = 64, channels: int = 256
    ) -> None:
        super().__init__()
        self.painting = painting
        self.planes, count = _PLANES[painting]
        self.joints = PointMLP(features, features)
        self.fusion = map_head(count * features, channels, channels)

    def forward(self, joints: Tensor, keypoints: Tensor, size: int) -> Tensor:
        """Paint.

        Args:
            joints: (B, 2, 21, features).
            keypoints: (B, 2, 21, 2) joints in the image, [-1, 1].
            size: S, cells along the map's edge.

        Returns:
            (B, channels, S, S).
        """
        joints = self.joints(joints.flatten(1, 2)).unflatten(1, joints.shape[1:3])
        planes = self.planes(keypoints, size, size / CELLS_PER_WIDTH)
        convolution = self.fusion[0]
        if self.painting == "summed":
            maps = convolution(paint_summed(planes, joints))
        else:
            maps = paint_and_convolve(
                planes, joints, convolution.weight, convolution.bias
            )
        return self.fusion[1:](maps)
