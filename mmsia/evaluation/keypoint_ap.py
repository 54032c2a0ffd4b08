"""COCO keypoint AP of predictions, and its interval over images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmsia.datasets.coco_keypoints import CocoKeypoints
from mmsia.evaluation.bootstrap import bootstrap_interval
from mmsia.evaluation.keypoint_matches import KeypointScores, match_keypoints


def evaluate_keypoints(
    ground_truth: CocoKeypoints,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int] | None = None,
) -> KeypointScores:
    """COCO's ten keypoint numbers of some predictions.

    Args:
        ground_truth: Checked annotations.
        predictions: COCO results: image_id, category_id, keypoints (51), score.
        image_ids: Images to score; default all of the file.
    """
    return match_keypoints(ground_truth, predictions, image_ids).scores


def bootstrap_ap(
    ground_truth: CocoKeypoints,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int] | None = None,
    *,
    num_draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of AP over resampled images, in percent.

    Args:
        ground_truth: Checked annotations.
        predictions: COCO results.
        image_ids: Images to score and resample; default all of the file.
        num_draws: Number of draws.
        seed: Seed of the draws.
    """
    matches = match_keypoints(ground_truth, predictions, image_ids)
    return bootstrap_interval(matches, num_draws=num_draws, seed=seed)
