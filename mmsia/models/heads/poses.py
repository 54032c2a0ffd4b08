"""Poses as MMPose's estimators and metrics take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.structures import InstanceData, PixelData
from torch import Tensor


def pack_poses(
    keypoints: np.ndarray, scores: np.ndarray, instance_scores: np.ndarray
) -> InstanceData:
    """Put the poses of one image into an InstanceData; none at all is fine.

    Args:
        keypoints: (M, K, 2) input pixels, xy.
        scores: (M, K); 0 marks a keypoint that was not found.
        instance_scores: (M,).

    Returns:
        `keypoints`, `keypoint_scores`, `bbox_scores` (the instance scores, which
        CocoMetric ranks by with `score_mode='bbox'`) and `bboxes` (M, 4), xyxy around
        the keypoints that were found.
    """
    keypoints, scores = np.asarray(keypoints), np.asarray(scores)
    found = (scores > 0)[..., None]
    low = np.where(found, keypoints, np.inf).min(axis=1)
    high = np.where(found, keypoints, -np.inf).max(axis=1)
    return InstanceData(
        keypoints=keypoints,
        keypoint_scores=scores,
        bbox_scores=np.asarray(instance_scores),
        bboxes=np.concatenate([low, high], axis=-1).astype(np.float32),
    )


def pack_maps(maps: Sequence[Tensor]) -> list[PixelData]:
    """Put the maps of a batch into one PixelData an image.

    Args:
        maps: Heatmaps (B, K, h, w), offsets (B, 2L, h, w) and, optionally, refinement
            offsets (B, 2, h, w).
    """
    names = ("heatmaps", "offsets", "refinement_offsets")[: len(maps)]
    images = zip(*(output.detach() for output in maps), strict=True)
    return [PixelData(**dict(zip(names, image, strict=True))) for image in images]
