"""Head of GOG: keypoint heatmaps and guiding offsets by 1x1 convolutions.

GOG, Section 2.5: "We only add 1 x 1 convolutional layers into the backbone". One
convolution with bias per stack and task, no activation; the losses are averaged over
the stacks and the last stack alone predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError
from mmsia.models.heads.agreement import agree_on_limbs, check_refinement
from mmsia.models.heads.flip_test import average_maps
from mmsia.models.heads.poses import pack_maps, pack_poses
from mmsia.models.heads.targets import Targets, stack_targets

Maps = tuple[Tensor, ...]
"""Heatmaps, offsets and, with refinement, refinement offsets of one stack."""


@MODELS.register_module()
class OffsetGuidedHead(BaseHead):
    """Predicts (B, K, h, w) heatmaps and (B, 2L, h, w) guiding offsets.

    Args:
        in_channels: Channels of each stack's feature map.
        num_keypoints: Keypoint types K.
        limbs: Limb set by name or as (from, to) pairs; the decoder's if None, and
            coco19 without a decoder.
        num_stacks: Feature maps that the backbone hands over.
        refinement: Whether refinement offsets ("ro" of Table 2) are predicted as well.
        keypoint_loss: Loss on heatmaps.
        offset_loss: Loss on guiding offsets.
        refinement_loss: Loss on refinement offsets.
        decoder: Codec that turns maps into poses.
        init_cfg: Initialisation of the convolutions.

    Raises:
        ConfigError: Limbs that are not the decoder's, or a decoder that needs
            refinement offsets.
    """

    def __init__(
        self,
        in_channels: int = 256,
        num_keypoints: int = 17,
        limbs: str | Sequence[tuple[int, int]] | None = None,
        num_stacks: int = 2,
        refinement: bool = False,
        keypoint_loss: dict[str, Any] | None = None,
        offset_loss: dict[str, Any] | None = None,
        refinement_loss: dict[str, Any] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        # The released code draws all convolutions from N(0, 0.001) (notes, section 6).
        normal = {"type": "Normal", "layer": "Conv2d", "std": 0.001, "bias": 0}
        super().__init__(init_cfg=normal if init_cfg is None else init_cfg)
        self.num_keypoints = num_keypoints
        self.num_stacks = num_stacks
        self.refinement = refinement
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)
        self.limbs = agree_on_limbs(limbs, self.decoder)
        check_refinement(refinement, self.decoder)

        def one_conv_a_stack(channels: int) -> nn.ModuleList:
            convs = (nn.Conv2d(in_channels, channels, 1) for _ in range(num_stacks))
            return nn.ModuleList(convs)

        self.keypoint_convs = one_conv_a_stack(num_keypoints)
        self.offset_convs = one_conv_a_stack(2 * len(self.limbs))
        self.keypoint_loss = MODELS.build(keypoint_loss or {"type": "FocalL2Loss"})
        offset_loss = offset_loss or {"type": "GuidingOffsetLoss", "loss_weight": 1e4}
        self.offset_loss = MODELS.build(offset_loss)
        if refinement:
            self.refinement_convs = one_conv_a_stack(2)
            # The released code's weight by default; its runs used 0.1 or 10.
            loss = {"type": "GuidingOffsetLoss", "loss_weight": 100.0}
            self.refinement_loss = MODELS.build(refinement_loss or loss)

    def _tasks(self) -> list[nn.ModuleList]:
        tasks = [self.keypoint_convs, self.offset_convs]
        return [*tasks, self.refinement_convs] if self.refinement else tasks

    def _check_stacks(self, feats: Sequence[Tensor]) -> None:
        if not isinstance(feats, (list, tuple)) or len(feats) != self.num_stacks:
            got = f"{len(feats)} feature maps" if hasattr(feats, "__len__") else feats
            raise ConfigError(
                "OffsetGuidedHead: num_stacks does not fit the backbone",
                expected=f"{self.num_stacks} feature maps",
                got=str(got),
            )

    def forward_stacks(self, feats: Sequence[Tensor]) -> list[Maps]:
        """Compute the maps of every stack.

        Args:
            feats: One (B, C, h, w) feature map a stack.
        """
        self._check_stacks(feats)
        return [
            tuple(convs[stack](feat) for convs in self._tasks())
            for stack, feat in enumerate(feats)
        ]

    def forward(self, feats: Sequence[Tensor]) -> Maps:
        """Compute the maps of the last stack, which alone predicts.

        Args:
            feats: One (B, C, h, w) feature map a stack.

        Returns:
            Heatmaps (B, K, h, w), offsets (B, 2L, h, w) in input pixels and, with
            refinement, refinement offsets (B, 2, h, w) in input pixels.
        """
        self._check_stacks(feats)
        return tuple(convs[-1](feats[-1]) for convs in self._tasks())

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute the losses, averaged over the stacks.

        Args:
            feats: One (B, C, h, w) feature map a stack.
            batch_data_samples: B samples with the codec's `gt_fields`.
            train_cfg: Unused; part of MMPose's interface.

        Returns:
            `loss_kpt`, `loss_offset` and, with refinement, `loss_refinement`.
        """
        truth = stack_targets(batch_data_samples, refinement=self.refinement)
        stacks = [self._stack_loss(maps, truth) for maps in self.forward_stacks(feats)]
        return {
            name: torch.stack([losses[name] for losses in stacks]).mean()
            for name in stacks[0]
        }

    def _stack_loss(self, maps: Maps, truth: Targets) -> dict[str, Tensor]:
        losses = {
            "loss_kpt": self.keypoint_loss(maps[0], truth.heatmaps, truth.mask),
            "loss_offset": self.offset_loss(
                maps[1], truth.offsets, truth.scales, truth.mask
            ),
        }
        if self.refinement:
            losses["loss_refinement"] = self.refinement_loss(
                maps[2], truth.refinement, None, truth.mask
            )
        return losses

    def predict(
        self,
        feats: Sequence[Any],
        batch_data_samples: Sequence[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[InstanceData] | tuple[list[InstanceData], list[PixelData]]:
        """Predict poses.

        Args:
            feats: One (B, C, h, w) feature map a stack; with `flip_test`, those of the
                batch and those of the mirrored batch.
            batch_data_samples: B samples with `flip_indices`.
            test_cfg: `flip_test` and `output_heatmaps`, both off by default.

        Returns:
            Poses of each image in input pixels and, with `output_heatmaps`, the maps
            that they were read from.
        """
        test_cfg = test_cfg or {}
        if test_cfg.get("multiscale_test", False):
            raise ConfigError(
                "OffsetGuidedHead has no multi-scale test",
                expected="test_cfg without multiscale_test (the paper is single-scale)",
                got="multiscale_test=True",
            )
        if test_cfg.get("flip_test", False):
            flip_indices = batch_data_samples[0].metainfo["flip_indices"]
            original, mirrored = feats
            both = self.forward(original), self.forward(mirrored)
            maps = average_maps(*both, self.limbs, flip_indices)
        else:
            maps = self.forward(feats)
        poses = self.decode(maps)
        if test_cfg.get("output_heatmaps", False):
            return poses, pack_maps(maps)
        return poses

    def decode(self, batch_outputs: Maps) -> list[InstanceData]:
        """Turn maps into poses with the codec.

        Args:
            batch_outputs: What `forward` returns.

        Returns:
            One InstanceData an image, see `pack_poses`; coordinates in input pixels.

        Raises:
            ConfigError: No decoder was configured.
        """
        if self.decoder is None:
            raise ConfigError(
                "OffsetGuidedHead cannot predict",
                expected="decoder=<codec> in the head's config",
                got="no decoder",
            )
        # Half precision moves the peaks of upsampled maps.
        maps = (output.detach().float() for output in batch_outputs)
        decoded = self.decoder.batch_decode(*maps)
        return [pack_poses(*image) for image in zip(*decoded, strict=True)]
