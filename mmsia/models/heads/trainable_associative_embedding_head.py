"""MMPose's head of Associative Embedding, with a loss that runs.

MMPose 1.3.2's own asks for weights of whole maps where the codec has them person by
person, and adds up the tag losses of a batch's images, which its version 0.x averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmpose.models.heads.heatmap_heads.ae_head import AssociativeEmbeddingHead
from mmpose.registry import MODELS
from torch import Tensor

from mmsia.errors import ConfigError
from mmsia.models.heads.targets import stack_fields


@MODELS.register_module()
class TrainableAssociativeEmbeddingHead(AssociativeEmbeddingHead):
    """AssociativeEmbeddingHead that learns from PackedAssociativeEmbedding."""

    def loss(
        self,
        feats: tuple[Tensor, ...],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute the losses of heatmaps and tags, averaged over the images.

        Args:
            feats: (B, C, h, w) features; the last ones count.
            batch_data_samples: B samples with `heatmaps`, `heatmap_mask` and
                `keypoint_indices`.
            train_cfg: Unused; part of MMPose's interface.

        Returns:
            `loss_kpt`, `loss_pull` and `loss_push`.

        Raises:
            ConfigError: Samples without these.
        """
        heatmaps, tags = self.forward(feats)
        if not self.tag_per_keypoint:
            tags = tags.repeat((1, self.num_keypoints, 1, 1))
        truth = stack_fields(
            batch_data_samples,
            ("heatmaps", "heatmap_mask"),
            "PackedAssociativeEmbedding, and BottomupGetHeatmapMask",
        )
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        if any("keypoint_indices" not in each for each in labels):
            raise ConfigError(
                "the training pipeline packs no keypoint_indices",
                expected="GenerateTarget with the codec PackedAssociativeEmbedding",
                got=", ".join(sorted(labels[0].keys())) or "no labels",
            )
        # Annotated or not, no map of a type is left out: the mask says what counts.
        loss = self.loss_module.keypoint_loss(
            heatmaps, truth["heatmaps"], None, truth["heatmap_mask"]
        )
        pull, push = self.loss_module.tag_loss(
            tags, [each.keypoint_indices for each in labels]
        )
        number = len(labels)
        return {
            "loss_kpt": loss,
            "loss_pull": pull / number,
            "loss_push": push / number,
        }
