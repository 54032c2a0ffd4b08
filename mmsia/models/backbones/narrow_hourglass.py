"""MMPose's HourglassNet with a stem as wide as the rest, for small experiments.

HourglassNet's stem has 128 and 256 channels whatever the stages have, too wide for
tests and smoke runs on a CPU. Everything else is MMPose's.
"""

from __future__ import annotations

from typing import Any

from mmcv.cnn import ConvModule
from mmpose.models.backbones.hourglass import HourglassNet
from mmpose.models.backbones.resnet import BasicBlock, ResLayer
from mmpose.registry import MODELS
from torch import nn


@MODELS.register_module()
class NarrowHourglassNet(HourglassNet):
    """HourglassNet whose stem ends with `stage_channels[0]` channels.

    Args:
        stage_channels: Channels of each level, fine to coarse.
        **options: As HourglassNet.
    """

    def __init__(self, stage_channels: tuple[int, ...], **options: Any) -> None:
        super().__init__(stage_channels=stage_channels, **options)
        channels = stage_channels[0]
        norm = {"type": "BN", "requires_grad": True}
        self.stem = nn.Sequential(
            ConvModule(3, channels // 2, 7, padding=3, stride=2, norm_cfg=norm),
            ResLayer(BasicBlock, 1, channels // 2, channels, stride=2, norm_cfg=norm),
        )
