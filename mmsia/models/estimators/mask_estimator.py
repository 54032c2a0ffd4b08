"""Masks of people by a head of boxes: Mask R-CNN of CGANet's Table 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.models.pose_estimators.bottomup import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torchvision.models.detection.roi_heads import paste_masks_in_image

from mmsia.models.estimators.cganet_masks import MASK_THR, to_image


@MODELS.register_module()
class MaskEstimator(BottomupPoseEstimator):
    """Backbone, neck and MaskRCNNHead; predicts what CGANetMasks predicts."""

    def add_pred_to_datasample(
        self,
        batch_pred_instances: Sequence[InstanceData],
        batch_pred_fields: Any,
        batch_data_samples: list[PoseDataSample],
    ) -> list[PoseDataSample]:
        """Paste what was found into the original images, as torchvision does.

        Args:
            batch_pred_instances: Of each image `bboxes` (M, 4) in pixels of the input,
                `bbox_scores` (M,) and `cells` (M, h, w) in [0, 1].
            batch_pred_fields: Unused; part of MMPose's interface.
            batch_data_samples: With `input_size`, `input_center`, `input_scale` and
                `ori_shape`.

        Returns:
            The samples with `pred_instances`, best first, in pixels of the original
            images: `bboxes` (M, 4), `bbox_scores` (M,) and `masks` (M, H, W) bool.
        """
        pairs = zip(batch_pred_instances, batch_data_samples, strict=True)
        for found, sample in pairs:
            boxes = to_image(found.bboxes, sample.metainfo)
            sample.pred_instances = InstanceData(
                bboxes=boxes,
                bbox_scores=found.bbox_scores,
                masks=_paste(found.cells, boxes, sample.metainfo["ori_shape"][:2]),
            )
        return batch_data_samples


def _paste(cells: np.ndarray, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Masks (M, H, W) of maps (M, h, w)."""
    maps = torch.as_tensor(cells)[:, None]
    whole = paste_masks_in_image(maps, torch.as_tensor(boxes), tuple(size))
    return whole[:, 0].numpy() > MASK_THR
