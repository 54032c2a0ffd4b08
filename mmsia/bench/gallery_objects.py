"""Images of a figure of objects by their overlap, and what a network finds there."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mmsia.bench.gallery import pick_images
from mmsia.bench.reopened import Reopened
from mmsia.datasets.object_annotations import ObjectAnnotations
from mmsia.ops.object_keypoints import ALPHA, take_nearest_peaks

SLIGHT = 0.2
"""IoU of two boxes up to which their overlap is slight."""

LEVELS = (
    "one object",
    "one category, apart",
    "one category, slight overlap",
    "one category, overlap",
    "several categories, apart",
    "several categories, slight overlap",
    "several categories, overlap",
)
"""Panels of the paper's Figure 6, and the one that its (c) leaves out."""


@dataclass(frozen=True)
class ObjectChoice:
    """One image of a figure.

    Attributes:
        image_id: Its number.
        level: Of `LEVELS`.
        score: Share of its annotated keypoints that have a peak near by.
        why: The rule that chose it.
        truth: (P, 2) annotated keypoints, pixels.
    """

    image_id: int
    level: str
    score: float
    why: str
    truth: np.ndarray


@dataclass(frozen=True)
class FoundObject:
    """An object that a network found.

    Attributes:
        points: (P, 2) pixels of the image.
        links: (L, 2) numbers of keypoints.
        box: (4,) xyxy pixels.
    """

    points: np.ndarray
    links: np.ndarray
    box: np.ndarray


@dataclass(frozen=True)
class SeenObjects:
    """What a network finds in an image.

    Attributes:
        choice: The image.
        confidence: (H, W) the crops' maps, put back into the image.
        plain: Its objects without LIS.
        settled: Its objects with LIS.
    """

    choice: ObjectChoice
    confidence: np.ndarray
    plain: tuple[FoundObject, ...]
    settled: tuple[FoundObject, ...]


def level_of(boxes: np.ndarray, categories: Sequence[int]) -> str:
    """How the objects of an image overlap.

    Args:
        boxes: (N, 4) xyxy pixels, one at least.
        categories: (N,).
    """
    if len(boxes) == 1:
        return LEVELS[0]
    several = len(set(categories)) > 1
    kind = "several categories" if several else "one category"
    most = max(_overlap(a, b) for a, b in combinations(np.asarray(boxes, float), 2))
    if most == 0:
        return f"{kind}, apart"
    return f"{kind}, slight overlap" if most <= SLIGHT else f"{kind}, overlap"


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (first, second)]
    return shared / max(sum(areas) - shared, 1e-12)


def choose_images(
    truth: ObjectAnnotations,
    predictions: Sequence[Mapping[str, Any]],
    *,
    quantiles: Sequence[float],
    num_worst: int,
) -> list[ObjectChoice]:
    """Of each level the images that `pick_images` picks; a level may have none.

    Args:
        truth: Annotations.
        predictions: What `ObjectsPCK.read` returned, of all objects of the images.
        quantiles: Of the image's score.
        num_worst: How many of the worst.
    """
    found = {each["id"]: each for each in predictions}
    rows: dict[int, list[int]] = {}
    for row, number in enumerate(truth.ids.tolist()):
        if number in found:
            rows.setdefault(int(truth.image_ids[row]), []).append(row)
    by_level: dict[str, list[ObjectChoice]] = {level: [] for level in LEVELS}
    for image, members in rows.items():
        level = level_of(truth.boxes[members], truth.category_ids[members].tolist())
        labelled = truth.labelled[members]
        near = [_near(truth, row, found[int(truth.ids[row])]) for row in members]
        points = truth.keypoints[members][labelled]
        if len(points):
            score = float(np.concatenate(near).mean())
            by_level[level].append(ObjectChoice(image, level, score, "", points))
    chosen = []
    for choices in by_level.values():
        picks = pick_images(
            [choice.score for choice in choices],
            [choice.image_id for choice in choices],
            quantiles=quantiles,
            num_worst=num_worst,
        )
        chosen += [
            ObjectChoice(
                choices[pick.index].image_id,
                choices[pick.index].level,
                choices[pick.index].score,
                pick.why,
                choices[pick.index].truth,
            )
            for pick in picks
        ]
    return chosen


def _near(truth: ObjectAnnotations, row: int, found: Mapping[str, Any]) -> np.ndarray:
    """(P,) bool of an object's annotated keypoints: a peak lies near by."""
    wanted = truth.keypoints[row][truth.labelled[row]]
    side = float((truth.boxes[row, 2:] - truth.boxes[row, :2]).max())
    peaks = np.asarray(found["points"], np.float64).reshape(-1, 2)
    away = np.linalg.norm(take_nearest_peaks(peaks, wanted) - wanted, axis=-1)
    return away < ALPHA * side


def look_at(choices: Sequence[ObjectChoice], opened: Reopened) -> list[SeenObjects]:
    """Let a network look at chosen images, with LIS and without.

    Args:
        choices: The images.
        opened: KLPNet and its test images.
    """
    import torch

    with torch.no_grad():
        return [_look_at(choice, opened) for choice in choices]


def _look_at(choice: ObjectChoice, opened: Reopened) -> SeenObjects:
    from mmsia.visualization.object_links import image_confidence

    model, data = opened.model, opened.batch_of(choice.image_id)
    model.test_cfg["output_heatmaps"] = True
    shared = model.extract_for_test(data["inputs"])
    found = {}
    for lis in (False, True):
        model.lis = lis
        found[lis] = model.predict_from(shared, copy.deepcopy(data["data_samples"]))
    height, width = data["data_samples"][0].metainfo["ori_shape"][:2]
    return SeenObjects(
        choice,
        image_confidence(found[False], (width, height)),
        tuple(map(_as_found, found[False])),
        tuple(map(_as_found, found[True])),
    )


def _as_found(sample: Any) -> FoundObject:
    found = sample.pred_instances
    links = found.links[0] if "links" in found else np.zeros((0, 2), np.int64)
    box = np.asarray(sample.gt_instances.bboxes, np.float64)[0]
    return FoundObject(np.asarray(found.keypoints[0], np.float64), links, box)
