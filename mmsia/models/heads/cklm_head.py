"""CKLM's maps of keypoints without identity: losses of Eq. (1), and reading them.

KLPNet, Section 3.2. Every level of every stage's decoder predicts a confidence map and
two offset maps, all at the size of the finest; stages are held to their own kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.cnn import ConvModule
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn
from torch.nn import functional

from mmsia.errors import ConfigError, InputError
from mmsia.models.layers.cross_stage import BATCH_NORM
from mmsia.models.layers.point_features import sample_at_cells

NUM_MAPS = 3
"""Confidence, x and y offset."""
COARSER_WEIGHT = 0.25
"""Of the losses of levels above the finest."""
START_BIAS = -4.0
"""Confidences start at 0.018, about the mean of a narrow target: from 0.1 on, the first
steps push all responses down, and the finest map often stays flat for long."""


@MODELS.register_module()
class CKLMHead(BaseHead):
    """Predicts category-implicit keypoints from the stages of CKLM.

    Eq. (1) is a sum over keypoints: both its parts are sums over cells, over the number
    of annotated keypoints of the batch.

    paper silent: the weights (1 and 1), where offsets count (at keypoints' cells), the
    supervision of coarser levels (1/4 each, as in MSPN; no hard keypoint mining, as
    there is one map).

    Args:
        num_stages: Stages of CKLM.
        in_channels: Channels of every level.
        num_levels: Levels of a stage.
        heatmap_weight: Theta of Eq. (1).
        offset_weight: Upsilon of Eq. (1).
        decoder: Config of the codec CategoryImplicitHeatmap.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: A decoder whose kernels are not as many as there are stages.
    """

    def __init__(
        self,
        num_stages: int = 3,
        in_channels: int = 256,
        num_levels: int = 4,
        heatmap_weight: float = 1.0,
        offset_weight: float = 1.0,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        default = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "val": 1, "layer": "BatchNorm2d"},
        ]
        super().__init__(init_cfg=default if init_cfg is None else init_cfg)
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)
        if self.decoder is not None:
            _check_stages(num_stages, len(self.decoder.kernel_sizes))
        self.heatmap_weight, self.offset_weight = heatmap_weight, offset_weight
        self.predictors = nn.ModuleList(
            nn.ModuleList(_predictor(in_channels) for _ in range(num_levels))
            for _ in range(num_stages)
        )

    def init_weights(self) -> None:
        """Small outputs, and confidences that start near the mean of a target."""
        super().init_weights()
        for stage in self.predictors:
            for predictor in stage:
                nn.init.normal_(predictor[-1].weight, std=0.01)
                nn.init.zeros_(predictor[-1].bias)
                nn.init.constant_(predictor[-1].bias[0], START_BIAS)

    def forward(self, feats: Sequence[Sequence[Tensor]]) -> list[list[Tensor]]:
        """Compute all maps.

        Args:
            feats: (B, C, h_l, w_l) of each stage and level, coarsest first.

        Returns:
            (B, 3, h, w) of each stage and level, at the finest size: logits of the
            confidence, x and y offsets in cells.
        """
        return [
            [
                _to_size(predictor(feat), levels[-1].shape[-2:])
                for predictor, feat in zip(predictors, levels, strict=True)
            ]
            for predictors, levels in zip(self.predictors, feats, strict=True)
        ]

    def loss(
        self,
        feats: Sequence[Sequence[Tensor]],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Losses of each stage (Eq. 1).

        Args:
            feats: As of `forward`.
            batch_data_samples: B samples with the codec's `gt_fields`.
            train_cfg: Unused; part of MMPose's interface.

        Returns:
            `loss_kpt_<stage>` and `loss_offset_<stage>`, from 0.
        """
        target, offsets, weights = _stack(batch_data_samples)
        _check_stages(len(self.predictors), target.shape[1])
        number = weights.sum().clamp(min=1)
        losses = {}
        for stage, levels in enumerate(self.forward(feats)):
            truth = target[:, stage]
            heat, away = target.new_zeros(()), target.new_zeros(())
            for level, maps in enumerate(levels):
                share = 1.0 if level == len(levels) - 1 else COARSER_WEIGHT
                maps = maps.float()
                heat = heat + share * functional.binary_cross_entropy_with_logits(
                    maps[:, 0], truth, reduction="sum"
                )
                each = functional.smooth_l1_loss(maps[:, 1:], offsets, reduction="none")
                away = away + share * (each * weights).sum()
            losses[f"loss_kpt_{stage}"] = self.heatmap_weight * heat / number
            losses[f"loss_offset_{stage}"] = self.offset_weight * away / number
        return losses

    def final_maps(self, feats: Sequence[Sequence[Tensor]]) -> Tensor:
        """What keypoints are read from: (B, 3, h, w), confidence in [0, 1], offsets.

        Args:
            feats: As of `forward`; the last stage's finest level counts.
        """
        maps = self.predictors[-1][-1](feats[-1][-1]).float()
        return torch.cat([maps[:, :1].sigmoid(), maps[:, 1:]], dim=1)

    def predict(
        self,
        feats: Any,
        batch_data_samples: Sequence[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> Any:
        """Find the keypoints of each crop.

        Args:
            feats: As of `forward`; with `flip_test` those of the crops and of the
                mirrored crops, whose maps are averaged.
            batch_data_samples: Unused; part of MMPose's interface.
            test_cfg: `flip_test`, `output_heatmaps`.

        Returns:
            For each crop `keypoints` (1, P, 2) crop pixels, `keypoint_scores` (1, P),
            falling, and `keypoint_features` (1, P, C); P differs. With
            `output_heatmaps` also the fields `heatmaps` (3, h, w).

        Raises:
            ConfigError: No decoder was configured.
            InputError: Maps that are not finite.
        """
        if self.decoder is None:
            raise ConfigError(
                "CKLMHead cannot predict",
                expected="decoder=dict(type='CategoryImplicitHeatmap', ...)",
                got="no decoder",
            )
        test_cfg = test_cfg or {}
        if test_cfg.get("flip_test"):
            feats, mirrored = feats
            back = self.decoder.unmirror(self.final_maps(mirrored))
            maps = (self.final_maps(feats) + back) / 2
        else:
            maps = self.final_maps(feats)
        points, scores = self.decoder.batch_decode(maps)
        found = []
        for crop, (one, score) in enumerate(zip(points, scores, strict=True)):
            features = self.describe(feats, crop, one[0])
            found.append(
                InstanceData(
                    keypoints=one,
                    keypoint_scores=score,
                    keypoint_features=features[None].cpu().numpy(),
                )
            )
        if not test_cfg.get("output_heatmaps"):
            return found
        return found, [PixelData(heatmaps=one.detach()) for one in maps]

    def describe(
        self, feats: Sequence[Sequence[Tensor]], crop: int, keypoints: Any
    ) -> Tensor:
        """Features (P, C) of keypoints, from the last stage's finest level.

        Args:
            feats: As of `forward`.
            crop: Number in the batch.
            keypoints: (P, 2) crop pixels.

        Raises:
            InputError: Features that are not finite.
        """
        finest = feats[-1][-1][crop].detach().float()
        cells = torch.as_tensor(self.decoder.to_cells(keypoints), device=finest.device)
        features = sample_at_cells(finest, cells)
        if not torch.isfinite(features).all():
            raise InputError(
                "CKLMHead: features of keypoints",
                expected="finite numbers",
                got="NaN or inf",
                remedy="Look for a diverged training or a half-precision overflow",
            )
        return features


def _predictor(channels: int) -> nn.Sequential:
    return nn.Sequential(
        ConvModule(channels, channels, 1, norm_cfg=BATCH_NORM),
        nn.Conv2d(channels, NUM_MAPS, 3, padding=1),
    )


def _to_size(maps: Tensor, size: tuple[int, int]) -> Tensor:
    if maps.shape[-2:] == size:
        return maps
    return functional.interpolate(maps, size, mode="bilinear")


def _check_stages(stages: int, kernels: int) -> None:
    if stages != kernels:
        raise ConfigError(
            "CKLMHead: stages",
            expected=f"a kernel size of the codec for each of {stages} stages",
            got=f"{kernels}",
            remedy="Set kernel_sizes of CategoryImplicitHeatmap, in head and pipeline",
        )


def _stack(samples: Sequence[Any]) -> list[Tensor]:
    names = ("heatmaps", "offsets", "offset_weights")
    missing = [n for n in names if any(n not in s.gt_fields for s in samples)]
    if missing:
        raise ConfigError(
            f"the training pipeline draws no {', '.join(missing)}",
            expected="GenerateTarget with the codec CategoryImplicitHeatmap",
            got=", ".join(sorted(samples[0].gt_fields.keys())),
        )
    return [
        torch.stack([getattr(s.gt_fields, name) for s in samples]) for name in names
    ]
