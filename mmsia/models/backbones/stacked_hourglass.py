"""Stacked Hourglass (Newell et al., 2016), whose every stack puts out maps.

SIA-GCN's second preliminary estimator (Section 4). MMPose's HourglassNet is that of
CornerNet: blocks of two 3 x 3 convolutions, strided ones in place of pooling, and
features in place of maps, in which the next stack does not see the maps of the last.

paper silent: depth 4 and one residual module wherever the network may have several,
the common choice, 25.45 M parameters in eight stacks (two modules: 49.48 M).
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from mmpose.models.backbones.base_backbone import BaseBackbone
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError

STRIDE = 4


@MODELS.register_module()
class StackedHourglass(BaseBackbone):
    """Hourglasses in a row; each gets features and maps of the one before.

    Args:
        out_channels: Maps K of a stack.
        num_stacks: Number of stacks T.
        channels: Width of the features, a multiple of 4.
        depth: How often an hourglass halves its maps.
        num_blocks: Residual modules wherever there is one.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: A width that cannot be halved twice, or nothing to stack.
    """

    def __init__(
        self,
        out_channels: int = 21,
        num_stacks: int = 8,
        channels: int = 256,
        depth: int = 4,
        num_blocks: int = 1,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if channels % 4 or min(channels, num_stacks, depth, num_blocks) < 1:
            raise ConfigError(
                "StackedHourglass",
                expected="channels a multiple of 4; stacks, depth, blocks at least 1",
                got=f"{channels} channels, {num_stacks} stacks, depth {depth}, "
                f"{num_blocks} blocks",
            )
        self.multiple = STRIDE * 2**depth
        self.stem = _stem(channels)
        self.hourglasses = nn.ModuleList(
            nn.Sequential(
                Hourglass(depth, channels, num_blocks),
                *residuals(channels, num_blocks),
                nn.Conv2d(channels, channels, 1),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            )
            for _ in range(num_stacks)
        )
        self.outputs = _convs(num_stacks, channels, out_channels)
        self.features_back = _convs(num_stacks - 1, channels, channels)
        self.maps_back = _convs(num_stacks - 1, out_channels, channels)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the maps of every stack.

        Args:
            image: (N, 3, H, W), H and W multiples of ``4 * 2**depth``.

        Returns:
            T tensors (N, K, H / 4, W / 4).

        Raises:
            InputError: An image of another size.
        """
        if image.shape[-1] % self.multiple or image.shape[-2] % self.multiple:
            raise InputError(
                "image of StackedHourglass",
                expected=f"edges that are multiples of {self.multiple}",
                got=f"{image.shape[-1]} x {image.shape[-2]}",
            )
        trunk = self.stem(image)
        maps: list[Tensor] = []
        for index, hourglass in enumerate(self.hourglasses):
            features = hourglass(trunk)
            maps.append(self.outputs[index](features))
            if index < len(self.features_back):
                back = self.features_back[index](features)
                trunk = trunk + back + self.maps_back[index](maps[-1])
        return maps


class Hourglass(nn.Module):
    """Halve, work, double, and add what was before.

    Args:
        depth: How often the maps are halved from here on.
        channels: Width.
        num_blocks: Residual modules at each place.
    """

    def __init__(self, depth: int, channels: int, num_blocks: int) -> None:
        super().__init__()
        self.skip, self.down, self.up = (
            nn.Sequential(*residuals(channels, num_blocks)) for _ in range(3)
        )
        self.inner: nn.Module
        if depth > 1:
            self.inner = Hourglass(depth - 1, channels, num_blocks)
        else:
            self.inner = nn.Sequential(*residuals(channels, num_blocks))

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, h, w) to the same shape; h and w even."""
        inner = self.up(self.inner(self.down(F.max_pool2d(features, 2))))
        return self.skip(features) + F.interpolate(inner, scale_factor=2.0)


class Residual(nn.Module):
    """Bottleneck with activations before its convolutions.

    Args:
        in_channels: Channels that come in.
        out_channels: Channels that go out; the 3 x 3 has half of them.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = out_channels // 2
        self.body = nn.Sequential(
            *_activated(in_channels, half, 1),
            *_activated(half, half, 3),
            *_activated(half, out_channels, 1),
        )
        same = in_channels == out_channels
        self.skip = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, in_channels, h, w) to (N, out_channels, h, w)."""
        return self.skip(features) + self.body(features)


def _stem(channels: int) -> nn.Sequential:
    """An image to features at a quarter of its size."""
    half, quarter = channels // 2, channels // 4
    return nn.Sequential(
        nn.Conv2d(3, quarter, 7, stride=2, padding=3),
        nn.BatchNorm2d(quarter),
        nn.ReLU(inplace=True),
        Residual(quarter, half),
        nn.MaxPool2d(2),
        Residual(half, half),
        Residual(half, channels),
    )


def residuals(channels: int, number: int) -> list[Residual]:
    """Some residual modules of one width."""
    return [Residual(channels, channels) for _ in range(number)]


def _activated(in_channels: int, out_channels: int, size: int) -> list[nn.Module]:
    norm = nn.BatchNorm2d(in_channels)
    conv = nn.Conv2d(in_channels, out_channels, size, padding=size // 2)
    # not in place: the module's input is needed once more for the sum
    return [norm, nn.ReLU(), conv]


def _convs(number: int, in_channels: int, out_channels: int) -> nn.ModuleList:
    return nn.ModuleList(nn.Conv2d(in_channels, out_channels, 1) for _ in range(number))
