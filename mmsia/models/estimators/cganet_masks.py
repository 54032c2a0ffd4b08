"""CGANet for person instance segmentation (Table 6): boxes of people and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.models.estimators.cganet import CGANet, TestFeatures
from mmsia.ops.roi_masks import paste_roi_masks

MASK_THR = 0.5


@MODELS.register_module()
class CGANetMasks(CGANet):
    """CGANet whose `roi_head` is a ROIMaskGuider; labels need `outlines=True`.

    paper silent: a mask's score is its box's, as in Mask R-CNN, which Table 6 compares
    with; a mask is where the map, interpolated bilinearly in the image, reaches 0.5;
    trained are people with an outline, keypoints or not.

    Args:
        **options: As CGANet; `test_cfg=dict(mask_scores=True)` multiplies a box's score
            by the mean of the map over the mask's cells.
    """

    label_names = ("outlines",)

    def _are_annotated(self, labels: InstanceData) -> Tensor:
        return labels.outlines.isfinite().flatten(1).any(dim=1)

    def _mirror_order(self, sample: PoseDataSample) -> Sequence[int]:
        return (0,)

    def predict_from(
        self, shared: TestFeatures, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Find boxes and masks.

        Args:
            shared: What `extract_for_test` returned.
            data_samples: One an image, with `input_size`, `input_center`,
                `input_scale` and `ori_shape`.

        Returns:
            The samples with `pred_instances`, best first, in pixels of the original
            images: `bboxes` (M, 4) that the masks were read in, `bbox_scores` (M,) and
            `masks` (M, H, W) bool.
        """
        found = self.head.decode(shared.maps)
        boxes = [some for some, _ in found]
        maps = self._maps_of(shared, boxes, data_samples[0])[:, 0]
        parts = maps.split([len(some) for some in boxes])
        for sample, people, own in zip(data_samples, found, parts, strict=True):
            boxes_, scores, cells = (
                part.detach().float().cpu().numpy() for part in (*people, own)
            )
            sample.pred_instances = self._pack(boxes_, scores, cells, sample.metainfo)
        return data_samples

    def _pack(
        self,
        boxes: np.ndarray,
        scores: np.ndarray,
        maps: np.ndarray,
        metainfo: Mapping[str, Any],
    ) -> InstanceData:
        if self.test_cfg.get("mask_scores"):
            scores = scores * mask_scores(maps)
        order = np.argsort(-scores, kind="stable")
        boxes = to_image(boxes[order], metainfo)
        height, width = metainfo["ori_shape"][:2]
        return InstanceData(
            bboxes=boxes,
            bbox_scores=scores[order],
            masks=paste_roi_masks(maps[order], boxes, (width, height), MASK_THR),
        )


def mask_scores(maps: np.ndarray) -> np.ndarray:
    """Mean of each map over the cells of its mask, 0 where there is none.

    Args:
        maps: (N, h, w) in [0, 1].
    """
    inside = maps >= MASK_THR
    total = np.sum(maps, axis=(1, 2), where=inside)
    return total / np.maximum(inside.sum(axis=(1, 2)), 1)


def to_image(boxes: np.ndarray, metainfo: Mapping[str, Any]) -> np.ndarray:
    """Boxes (N, 4) of the input in pixels of the original image.

    Args:
        boxes: xyxy pixels of the input.
        metainfo: `input_size`, `input_center` and `input_scale` of the image.
    """
    size, centre, scale = (
        np.asarray(metainfo[f"input_{name}"]) for name in ("size", "center", "scale")
    )
    corners = boxes.reshape(-1, 2, 2) / size * scale + centre - scale / 2
    return corners.reshape(-1, 4)
