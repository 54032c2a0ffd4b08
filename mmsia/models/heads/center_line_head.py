"""Dense head of CGANet: centres, sizes, offsets and centre lines (Figure 2).

CGANet, Architecture and Center Line Branch: five branches on the finest level. Centre,
size and offset are CenterNet's, the two lines are predicted "separately".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError
from mmsia.models.heads.roi_maps_head import HEATMAP_BIAS
from mmsia.models.heads.targets import stack_fields

LOSSES = {
    "center": {"type": "mmdet.GaussianFocalLoss", "loss_weight": 1.0},
    "size": {"type": "mmdet.L1Loss", "loss_weight": 0.1},
    "offset": {"type": "mmdet.L1Loss", "loss_weight": 1.0},
    "line": {"type": "CenterLineLoss", "loss_weight": 1.0},
}
"""Losses by name, with the weights of Eq. (9)."""

TARGETS = ("center_heatmap", "box_sizes", "box_offsets", "box_weights", "center_lines")


class DenseMaps(NamedTuple):
    """What the head predicts.

    Attributes:
        center: (B, 1, h, w) in [0, 1].
        sizes: (B, 2, h, w) width and height in cells.
        offsets: (B, 2, h, w) of centres from their cells, in cells.
        lines: (B, 2, h, w) in [0, 1], M_x and M_y; None without a Center Line Branch.
    """

    center: Tensor
    sizes: Tensor
    offsets: Tensor
    lines: Tensor | None


@MODELS.register_module()
class CenterLineHead(BaseHead):
    """Predicts boxes of people by their centres, and centre lines.

    paper silent: a tower of four convolutions for the centre, one for size and offset
    together, which meets the parameters of Table 1's rows with FPN; each line has a
    3 x 3 and a 1 x 1 convolution.

    Args:
        in_channels: Channels of the finest level.
        channels: Width of the towers.
        num_convs: Convolutions of a tower.
        lines: Whether there is a Center Line Branch.
        line_channels: Width of its convolutions.
        losses: Configs of losses that differ from `LOSSES`, by name.
        decoder: Config of the codec `CenterLines`.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: A decoder that needs lines, without lines; an unknown loss.
    """

    def __init__(
        self,
        in_channels: int = 96,
        channels: int = 64,
        num_convs: int = 4,
        lines: bool = True,
        line_channels: int = 64,
        losses: dict[str, dict[str, Any]] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(
            init_cfg=_default_init(lines) if init_cfg is None else init_cfg
        )
        if not set(losses or {}) <= set(LOSSES):
            raise ConfigError(
                "CenterLineHead: losses", expected=", ".join(LOSSES), got=repr(losses)
            )
        self.center_tower = _tower(in_channels, channels, num_convs)
        self.box_tower = _tower(in_channels, channels, num_convs)
        width = channels if num_convs else in_channels
        self.center, self.size, self.offset = (
            nn.Conv2d(width, number, 1) for number in (1, 2, 2)
        )
        self.line_convs = self.line_outputs = None
        if lines:
            self.line_convs = nn.ModuleList(
                _tower(in_channels, line_channels, 1) for _ in range(2)
            )
            self.line_outputs = nn.ModuleList(
                nn.Conv2d(line_channels, 1, 1) for _ in range(2)
            )
        self.losses = nn.ModuleDict(
            {
                name: MODELS.build(config)
                for name, config in {**LOSSES, **(losses or {})}.items()
            }
        )
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)
        if self.decoder is not None and self.decoder.needs_lines and not lines:
            raise ConfigError(
                "CenterLineHead: the decoder needs centre lines",
                expected="lines=True, or alleviate=False and no 'dichotomy'",
                got=f"lines=False and {decoder}",
            )

    def forward(self, feats: Sequence[Tensor]) -> DenseMaps:
        """Compute the maps.

        Args:
            feats: (B, C, h, w) of each level; the first one counts.
        """
        finest = feats[0]
        boxes = self.box_tower(finest)
        lines = None
        if self.line_convs is not None:
            pairs = zip(self.line_convs, self.line_outputs, strict=True)
            both = [output(conv(finest)) for conv, output in pairs]
            lines = torch.cat(both, dim=1).float().sigmoid()
        return DenseMaps(
            center=self.center(self.center_tower(finest)).float().sigmoid(),
            sizes=self.size(boxes).float(),
            offsets=self.offset(boxes).float(),
            lines=lines,
        )

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute all losses but the keypoints' (Eq. 3 and 9).

        Args:
            feats: (B, C, h, w) of each level.
            batch_data_samples: B samples with the codec's `gt_fields`.
            train_cfg: Unused; part of MMPose's interface.

        Returns:
            `loss_center`, `loss_size`, `loss_offset` and, with lines, `loss_line_x` and
            `loss_line_y`.
        """
        target = stack_fields(batch_data_samples, TARGETS, "the codec CenterLines")
        height, width = target["center_heatmap"].shape[-2:]
        # an image that was padded has more cells than targets
        maps = [m if m is None else m[..., :height, :width] for m in self(feats)]
        center, sizes, offsets, lines = maps
        weight = target["box_weights"]
        number = weight.sum().clamp(min=1)
        losses = {
            "loss_center": self.losses["center"](
                center, target["center_heatmap"], avg_factor=number
            ),
            "loss_size": self.losses["size"](
                sizes, target["box_sizes"], weight, avg_factor=2 * number
            ),
            "loss_offset": self.losses["offset"](
                offsets, target["box_offsets"], weight, avg_factor=2 * number
            ),
        }
        if lines is not None:
            truth = target["center_lines"]
            for axis, name in enumerate("xy"):
                losses[f"loss_line_{name}"] = self.losses["line"](
                    lines[:, axis, None], truth[:, axis, None]
                )
        return losses

    def predict(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[tuple[Tensor, Tensor]]:
        """Boxes and scores of each image, see `decode`.

        Args:
            feats: (B, C, h, w) of each level.
            batch_data_samples: Unused; part of MMPose's interface.
            test_cfg: Unused.
        """
        return self.decode(self(feats))

    def decode(self, batch_outputs: DenseMaps) -> list[tuple[Tensor, Tensor]]:
        """Boxes (M, 4) in input pixels and scores (M,), falling, for each image.

        Args:
            batch_outputs: What `forward` returns.

        Raises:
            ConfigError: No decoder was configured.
        """
        if self.decoder is None:
            raise ConfigError(
                "CenterLineHead cannot predict",
                expected="decoder=dict(type='CenterLines', ...) in the head's config",
                got="no decoder",
            )
        return self.decoder.batch_decode(*batch_outputs)


def _tower(in_channels: int, channels: int, number: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(number):
        before = channels if index else in_channels
        layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _default_init(lines: bool) -> dict[str, Any]:
    """Kaiming for the towers, small outputs, and sigmoids that start at 0.1."""
    normal = {"type": "Normal", "std": 0.01, "layer": "Conv2d"}
    names = ["center", "line_outputs"] if lines else ["center"]
    override = [{**normal, "name": n, "bias": HEATMAP_BIAS} for n in names]
    override += [{**normal, "name": n, "bias": 0} for n in ("size", "offset")]
    return {"type": "Kaiming", "layer": "Conv2d", "override": override}
