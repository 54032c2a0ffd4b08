"""Which images a figure shows: chosen by rule, never by eye.

Figure evidence: a figure of the paper made again with
image ids at fixed quantiles of the per-image score, and the worst eight always shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.ops.oks import keypoint_similarity

QUANTILES = (0.25, 0.5, 0.75, 1.0)
NUM_WORST = 8


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
    """The worst images, then those at fixed quantiles of the score.

    Ties are broken by the image's number; an image is shown once.

    Args:
        records: Images with annotated people.
        predictions: COCO results of these images.
        quantiles: Of the per-image score.
        num_worst: How many of the worst.
    """
    found: dict[int, list[Any]] = {record.image_id: [] for record in records}
    for prediction in predictions:
        found[prediction["image_id"]].append(prediction["keypoints"])
    scored = []
    for record in records:
        poses = np.array(found[record.image_id], dtype=float).reshape(-1, 17, 3)
        scored.append((score_image(record, poses), record.image_id, record, poses))
    scored.sort(key=lambda entry: entry[:2])
    ranks = {rank: f"worst {rank + 1}" for rank in range(min(num_worst, len(scored)))}
    for quantile in quantiles:
        rank = round(quantile * (len(scored) - 1))
        ranks.setdefault(rank, f"quantile {quantile:g}")
    return [
        Choice(scored[rank][2], scored[rank][3], scored[rank][0], why)
        for rank, why in ranks.items()
    ]
