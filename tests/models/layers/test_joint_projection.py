"""Painting joint features, then convolving: as if the painted map had been made."""

from __future__ import annotations

import pytest
import torch

from mmsia.models.layers.joint_projection import JointProjection
from mmsia.ops.hand_painting import bone_planes, joint_planes, paint, paint_summed


def draw() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    keypoints = torch.rand(2, 2, 21, 2, generator=generator) * 2 - 1
    return torch.randn(2, 2, 21, 4, generator=generator), keypoints


@pytest.mark.parametrize(
    ("painting", "planes", "painter", "channels"),
    [
        ("bones", bone_planes, paint, 160),
        ("joints", joint_planes, paint, 168),
        ("summed", bone_planes, paint_summed, 4),
    ],
)
@pytest.mark.parametrize(("size", "width"), [(16, 1), (32, 2)])
def test_agrees_with_the_plain_way(
    painting, planes, painter, channels, size, width
) -> None:
    """Lines of the same width, 16 pixels of the image each side, on each map."""
    torch.manual_seed(0)
    layer = JointProjection(painting, 4, 6).eval()
    assert layer.fusion[0].in_channels == channels
    joints, keypoints = draw()
    mixed = layer.joints(joints.flatten(1, 2)).unflatten(1, (2, 21))
    wanted = layer.fusion(painter(planes(keypoints, size, width), mixed))
    found = layer(joints, keypoints, size)
    assert found.shape == (2, 6, size, size)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
