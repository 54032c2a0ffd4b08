"""Mask R-CNN for keypoints, the baseline of CGANet's Table 3, of torchvision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from torch import Tensor
from torchvision.models.detection import KeypointRCNN

from mmsia.models.heads.rcnn_head import RCNNHead, pyramid_of


@MODELS.register_module()
class KeypointRCNNHead(RCNNHead):
    """Proposals, boxes and keypoints of people, in BottomupPoseEstimator.

    A pose's score is its box's.

    Args:
        in_channels: Channels of every level.
        num_keypoints: Keypoint types K.
        max_boxes: People an image at most.
        score_thr: Boxes at or below it are dropped.
        layers: Widths of the keypoint branch's 3 x 3 convolutions.
        init_cfg: As BaseModule; torchvision's parts start as it has them.
    """

    label_names = ("bboxes", "keypoints", "keypoint_weights")

    def __init__(
        self,
        in_channels: int = 256,
        num_keypoints: int = 17,
        max_boxes: int = 20,
        score_thr: float = 0.05,
        layers: Sequence[int] = (512,) * 8,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        from torchvision.models.detection.keypoint_rcnn import (
            KeypointRCNNHeads,
            KeypointRCNNPredictor,
        )

        parts = KeypointRCNN(
            pyramid_of(in_channels),
            num_classes=2,
            keypoint_head=KeypointRCNNHeads(in_channels, layers),
            keypoint_predictor=KeypointRCNNPredictor(layers[-1], num_keypoints),
            box_detections_per_img=max_boxes,
            box_score_thresh=score_thr,
        )
        super().__init__(parts, in_channels, max_boxes, init_cfg)

    def read_boxes(self, features: Tensor) -> Tensor:
        """Keypoint maps (N, K, 56, 56) of boxes (N, C, 14, 14)."""
        heads = self.roi_heads
        return heads.keypoint_predictor(heads.keypoint_head(features))

    def target_of(
        self, labels: InstanceData, size: tuple[int, int]
    ) -> dict[str, Tensor]:
        """Boxes, keypoints and which of them are annotated."""
        weights = labels.keypoint_weights
        keypoints = torch.cat([labels.keypoints, (weights > 0)[..., None]], dim=-1)
        return {
            "boxes": labels.bboxes.float(),
            "labels": weights.new_ones(len(weights), dtype=torch.int64),
            "keypoints": keypoints.float(),
        }

    def instances_of(self, people: Mapping[str, Tensor]) -> InstanceData:
        """Poses and the boxes that they were read in."""
        parts = {
            "keypoints": people["keypoints"][..., :2],
            # of maps before a softmax over their cells
            "keypoint_scores": people["keypoints_scores"].sigmoid(),
            "bboxes": people["boxes"],
            "bbox_scores": people["scores"],
        }
        return InstanceData(
            **{name: part.detach().cpu().numpy() for name, part in parts.items()}
        )
