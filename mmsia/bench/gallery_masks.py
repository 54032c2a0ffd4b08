"""Images of a figure of masks, by how well found masks cover the people in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmsia.bench.gallery import NUM_WORST, QUANTILES, pick_images
from mmsia.datasets.coco_masks import CocoMasks


@dataclass(frozen=True)
class MaskChoice:
    """One image of a figure.

    Attributes:
        image_id: COCO's number of the image.
        size: (h, w) pixels.
        people: (N, h, w) bool, annotated.
        masks: (M, h, w) bool, found, best first; no more than people.
        score: Mean over people of the best overlap (IoU) with any found mask.
        why: The rule that chose it.
    """

    image_id: int
    size: tuple[int, ...]
    people: np.ndarray
    masks: np.ndarray
    score: float
    why: str


def choose_masks(
    truth: CocoMasks,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int],
    *,
    quantiles: Sequence[float] = QUANTILES,
    num_worst: int = NUM_WORST,
) -> list[MaskChoice]:
    """The images that `pick_images` picks among those with people.

    Args:
        truth: Annotations.
        predictions: COCO results with run lengths.
        image_ids: Images that were tested.
        quantiles: Of the per-image score.
        num_worst: How many of the worst.
    """
    people: dict[int, list[Any]] = defaultdict(list)
    for person in truth.dataset["annotations"]:
        if not person["iscrowd"]:
            image = person["image_id"]
            people[image].append(_runs(person["segmentation"], truth.sizes[image]))
    found: dict[int, list[Any]] = defaultdict(list)
    for prediction in sorted(predictions, key=lambda one: -one["score"]):
        found[prediction["image_id"]].append(prediction["segmentation"])
    ids = [image for image in image_ids if people[image]]
    scores = [_score(people[image], found[image]) for image in ids]
    picks = pick_images(scores, ids, quantiles=quantiles, num_worst=num_worst)
    return [
        MaskChoice(
            image_id=(image := ids[pick.index]),
            size=(size := tuple(truth.sizes[image])),
            people=_decode(people[image], size),
            masks=_decode(found[image][: len(people[image])], size),
            score=scores[pick.index],
            why=pick.why,
        )
        for pick in picks
    ]


def _runs(segmentation: Any, size: Sequence[int]) -> Any:
    """Compressed run lengths of a COCO segmentation."""
    if isinstance(segmentation, list):
        return coco_mask.merge(coco_mask.frPyObjects(segmentation, *size))
    if isinstance(segmentation["counts"], list):
        return coco_mask.frPyObjects(segmentation, *size)
    return segmentation


def _score(people: Sequence[Any], found: Sequence[Any]) -> float:
    if not found:
        return 0.0
    overlaps = coco_mask.iou(list(people), list(found), [0] * len(found))
    return float(np.asarray(overlaps).max(axis=1).mean())


def _decode(runs: Sequence[Any], size: Sequence[int]) -> np.ndarray:
    if not runs:
        return np.zeros((0, *size), dtype=bool)
    return np.moveaxis(coco_mask.decode(list(runs)), -1, 0) > 0
