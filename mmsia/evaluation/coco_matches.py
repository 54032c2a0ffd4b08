"""Matches of predictions with people, image by image, as COCO defines them.

Matching is pycocotools': it is the definition of the published numbers, and the only
one of the three libraries that keeps each image's matches, which the bootstrap needs.
faster-coco-eval and xtcocotools serve as cross-checks in the tests. A trap of
pycocotools is closed here: an empty list of predictions, on which it raises IndexError.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mmsia.datasets.coco_keypoints import PERSON_CATEGORY
from mmsia.errors import DataError, InputError


class Scores(Protocol):
    """The library's own numbers in percent; -1 where nothing of that size exists."""

    @property
    def ap(self) -> float:
        """Mean over the thresholds."""

    @property
    def ap_m(self) -> float:
        """Of medium people."""

    @property
    def ap_l(self) -> float:
        """Of large people."""

    def as_dict(self) -> dict[str, float]:
        """All numbers by name."""


@dataclass(frozen=True)
class Kind:
    """What is matched, and how.

    Attributes:
        iou_type: Of COCOeval, `keypoints`, `segm` or `bbox`.
        areas: Its area ranges, in its order.
        scores: Takes the numbers of its summary, percent, in its order.
    """

    iou_type: str
    areas: tuple[str, ...]
    scores: Callable[..., Scores]


@dataclass(frozen=True)
class AreaMatches:
    """Matches of one area range, detections sorted by descending score.

    Attributes:
        image: (D,) index of each detection's image.
        true: (T, D) whether it is a true positive, by threshold.
        false: (T, D) whether it is a false positive.
        num_people: (I,) people to be found in each image.
    """

    image: np.ndarray
    true: np.ndarray
    false: np.ndarray
    num_people: np.ndarray


@dataclass(frozen=True)
class CocoMatches:
    """Everything that AP depends on, image by image.

    Attributes:
        image_ids: (I,) the images scored.
        areas: One entry for each area range.
        recall_thrs: (R,) the 101 recall levels.
        scores: The library's own numbers.
    """

    image_ids: np.ndarray
    areas: dict[str, AreaMatches]
    recall_thrs: np.ndarray
    scores: Scores


def match_people(
    kind: Kind,
    dataset: Mapping[str, Any],
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int],
) -> CocoMatches:
    """Match checked predictions with people, image by image.

    Args:
        kind: What is matched.
        dataset: Annotations as COCO's json has them; they stay untouched.
        predictions: COCO results.
        image_ids: Images to score.
    """
    return match_categories(kind, dataset, predictions, image_ids, [PERSON_CATEGORY])[
        PERSON_CATEGORY
    ]


def match_categories(
    kind: Kind,
    dataset: Mapping[str, Any],
    predictions: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int],
    category_ids: Sequence[int],
) -> dict[int, CocoMatches]:
    """Match checked predictions with annotations of their category, image by image.

    Args:
        kind: What is matched.
        dataset: Annotations as COCO's json has them; they stay untouched.
        predictions: COCO results.
        image_ids: Images to score.
        category_ids: Categories to score.

    Returns:
        Matches of each category; all have the scores of all categories together.
    """
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = _coco(dataset)
        found = _results(truth, predictions)
        evaluation = COCOeval(truth, found, kind.iou_type)
        evaluation.params.imgIds = list(image_ids)
        evaluation.params.catIds = sorted(category_ids)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    params = evaluation.params
    stats = np.asarray(evaluation.stats, dtype=np.float64)
    stats = np.where(stats < 0, -1.0, 100.0 * stats)
    scores = kind.scores(*(float(value) for value in stats))
    # (categories, areas, images), as COCOeval's loops go
    records = np.asarray(evaluation.evalImgs, dtype=object)
    records = records.reshape(len(params.catIds), len(kind.areas), -1)
    return {
        category: CocoMatches(
            image_ids=np.asarray(params.imgIds),
            areas={
                name: _collect(block, len(params.iouThrs), params.maxDets[-1])
                for name, block in zip(kind.areas, blocks, strict=True)
            },
            recall_thrs=np.asarray(params.recThrs),
            scores=scores,
        )
        for category, blocks in zip(params.catIds, records, strict=True)
    }


def _collect(block: np.ndarray, num_thrs: int, max_detections: int) -> AreaMatches:
    """Matches of one area range, from pycocotools' record of each image."""
    scores, images, matched, ignored = [], [], [], []
    num_people = np.zeros(len(block))
    for index, record in enumerate(block):
        if record is None:
            continue
        num_people[index] = np.count_nonzero(np.asarray(record["gtIgnore"]) == 0)
        count = min(len(record["dtScores"]), max_detections)
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


def check_image_ids(
    known: Collection[int], wanted: Sequence[int] | None, path: Path
) -> list[int]:
    """Images to score, in order.

    Args:
        known: Those of the annotations.
        wanted: Some of them; None means all.
        path: Of the annotations, for the message.

    Raises:
        InputError: If there are none, or unknown ones.
    """
    ids = sorted(known) if wanted is None else sorted({int(i) for i in wanted})
    unknown = [i for i in ids if i not in known]
    if not ids or unknown:
        raise InputError(
            f"images to score of {path}",
            expected="one or more of its image ids",
            got=f"unknown ids {unknown[:5]}" if unknown else "no ids",
        )
    return ids


def check_result(prediction: Mapping[str, Any], where: str, known: Any) -> None:
    """Check what all COCO results have.

    Args:
        prediction: A result.
        where: Its name in messages.
        known: Images of the annotations.

    Raises:
        DataError: An image that the annotations do not list, or another category.
    """
    if prediction.get("image_id") not in known:
        raise DataError(where, expected="an image of the annotations", got="none")
    if prediction.get("category_id") != PERSON_CATEGORY:
        raise DataError(
            f"category of {where}",
            expected=f"{PERSON_CATEGORY}",
            got=f"{prediction.get('category_id')!r}",
        )
