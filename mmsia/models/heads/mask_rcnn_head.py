"""Mask R-CNN for masks, the baseline of CGANet's Table 6, of torchvision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from mmsia.models.heads.rcnn_head import RCNNHead, pyramid_of
from mmsia.ops.roi_masks import draw_roi_masks

BOX_CHANNELS = 1024
"""Width of torchvision's box branch."""


@MODELS.register_module()
class MaskRCNNHead(RCNNHead):
    """Proposals, boxes and masks of people, in MaskEstimator.

    Someone without an outline is no target. A mask's score is its box's.

    Args:
        in_channels: Channels of every level.
        max_boxes: People an image at most.
        score_thr: Boxes at or below it are dropped.
        layers: Widths of the mask branch's 3 x 3 convolutions; the deconvolution is as
            wide as the last one.
        init_cfg: As BaseModule; torchvision's parts start as it has them.
    """

    label_names = ("bboxes", "outlines")

    def __init__(
        self,
        in_channels: int = 256,
        max_boxes: int = 20,
        score_thr: float = 0.05,
        layers: Sequence[int] = (256,) * 4,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
        from torchvision.models.detection.mask_rcnn import (
            MaskRCNNHeads,
            MaskRCNNPredictor,
        )

        parts = MaskRCNN(
            pyramid_of(in_channels),
            box_predictor=FastRCNNPredictor(BOX_CHANNELS, num_classes=2),
            mask_head=MaskRCNNHeads(in_channels, layers, dilation=1),
            mask_predictor=MaskRCNNPredictor(layers[-1], layers[-1], num_classes=2),
            box_detections_per_img=max_boxes,
            box_score_thresh=score_thr,
        )
        super().__init__(parts, in_channels, max_boxes, init_cfg)

    def read_boxes(self, features: Tensor) -> Tensor:
        """Maps (N, 2, 28, 28), nobody's and a person's, of boxes (N, C, 14, 14)."""
        return self.roi_heads.mask_predictor(self.roi_heads.mask_head(features))

    def target_of(
        self, labels: InstanceData, size: tuple[int, int]
    ) -> dict[str, Tensor]:
        """Boxes, and outlines filled on the pixels of the input."""
        known = labels.outlines.isfinite().flatten(1).any(dim=1)
        boxes, outlines = labels.bboxes[known].float(), labels.outlines[known]
        height, width = size
        image = boxes.new_tensor([0, 0, width, height]).expand(len(boxes), 4)
        masks = draw_roi_masks(outlines, image, (width, height))
        return {
            "boxes": boxes,
            "labels": boxes.new_ones(len(boxes), dtype=torch.int64),
            "masks": masks.to(torch.uint8),
        }

    def instances_of(self, people: Mapping[str, Tensor]) -> InstanceData:
        """Boxes, scores, and `cells` (M, 28, 28), the maps of persons in [0, 1]."""
        parts = {
            "bboxes": people["boxes"],
            "bbox_scores": people["scores"],
            "cells": people["masks"][:, 0],
        }
        return InstanceData(
            **{name: part.detach().cpu().numpy() for name, part in parts.items()}
        )
