"""Matches of predicted poses with people, image by image, as COCO defines them.

Matching is pycocotools': it is the definition of the published numbers, and the only
one of the three libraries that keeps each image's matches, which the bootstrap needs.
faster-coco-eval and xtcocotools serve as cross-checks in the tests. Two traps of
pycocotools are closed here: an empty list of predictions (it raises IndexError) and
NaN coordinates (it counts them as a match).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mmsia.datasets.coco_keypoints import (
    NUM_KEYPOINTS,
    PERSON_CATEGORY,
    CocoKeypoints,
)
from mmsia.errors import DataError, InputError

MAX_DETECTIONS = 20
AREAS = ("all", "medium", "large")


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


@dataclass(frozen=True)
class AreaMatches:
    """Matches of one area range, detections sorted by descending score.

    Attributes:
        image: (D,) index of each detection's image.
        true: (T, D) whether it is a true positive, by OKS threshold.
        false: (T, D) whether it is a false positive.
        num_people: (I,) people to be found in each image.
    """

    image: np.ndarray
    true: np.ndarray
    false: np.ndarray
    num_people: np.ndarray


@dataclass(frozen=True)
class KeypointMatches:
    """Everything that AP depends on, image by image.

    Attributes:
        image_ids: (I,) the images scored.
        areas: One entry for each of `AREAS`.
        oks_thrs: (T,) thresholds, 0.50 to 0.95.
        recall_thrs: (R,) the 101 recall levels.
        scores: The library's own ten numbers.
    """

    image_ids: np.ndarray
    areas: dict[str, AreaMatches]
    oks_thrs: np.ndarray
    recall_thrs: np.ndarray
    scores: KeypointScores


def match_keypoints(
    ground_truth: CocoKeypoints,
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int] | None = None,
) -> KeypointMatches:
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
    from pycocotools.cocoeval import COCOeval

    ids = _image_ids(ground_truth, image_ids)
    _check_predictions(predictions, {r.image_id for r in ground_truth.images})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _coco(ground_truth.dataset)
        found = _results(truth, predictions)
        evaluation = COCOeval(truth, found, "keypoints")
        evaluation.params.imgIds = ids
        evaluation.params.catIds = [PERSON_CATEGORY]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    params = evaluation.params
    blocks = np.asarray(evaluation.evalImgs, dtype=object).reshape(len(AREAS), -1)
    areas = {
        name: _collect(block, len(params.iouThrs))
        for name, block in zip(AREAS, blocks, strict=True)
    }
    stats = np.asarray(evaluation.stats, dtype=np.float64)
    stats = np.where(stats < 0, -1.0, 100.0 * stats)
    return KeypointMatches(
        image_ids=np.asarray(params.imgIds),
        areas=areas,
        oks_thrs=np.asarray(params.iouThrs),
        recall_thrs=np.asarray(params.recThrs),
        scores=KeypointScores(*(float(value) for value in stats)),
    )


def _collect(block: np.ndarray, num_thrs: int) -> AreaMatches:
    """Matches of one area range, from pycocotools' record of each image."""
    scores, images, matched, ignored = [], [], [], []
    num_people = np.zeros(len(block))
    for index, record in enumerate(block):
        if record is None:
            continue
        num_people[index] = np.count_nonzero(np.asarray(record["gtIgnore"]) == 0)
        count = min(len(record["dtScores"]), MAX_DETECTIONS)
        scores.append(np.asarray(record["dtScores"][:count], dtype=np.float64))
        images.append(np.full(count, index))
        matched.append(np.asarray(record["dtMatches"])[:, :count] != 0)
        ignored.append(np.asarray(record["dtIgnore"])[:, :count] != 0)
    if not scores:
        none = np.zeros((num_thrs, 0), dtype=bool)
        return AreaMatches(np.zeros(0, dtype=np.int64), none, none, num_people)
    order = np.argsort(-np.concatenate(scores), kind="mergesort")
    match = np.concatenate(matched, axis=1)[:, order]
    counted = ~np.concatenate(ignored, axis=1)[:, order]
    image = np.concatenate(images)[order]
    return AreaMatches(image, match & counted, ~match & counted, num_people)


def _coco(dataset: Mapping[str, Any]) -> Any:
    """A pycocotools index over annotations that stay untouched."""
    from pycocotools.coco import COCO

    index = COCO()
    index.dataset = dict(dataset)
    index.dataset["annotations"] = [dict(a) for a in dataset["annotations"]]
    index.createIndex()
    return index


def _results(truth: Any, predictions: Sequence[Mapping[str, Any]]) -> Any:
    if predictions:
        return truth.loadRes([dict(p) for p in predictions])
    empty = {k: truth.dataset[k] for k in ("images", "categories")}
    return _coco({**empty, "annotations": []})


def _image_ids(truth: CocoKeypoints, wanted: Sequence[int] | None) -> list[int]:
    known = {record.image_id for record in truth.images}
    ids = sorted(known) if wanted is None else sorted({int(i) for i in wanted})
    unknown = [i for i in ids if i not in known]
    if not ids or unknown:
        raise InputError(
            f"images to score of {truth.path}",
            expected="one or more of its image ids",
            got=f"unknown ids {unknown[:5]}" if unknown else "no ids",
        )
    return ids


def _check_predictions(
    predictions: Sequence[Mapping[str, Any]], known: set[int]
) -> None:
    for index, prediction in enumerate(predictions):
        where = f"prediction {index} (image {prediction.get('image_id')!r})"
        numbers = np.asarray(prediction.get("keypoints", ()), dtype=np.float64)
        if prediction.get("image_id") not in known:
            raise DataError(where, expected="an image of the annotations", got="none")
        if prediction.get("category_id") != PERSON_CATEGORY:
            raise DataError(
                f"category of {where}",
                expected=f"{PERSON_CATEGORY}",
                got=f"{prediction.get('category_id')!r}",
            )
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
