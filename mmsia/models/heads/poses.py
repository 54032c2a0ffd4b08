"""Poses as MMPose's estimators and metrics take them."""

from __future__ import annotations

import numpy as np
from mmengine.structures import InstanceData


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
