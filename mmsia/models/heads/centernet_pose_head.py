"""CenterNet's head for poses: the baseline of GOG, Tables 1 and 3.

Zhou et al., Objects as Points (2019), Section 4.2 and the released code: six branches
of a 3 x 3 and a 1 x 1 convolution on each stack of Hourglass-104; all stacks learn, the
last one predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError
from mmsia.models.heads.flip_test import unmirror_heatmaps, unmirror_vectors
from mmsia.models.heads.roi_maps_head import HEATMAP_BIAS
from mmsia.models.heads.targets import stack_fields

_FOCAL = {"type": "mmdet.GaussianFocalLoss", "loss_weight": 1.0}
_L1 = {"type": "mmdet.L1Loss", "loss_weight": 1.0}
LOSSES = {
    "center": _FOCAL,
    "sizes": {**_L1, "loss_weight": 0.1},
    "center_offsets": _L1,
    "keypoint_offsets": _L1,
    "keypoint_heatmaps": _FOCAL,
    "cell_offsets": _L1,
}
"""Loss of each branch, with the weights of the released code."""


class PoseMaps(NamedTuple):
    """What one stack predicts; lengths are in cells.

    Attributes:
        center: (B, 1, h, w) in [0, 1].
        sizes: (B, 2, h, w) width and height of boxes.
        center_offsets: (B, 2, h, w) of centres from their cells.
        keypoint_offsets: (B, 2K, h, w) of keypoints from the centre's cell.
        keypoint_heatmaps: (B, K, h, w) in [0, 1].
        cell_offsets: (B, 2, h, w) of keypoints from their cells.
    """

    center: Tensor
    sizes: Tensor
    center_offsets: Tensor
    keypoint_offsets: Tensor
    keypoint_heatmaps: Tensor
    cell_offsets: Tensor


@MODELS.register_module()
class CenterNetPoseHead(BaseHead):
    """Predicts centres, boxes and keypoints of people.

    Args:
        in_channels: Channels of each stack's feature map.
        num_keypoints: Keypoint types K.
        num_stacks: Feature maps that the backbone hands over.
        channels: Width of the branches; that of the features if None.
        losses: Configs of losses that differ from `LOSSES`, by name.
        decoder: Config of the codec `CenterNetPose`.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: An unknown loss.
    """

    def __init__(
        self,
        in_channels: int = 256,
        num_keypoints: int = 17,
        num_stacks: int = 2,
        channels: int | None = None,
        losses: dict[str, dict[str, Any]] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if not set(losses or {}) <= set(LOSSES):
            raise ConfigError(
                "CenterNetPoseHead: losses",
                expected=", ".join(LOSSES),
                got=repr(losses),
            )
        self.num_stacks = num_stacks
        self.losses = nn.ModuleDict(
            {
                name: MODELS.build(config)
                for name, config in {**LOSSES, **(losses or {})}.items()
            }
        )
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)
        outputs = PoseMaps(1, 2, 2, 2 * num_keypoints, num_keypoints, 2)._asdict()
        self.branches = nn.ModuleDict(
            {
                name: nn.ModuleList(
                    _branch(in_channels, channels or in_channels, number)
                    for _ in range(num_stacks)
                )
                for name, number in outputs.items()
            }
        )
        for name in ("center", "keypoint_heatmaps"):
            for branch in self.branches[name]:
                nn.init.constant_(branch[-1].bias, HEATMAP_BIAS)

    def forward(self, feats: Sequence[Tensor]) -> PoseMaps:
        """Compute the maps of the last stack, which alone predicts.

        Args:
            feats: One (B, C, h, w) feature map a stack.
        """
        self._check_stacks(feats)
        return self._maps_of(feats, self.num_stacks - 1)

    def _maps_of(self, feats: Sequence[Tensor], stack: int) -> PoseMaps:
        maps = {
            # focal losses and the logarithms in them need more than half precision
            name: branches[stack](feats[stack]).float()
            for name, branches in self.branches.items()
        }
        for name in ("center", "keypoint_heatmaps"):
            maps[name] = maps[name].sigmoid()
        return PoseMaps(**maps)

    def _check_stacks(self, feats: Sequence[Tensor]) -> None:
        if not isinstance(feats, list | tuple) or len(feats) != self.num_stacks:
            number = len(feats) if hasattr(feats, "__len__") else 1
            raise ConfigError(
                "CenterNetPoseHead: num_stacks does not fit the backbone",
                expected=f"{self.num_stacks} feature maps",
                got=str(number),
            )

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute the losses, averaged over the stacks.

        Args:
            feats: One (B, C, h, w) feature map a stack.
            batch_data_samples: B samples with the codec's fields and labels.
            train_cfg: Unused; part of MMPose's interface.

        Returns:
            `loss_NAME` for each branch.
        """
        self._check_stacks(feats)
        truth = stack_fields(
            batch_data_samples,
            ("center_heatmap", "keypoint_heatmaps"),
            "the codec CenterNetPose",
        )
        labels = _join_labels([s.gt_instance_labels for s in batch_data_samples])
        stacks = [
            self._stack_loss(self._maps_of(feats, stack), truth, labels)
            for stack in range(self.num_stacks)
        ]
        return {
            f"loss_{name}": torch.stack([losses[name] for losses in stacks]).mean()
            for name in LOSSES
        }

    def _stack_loss(
        self, maps: PoseMaps, truth: dict[str, Tensor], labels: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        known = labels["center_weights"] > 0
        image, center = labels["image"][known], labels["center_cells"][known]
        offsets = labels["keypoint_offsets"][known].flatten(1)
        weight = labels["keypoint_weights"][known].repeat_interleave(2, dim=1)
        person, kind = labels["keypoint_weights"].nonzero(as_tuple=True)
        cell = labels["keypoint_cells"][person, kind]
        losses = {
            name: self.losses[name](
                getattr(maps, name), target, avg_factor=_at_least_one(target.eq(1))
            )
            for name, target in (
                ("center", truth["center_heatmap"]),
                ("keypoint_heatmaps", truth["keypoint_heatmaps"]),
            )
        }
        for name in ("sizes", "center_offsets"):
            at = _values_at(getattr(maps, name), image, center)
            losses[name] = self.losses[name](at, labels[name][known])
        at = _values_at(maps.keypoint_offsets, image, center)
        losses["keypoint_offsets"] = self.losses["keypoint_offsets"](
            at, offsets, weight, avg_factor=_at_least_one(weight)
        )
        at = _values_at(maps.cell_offsets, labels["image"][person], cell)
        losses["cell_offsets"] = self.losses["cell_offsets"](
            at, labels["cell_offsets"][person, kind]
        )
        return losses

    def predict(
        self,
        feats: Sequence[Any],
        batch_data_samples: Sequence[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[InstanceData]:
        """Predict poses.

        Args:
            feats: One (B, C, h, w) feature map a stack; with `flip_test`, those of the
                batch and those of the mirrored batch.
            batch_data_samples: B samples with `flip_indices`.
            test_cfg: `flip_test`, off by default.

        Returns:
            Poses of each image, see `decode`.

        Raises:
            ConfigError: A multi-scale test is asked for, or there is no decoder.
        """
        test_cfg = test_cfg or {}
        if test_cfg.get("multiscale_test", False):
            raise ConfigError(
                "CenterNetPoseHead has no multi-scale test",
                expected="test_cfg without multiscale_test (GOG's tables are single-"
                "scale)",
                got="multiscale_test=True",
            )
        if not test_cfg.get("flip_test", False):
            return self.decode(self.forward(feats))
        flip_indices = batch_data_samples[0].metainfo["flip_indices"]
        original, mirrored = feats
        both = self.forward(original), self.forward(mirrored)
        return self.decode(average_pose_maps(*both, flip_indices))

    def decode(self, batch_outputs: PoseMaps) -> list[InstanceData]:
        """Turn maps into poses with the codec.

        Args:
            batch_outputs: What `forward` returns.

        Returns:
            One InstanceData an image, best first: `keypoints` (M, K, 2) and `bboxes`
            (M, 4) in input pixels, `keypoint_scores` (M, K), `bbox_scores` (M,).

        Raises:
            ConfigError: No decoder was configured.
        """
        if self.decoder is None:
            raise ConfigError(
                "CenterNetPoseHead cannot predict",
                expected="decoder=dict(type='CenterNetPose', ...) in the head's config",
                got="no decoder",
            )
        names = ("keypoints", "keypoint_scores", "bboxes", "bbox_scores")
        found = self.decoder.batch_decode(*batch_outputs)
        return [InstanceData(**dict(zip(names, p, strict=True))) for p in found]


def average_pose_maps(
    maps: PoseMaps, mirrored: PoseMaps, flip_indices: Sequence[int]
) -> PoseMaps:
    """Average the maps of an image and its mirror image, as the released code does.

    Offsets from cells stay as they are.

    Args:
        maps: Of the images.
        mirrored: As predicted on the mirrored images.
        flip_indices: (K,) the type that each keypoint type becomes when mirrored.
    """
    pairs = {
        "center": mirrored.center.flip(-1),
        "sizes": mirrored.sizes.flip(-1),
        "keypoint_offsets": unmirror_vectors(mirrored.keypoint_offsets, flip_indices),
        "keypoint_heatmaps": unmirror_heatmaps(
            mirrored.keypoint_heatmaps, flip_indices
        ),
    }
    return maps._replace(
        **{name: (getattr(maps, name) + other) / 2 for name, other in pairs.items()}
    )


def _branch(in_channels: int, channels: int, number: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, number, 1),
    )


def _join_labels(labels: Sequence[InstanceData]) -> dict[str, Tensor]:
    """Labels of all people of a batch, and (T,) the `image` of each."""
    names = labels[0].keys()
    if "center_cells" not in names:
        raise ConfigError(
            "the training pipeline draws no center_cells",
            expected="GenerateTarget with the codec CenterNetPose",
            got=", ".join(sorted(names)) or "no labels",
        )
    joined = {name: torch.cat([each[name] for each in labels]) for name in names}
    cells = joined["center_cells"]
    counts = torch.tensor([len(each.center_cells) for each in labels])
    joined["image"] = torch.arange(len(labels)).repeat_interleave(counts).to(cells)
    return joined


def _values_at(maps: Tensor, image: Tensor, cell: Tensor) -> Tensor:
    """(T, C) values of maps (B, C, h, w) at T cells xy of T images."""
    return maps[image, :, cell[:, 1], cell[:, 0]]


def _at_least_one(weight: Tensor) -> Tensor:
    return weight.sum().clamp(min=1)
