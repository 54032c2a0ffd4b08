"""Matches of predicted masks with people by their overlap, and COCO's mask numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmsia.datasets.coco_keypoints import PERSON_CATEGORY
from mmsia.datasets.coco_masks import CocoMasks
from mmsia.errors import DataError
from mmsia.evaluation.coco_matches import (
    CocoMatches,
    Kind,
    check_image_ids,
    check_result,
    match_people,
)


@dataclass(frozen=True)
class OverlapScores:
    """COCO's numbers of masks or boxes in percent; -1 where none has that size."""

    ap: float
    ap50: float
    ap75: float
    ap_s: float
    ap_m: float
    ap_l: float
    ar1: float
    ar10: float
    ar: float
    ar_s: float
    ar_m: float
    ar_l: float

    def as_dict(self) -> dict[str, float]:
        """The twelve numbers by name."""
        return asdict(self)


_AREAS = ("all", "small", "medium", "large")
MASKS = Kind("segm", _AREAS, OverlapScores)
BOXES = Kind("bbox", _AREAS, OverlapScores)


def match_masks(
    ground_truth: CocoMasks,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int] | None = None,
) -> CocoMatches:
    """Match masks with people, image by image.

    Args:
        ground_truth: Checked annotations.
        predictions: COCO results: image_id, category_id, segmentation (run lengths as
            `results_of` makes them), score.
        image_ids: Images to score; default all of the file.

    Raises:
        DataError: If a prediction has no finite score, is no mask of its image's size
            or of an image that the annotations do not list.
        InputError: If `image_ids` is empty or names unknown images.
    """
    ids = check_image_ids(ground_truth.sizes, image_ids, ground_truth.path)
    for index, prediction in enumerate(predictions):
        where = f"prediction {index} (image {prediction.get('image_id')!r})"
        check_result(prediction, where, ground_truth.sizes)
        _check_mask(prediction, where, ground_truth.sizes[prediction["image_id"]])
    return match_people(MASKS, ground_truth.dataset, predictions, ids)


def results_of(
    image_id: int, masks: np.ndarray, scores: Sequence[float]
) -> list[dict[str, Any]]:
    """COCO results of the masks of one image, as JSON holds them.

    Args:
        image_id: COCO's number of the image.
        masks: (M, H, W) bool.
        scores: (M,).
    """
    results = []
    for mask, score in zip(masks, scores, strict=True):
        runs = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
        segmentation = {
            "size": [int(side) for side in runs["size"]],
            "counts": runs["counts"].decode("ascii"),
        }
        results.append(
            {
                "image_id": int(image_id),
                "category_id": PERSON_CATEGORY,
                "segmentation": segmentation,
                "score": float(score),
            }
        )
    return results


def _check_mask(prediction: Mapping[str, Any], where: str, size: list[int]) -> None:
    segmentation = prediction.get("segmentation")
    own = dict(segmentation) if isinstance(segmentation, Mapping) else {}
    # pycocotools compares masks of other sizes without a word
    if own.get("size") != size or not isinstance(own.get("counts"), str):
        raise DataError(
            f"mask of {where}",
            expected=f"compressed run lengths of an image of (h, w) {size}",
            got=f"size {own.get('size')}, counts {type(own.get('counts')).__name__}",
        )
    if not np.isfinite(prediction.get("score", np.nan)):
        raise DataError(
            f"score of {where}",
            expected="a finite number",
            got=f"{prediction.get('score')}",
        )
