"""ROIGuider, CGANet's keypoint head: all levels of a box, coarse guiding fine.

CGANet, section ROIguider. Each box is read from three levels in sizes that halve from
level to level, 1/16, 1/32 and 1/64 of the training input's side; a forward and a
reverse path merge them, and the finest output gives the keypoint maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule, ModuleList
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.ops import roi_align

from mmsia.errors import ConfigError
from mmsia.models.heads.roi_maps_head import HEATMAP_BIAS, ROIMapsHead
from mmsia.models.layers.guided_fusion import ForwardPath, ReversePath

STRIDES = (4, 8, 16)
"""Input pixels a cell of the levels that boxes are read from."""


@MODELS.register_module()
class ROIGuider(ROIMapsHead):
    """Keypoint maps of boxes from all levels; one guider or several in a row.

    paper silent: width, blocks and how maps get finer than S / 16 (here by a pixel
    shuffle of the last convolution); 1 x 1 convolutions bring levels to one width; the
    next guider of a cascade reads the fused levels of the one before.

    Args:
        in_channels: Channels of the three levels.
        channels: Width C within.
        num_keypoints: Maps K of a box.
        input_size: Side S of the training input, which sets the sizes of boxes' maps.
        num_guiders: Guiders in a row.
        num_blocks: Residual blocks a level.
        upscale: Cells of a keypoint map for one of the finest level, along a side.
        sequential: As ReversePath; training in several processes needs
            `find_unused_parameters=True` without it.
        num_identities: As GuidedFusion.
        init_cfg: As BaseModule.
        **options: `sigma`, `loss` and `rois_at_once` of ROIMapsHead.

    Raises:
        ConfigError: Another number of levels, no guider, or a side that does not halve.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (96, 176, 256),
        channels: int = 240,
        num_keypoints: int = 17,
        input_size: int = 384,
        num_guiders: int = 1,
        num_blocks: int = 2,
        upscale: int = 2,
        sequential: bool = True,
        num_identities: int = 1,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
        **options: Any,
    ) -> None:
        if len(in_channels) != len(STRIDES) or num_guiders < 1 or input_size % 64:
            raise ConfigError(
                "ROIGuider",
                expected=f"{len(STRIDES)} in_channels, a guider, input_size in 64s",
                got=f"{tuple(in_channels)}, {num_guiders} guiders, {input_size}",
            )
        default = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "val": 1, "layer": "BatchNorm2d"},
        ]
        side = input_size // 16
        super().__init__(
            num_keypoints=num_keypoints,
            map_size=(upscale * side, upscale * side),
            init_cfg=default if init_cfg is None else init_cfg,
            **options,
        )
        self.roi_sizes = (side, side // 2, side // 4)
        self.guiders = ModuleList()
        for _ in range(num_guiders):
            self.guiders.append(
                Guider(
                    in_channels,
                    channels,
                    num_blocks,
                    num_keypoints,
                    upscale,
                    sequential,
                    num_identities,
                )
            )
            in_channels = self.guiders[-1].fusion.out_channels

    def forward(self, feats: Sequence[Tensor], rois: Tensor) -> list[Tensor]:
        """Compute the maps of boxes.

        Args:
            feats: (B, in_channels[i], h / 2^i, w / 2^i), at least three levels, the
                first of stride 4.
            rois: (N, 5) image of the batch, and box in input pixels.

        Returns:
            Maps (N, K, u S / 16, u S / 16) before the sigmoid, of each guider; u is
            `upscale`.
        """
        levels = [
            roi_align(feat, rois, size, 1 / stride, sampling_ratio=2, aligned=True)
            for feat, size, stride in zip(feats, self.roi_sizes, STRIDES, strict=False)
        ]
        stages = []
        for guider in self.guiders:
            levels = guider(levels)
            stages.append(guider.keypoint_maps(levels[0]))
        return stages


class Guider(BaseModule):
    """Adapters to one width, forward path, reverse path, and keypoint maps.

    Args:
        in_channels: Channels of each level.
        channels: Width within.
        num_blocks: Residual blocks a level.
        num_keypoints: Maps of a box.
        upscale: As ROIGuider.
        sequential: As ReversePath.
        num_identities: As GuidedFusion.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        num_blocks: int,
        num_keypoints: int,
        upscale: int,
        sequential: bool,
        num_identities: int,
    ) -> None:
        bias = {"type": "Normal", "std": 0.01, "bias": HEATMAP_BIAS, "layer": "Conv2d"}
        super().__init__()
        widths = [channels] * len(in_channels)
        self.adapters = nn.ModuleList(
            nn.Identity() if before == channels else nn.Conv2d(before, channels, 1)
            for before in in_channels
        )
        self.path = ForwardPath(widths, num_blocks)
        self.fusion = ReversePath(widths, sequential, num_identities)
        self.output = Output(
            self.fusion.out_channels[0], num_keypoints * upscale**2, init_cfg=bias
        )
        self.enlarge = nn.PixelShuffle(upscale)

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Fuse the levels (N, in_channels[i], s / 2^i, s / 2^i) of N boxes."""
        pairs = zip(self.adapters, levels, strict=True)
        return self.fusion(self.path([adapter(level) for adapter, level in pairs]))

    def keypoint_maps(self, finest: Tensor) -> Tensor:
        """Maps (N, K, u s, u s) of the finest fused level (N, C, s, s)."""
        return self.enlarge(self.output(finest))


class Output(BaseModule):
    """A 1 x 1 convolution that starts on its own terms.

    Args:
        in_channels: Channels that come in.
        out_channels: Channels that go out.
        init_cfg: As BaseModule.
    """

    def __init__(
        self, in_channels: int, out_channels: int, init_cfg: dict[str, Any]
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.conv = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, in_channels, h, w) to (N, out_channels, h, w)."""
        return self.conv(features)
