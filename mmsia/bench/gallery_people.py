"""Images of a figure of people, by the OKS of what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.gallery import NUM_WORST, QUANTILES, pick_images
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.ops.oks import keypoint_similarity


@dataclass(frozen=True)
class Choice:
    """One image of a figure.

    Attributes:
        record: Its annotations.
        poses: (M, 17, 3) found keypoints, image pixels, and responses.
        score: Mean over its people of the best similarity with a found pose.
        why: The rule that chose it.
    """

    record: ImageRecord
    poses: np.ndarray
    score: float
    why: str


def score_image(record: ImageRecord, poses: np.ndarray) -> float:
    """Mean over the annotated people of the best OKS with any found pose.

    Args:
        record: Annotations with at least one visible keypoint.
        poses: (M, 17, 3) found keypoints and responses.
    """
    visible = record.keypoints[..., 2] > 0
    known = visible.any(axis=1)
    if len(poses) == 0:
        return 0.0
    similarity = keypoint_similarity(
        poses[..., :2],
        record.keypoints[known, :, :2],
        visible[known],
        record.areas[known],
    )
    return float(similarity.max(axis=1).mean())


def choose_images(
    records: Sequence[ImageRecord],
    predictions: Sequence[Mapping[str, Any]],
    *,
    quantiles: Sequence[float] = QUANTILES,
    num_worst: int = NUM_WORST,
) -> list[Choice]:
    """The images that `pick_images` picks, with their poses.

    Args:
        records: Images with annotated people.
        predictions: COCO results of these images.
        quantiles: Of the per-image score.
        num_worst: How many of the worst.
    """
    found: dict[int, list[Any]] = {record.image_id: [] for record in records}
    for prediction in predictions:
        # A test of all images also finds people where nobody is annotated.
        if prediction["image_id"] in found:
            found[prediction["image_id"]].append(prediction["keypoints"])
    poses = [
        np.array(found[record.image_id], dtype=float).reshape(-1, 17, 3)
        for record in records
    ]
    scores = [score_image(*pair) for pair in zip(records, poses, strict=True)]
    picks = pick_images(
        scores,
        [record.image_id for record in records],
        quantiles=quantiles,
        num_worst=num_worst,
    )
    return [
        Choice(records[pick.index], poses[pick.index], scores[pick.index], pick.why)
        for pick in picks
    ]
