"""Deep Path Aggregation, the neck of KLPNet's detector (Section 3.1).

FPN gives C3 to C7, two more levels follow by down-sampling, and a path from the finest
to the coarsest level, as in PANet, carries low-level patterns to all of them. FPN is
MMDetection's. Boxes' loss is MMDetection's `CIoULoss` with `reg_decoded_bbox=True`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmcv.cnn import ConvModule
from mmdet.models.necks import FPN
from mmdet.registry import MODELS as DETECTION_MODELS
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError

FPN_LEVELS = 5
"""C3 to C7."""


@MODELS.register_module()
@DETECTION_MODELS.register_module()
class DPAD(BaseModule):
    """Levels N3 to N9 of a backbone's C3 to C5.

    N3 = C3; N_{i+1} = ReLU(conv(ReLU(halving conv of N_i) + C_{i+1})), convolutions
    3 x 3 (PANet's block).

    paper silent: how C6 and C7 come about (stride 2 convolutions of FPN's output, ReLU
    before the second) and C8 and C9 (stride 2 convolution and ReLU, each of the one
    before); no normalisation. N9 has stride 512: images of less than 1024 pixels a side
    want `num_outs=5`, which ends at N7.

    Args:
        in_channels: Channels of the backbone's levels.
        out_channels: Channels of every level that comes out.
        num_outs: Levels; at least as many as are taken from the backbone.
        start_level: First level that is taken; 1 leaves out C2.
        norm_cfg: Normalisation of all convolutions but C8's and C9's.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: Fewer outputs than levels that are taken.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (256, 512, 1024, 2048),
        out_channels: int = 256,
        num_outs: int = 7,
        start_level: int = 1,
        norm_cfg: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        default = {"type": "Xavier", "layer": "Conv2d", "distribution": "uniform"}
        super().__init__(init_cfg=default if init_cfg is None else init_cfg)
        taken = len(in_channels) - start_level
        if not 0 <= start_level < len(in_channels) or num_outs < taken:
            raise ConfigError(
                "DPAD",
                expected="a start_level of the backbone, and at least as many outputs "
                "as levels from there on",
                got=f"{len(in_channels)} levels, start_level {start_level}, "
                f"{num_outs} outputs",
            )
        self.num_outs = num_outs
        self.fpn = FPN(
            list(in_channels),
            out_channels,
            num_outs=max(taken, min(num_outs, FPN_LEVELS)),
            start_level=start_level,
            add_extra_convs="on_output",
            relu_before_extra_convs=True,
            norm_cfg=norm_cfg,
        )
        halve = {"stride": 2, "padding": 1}
        self.extra = nn.ModuleList(
            ConvModule(out_channels, out_channels, 3, **halve)
            for _ in range(num_outs - self.fpn.num_outs)
        )
        self.down = nn.ModuleList(
            ConvModule(out_channels, out_channels, 3, **halve, norm_cfg=norm_cfg)
            for _ in range(num_outs - 1)
        )
        self.fuse = nn.ModuleList(
            ConvModule(out_channels, out_channels, 3, padding=1, norm_cfg=norm_cfg)
            for _ in range(num_outs - 1)
        )

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Compute the levels.

        Args:
            feats: (B, in_channels[i], h_i, w_i), finest first, each half the one
                before (rounded up).

        Returns:
            (B, out_channels, h, w) of `num_outs` levels, finest first.
        """
        levels = list(self.fpn(feats))
        for conv in self.extra:
            levels.append(conv(levels[-1]))
        path = [levels[0]]
        for level, down, fuse in zip(levels[1:], self.down, self.fuse, strict=True):
            path.append(fuse(down(path[-1]) + level))
        return tuple(path)
