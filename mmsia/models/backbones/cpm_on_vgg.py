"""Convolutional Pose Machines on a VGG-19 trunk, in the two forms SIA-GCN builds on.

SIA-GCN names a six-stage CPM (Section 4) and, for Table 3, the form of earlier work in
which three 3 x 3 kernels stand for each 7 x 7. MMPose's CPM is that of Wei et al.
(2016), of 9 x 9 and 11 x 11 kernels and without a trunk that all stages share.

paper silent: the layers below are those of the earlier work's networks, without a map
for the background, and start as PyTorch starts convolutions. They count 36.80 M
parameters with 7 x 7 kernels and 29.10 M with 3 x 3.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from mmpose.models.backbones.base_backbone import BaseBackbone
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError

STRIDE = 8
VGG19 = {
    "type": "VGG",
    "depth": 19,
    "num_stages": 4,
    "dilations": (1, 1, 1, 1),
    "out_indices": (3,),
    "with_last_pool": False,
}
"""VGG-19 up to its convolution 4_4."""


@MODELS.register_module()
class CPMOnVGG(BaseBackbone):
    """A trunk, and stages that each put out maps and refine those of the one before.

    Args:
        out_channels: Maps K of a stage.
        num_stages: Number of stages T.
        kernel_size: 7, or 3 for blocks of three 3 x 3 convolutions in place of each.
        trunk: Config of a network with output stride 8; default `VGG19`, whose
            `init_cfg` may name weights of ImageNet.
        trunk_channels: Channels it ends with.
        channels: Two 3 x 3 convolutions after the trunk, and the features of a stage.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: A kernel of another size, or no stage.
    """

    def __init__(
        self,
        out_channels: int = 21,
        num_stages: int = 6,
        kernel_size: int = 7,
        trunk: dict[str, Any] | None = None,
        trunk_channels: int = 512,
        channels: tuple[int, int, int] = (512, 512, 128),
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if kernel_size not in (3, 7) or num_stages < 1:
            raise ConfigError(
                "CPMOnVGG",
                expected="kernel_size 3 or 7 and at least one stage",
                got=f"kernel_size {kernel_size} and {num_stages} stages",
            )
        self.trunk = MODELS.build(trunk or VGG19)
        widths = (trunk_channels, *channels)
        self.features = nn.Sequential(*[_conv(a, b, 3) for a, b in pairwise(widths)])
        width = channels[-1]
        first = 1 if kernel_size == 7 else 3
        middle = (
            _conv(width, channels[0], first),
            _plain(channels[0], out_channels, first),
        )
        later = [
            _stage(width + out_channels, width, out_channels, kernel_size)
            for _ in range(num_stages - 1)
        ]
        self.stages = nn.ModuleList([nn.Sequential(*middle), *later])

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the maps of every stage.

        Args:
            image: (N, 3, H, W), H and W multiples of 8.

        Returns:
            T tensors (N, K, H / 8, W / 8).

        Raises:
            InputError: An image of another size.
        """
        if image.shape[-1] % STRIDE or image.shape[-2] % STRIDE:
            raise InputError(
                "image of CPMOnVGG",
                expected=f"edges that are multiples of {STRIDE}",
                got=f"{image.shape[-1]} x {image.shape[-2]}",
            )
        features = self.features(self.trunk(image)[-1])
        maps = [self.stages[0](features)]
        for stage in list(self.stages)[1:]:
            maps.append(stage(torch.cat((features, maps[-1]), dim=1)))
        return maps


class TripleConv(nn.Module):
    """Three 3 x 3 convolutions in a row, joined: the reach of a 7 x 7.

    Between the three there is no activation; a 1 x 1 convolution of their outputs side
    by side is activated.

    Args:
        in_channels: Channels that come in.
        channels: Channels of each and of the result.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        widths = (in_channels, channels, channels)
        self.parts = nn.ModuleList(
            nn.Conv2d(width, channels, 3, padding=1) for width in widths
        )
        self.join = _conv(3 * channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, in_channels, h, w) to (N, channels, h, w)."""
        outputs = []
        for part in self.parts:
            features = part(features)
            outputs.append(features)
        return self.join(torch.cat(outputs, dim=1))


def _stage(
    in_channels: int, channels: int, out_channels: int, kernel_size: int
) -> nn.Sequential:
    """A stage from the second on: five large kernels and two 1 x 1."""
    widths = (in_channels, *[channels] * 4)
    if kernel_size == 7:
        large = [_conv(width, channels, 7) for width in widths]
    else:
        large = [TripleConv(width, channels) for width in widths]
    return nn.Sequential(
        *large, _conv(channels, channels, 1), _plain(channels, out_channels, 1)
    )


def _conv(in_channels: int, out_channels: int, size: int) -> nn.Sequential:
    conv = _plain(in_channels, out_channels, size)
    return nn.Sequential(conv, nn.ReLU(inplace=True))


def _plain(in_channels: int, out_channels: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, size, padding=size // 2)
