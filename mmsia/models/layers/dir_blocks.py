"""The small blocks that DIR's network is made of."""

from __future__ import annotations

import math

from torch import Tensor, nn


class PreActivationResidual(nn.Module):
    """Residual block of three convolutions, each after a norm and ReLU.

    Args:
        in_channels: Channels before.
        out_channels: Channels after; half as many between. Where they differ the sum is
            taken with a 1 x 1 convolution of the input.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        middle = out_channels // 2
        self.body = nn.Sequential(
            *_normed(in_channels, middle, 1),
            *_normed(middle, middle, 3),
            *_normed(middle, out_channels, 1),
        )
        self.skip: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.skip = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """(B, in_channels, h, w) to (B, out_channels, h, w)."""
        return self.skip(maps) + self.body(maps)


class PointMLP(nn.Module):
    """Two layers with a norm and ReLU between, alike for all points.

    Args:
        in_features: Numbers a point before.
        out_features: Numbers a point after, and between.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(in_features, out_features, 1),
            nn.BatchNorm1d(out_features),
            nn.ReLU(inplace=True),
            nn.Conv1d(out_features, out_features, 1),
        )

    def forward(self, points: Tensor) -> Tensor:
        """(B, N, in_features) to (B, N, out_features)."""
        return self.body(points.mT).mT


def map_head(
    in_channels: int, channels: int, out_channels: int, bias: bool = True
) -> nn.Sequential:
    """A 3 x 3 convolution, norm, ReLU, and a 1 x 1 convolution.

    Args:
        in_channels: Channels before.
        channels: Channels between.
        out_channels: Channels after.
        bias: Whether the first convolution has one.
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=1, bias=bias),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, out_channels, 1),
    )


def draw_weights(module: nn.Module) -> None:
    """Draw linear layers and convolutions of maps as the released network does.

    Everything else, biases too, keeps the start that it has.

    Args:
        module: Changed in place.
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.001)
        elif isinstance(part, nn.MultiheadAttention):
            nn.init.normal_(part.in_proj_weight, std=0.001)
        elif isinstance(part, nn.Conv2d):
            fan = math.prod(part.kernel_size) * part.out_channels
            nn.init.normal_(part.weight, std=math.sqrt(2 / fan))


def _normed(in_channels: int, out_channels: int, size: int) -> list[nn.Module]:
    return [
        nn.BatchNorm2d(in_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(in_channels, out_channels, size, padding=size // 2),
    ]
