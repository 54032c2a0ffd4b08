"""Matches of predicted poses with people by OKS, and COCO's keypoint numbers.

A trap of pycocotools is closed here: NaN coordinates, which it counts as a match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mmsia.datasets.coco_keypoints import NUM_KEYPOINTS, CocoKeypoints
from mmsia.errors import DataError
from mmsia.evaluation.coco_matches import (
    CocoMatches,
    Kind,
    check_image_ids,
    check_result,
    match_people,
)


@dataclass(frozen=True)
class KeypointScores:
    """COCO's ten keypoint numbers in percent; -1 where nothing of that size exists."""

    ap: float
    ap50: float
    ap75: float
    ap_m: float
    ap_l: float
    ar: float
    ar50: float
    ar75: float
    ar_m: float
    ar_l: float

    def as_dict(self) -> dict[str, float]:
        """The ten numbers by name."""
        return asdict(self)


KEYPOINTS = Kind("keypoints", ("all", "medium", "large"), KeypointScores)


def match_keypoints(
    ground_truth: CocoKeypoints,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int] | None = None,
) -> CocoMatches:
    """Match predictions with people, image by image.

    Args:
        ground_truth: Checked annotations.
        predictions: COCO results: image_id, category_id, keypoints (51), score.
        image_ids: Images to score; default all of the file.

    Raises:
        DataError: If a prediction is not finite, not of 17 keypoints or of an image
            that the annotations do not list.
        InputError: If `image_ids` is empty or names unknown images.
    """
    known = {record.image_id for record in ground_truth.images}
    ids = check_image_ids(known, image_ids, ground_truth.path)
    _check_predictions(predictions, known)
    return match_people(KEYPOINTS, ground_truth.dataset, predictions, ids)


def _check_predictions(
    predictions: Sequence[Mapping[str, Any]], known: set[int]
) -> None:
    for index, prediction in enumerate(predictions):
        where = f"prediction {index} (image {prediction.get('image_id')!r})"
        numbers = np.asarray(prediction.get("keypoints", ()), dtype=np.float64)
        check_result(prediction, where, known)
        if numbers.shape != (3 * NUM_KEYPOINTS,):
            raise DataError(
                where, expected=f"{3 * NUM_KEYPOINTS} numbers", got=f"{numbers.shape}"
            )
        if not np.isfinite([*numbers, prediction.get("score", np.nan)]).all():
            raise DataError(
                where,
                expected="finite coordinates and score",
                got="NaN, infinite or missing numbers",
                remedy="Drop the pose or set its missing keypoints to 0",
            )
