"""Keypoints of objects without identity: who is who, and PCK by category (Table 3).

"Nearest canonical feature as keypoint identification" and "oracle assigned keypoint
identification", both by StarMap's rule: each annotated keypoint takes a peak, the
one whose features are nearest to the part's, or the one that lies nearest. It counts
if that is nearer than alpha times the longer side of the annotated box; one without any
peak to take is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.errors import InputError
from mmsia.ops.pck import pck_by_image

ALPHA = 0.1


@dataclass(frozen=True)
class CategoryScores:
    """PCK of several categories, in [0, 1].

    Attributes:
        by_category: (C,) over all keypoints of a category; NaN without any.
        counts: (C,) annotated keypoints.
    """

    by_category: np.ndarray
    counts: np.ndarray

    @property
    def mean(self) -> float:
        """Mean over categories that have keypoints, each counting the same."""
        return float(np.mean(self.by_category[self.counts > 0]))

    @property
    def keypoint_mean(self) -> float:
        """Mean over all keypoints: categories count by how many they have."""
        used = self.counts > 0
        return float(np.average(self.by_category[used], weights=self.counts[used]))


def take_nearest_peaks(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Oracle identity: each annotated keypoint takes the nearest peak.

    Args:
        points: (P, 2) pixels.
        truth: (K, 2) pixels; what is not finite takes nothing.

    Returns:
        (K, 2) pixels; NaN where there is no peak to take.
    """
    truth = np.asarray(truth, np.float64)
    if not len(points):
        return np.full(truth.shape, np.nan)
    away = np.linalg.norm(truth[:, None] - points[None], axis=-1)
    found = np.asarray(points, np.float64)[np.nan_to_num(away, nan=np.inf).argmin(1)]
    return np.where(np.isfinite(truth).all(axis=1, keepdims=True), found, np.nan)


def take_part_peaks(
    points: np.ndarray, part_peaks: np.ndarray, num_parts: int
) -> np.ndarray:
    """Identity by features: each part takes the peak that was found to be nearest.

    Args:
        points: (P, 2) pixels.
        part_peaks: (K,) or more; number of the peak of each part, -1 for none
            (CanonicalFeatureBank.choose).
        num_parts: K.

    Returns:
        (K, 2) pixels; NaN for parts without a peak.
    """
    chosen = np.asarray(part_peaks, np.int64)[:num_parts]
    found = np.full((num_parts, 2), np.nan)
    known = np.flatnonzero(chosen >= 0)
    found[known] = np.asarray(points, np.float64)[chosen[known]]
    return found


def take_identified_peaks(
    points: np.ndarray, scores: np.ndarray, parts: np.ndarray, num_parts: int
) -> np.ndarray:
    """Each part takes the highest of the peaks that are it, as stored runs once had it.

    Args:
        points: (P, 2) pixels.
        scores: (P,).
        parts: (P,) part of each peak, -1 for none (CanonicalFeatureBank.identify).
        num_parts: K.

    Returns:
        (K, 2) pixels; NaN for parts without a peak.
    """
    found = np.full((num_parts, 2), np.nan)
    order = np.argsort(scores, kind="stable")
    order = order[(parts[order] >= 0) & (parts[order] < num_parts)]
    # the highest is written last
    found[parts[order]] = np.asarray(points, np.float64)[order]
    return found


def identify_peaks(
    found: Mapping[str, Any], truth: np.ndarray, identity: str
) -> np.ndarray:
    """The peaks of one object as its parts.

    Args:
        found: `points` (P, 2) and, for "features", `part_peaks`; predictions that were
            stored without them have `scores` (P,) and `parts` (P,).
        truth: (K, 2) annotated keypoints, pixels.
        identity: "oracle" or "features".

    Returns:
        (K, 2) pixels; NaN for parts without a peak.
    """
    points = np.asarray(found["points"], np.float64).reshape(-1, 2)
    if identity == "oracle":
        return take_nearest_peaks(points, truth)
    if found.get("part_peaks") is not None:
        return take_part_peaks(points, found["part_peaks"], len(truth))
    scores = np.asarray(found["scores"], np.float64)
    parts = np.asarray(found["parts"], np.int64)
    return take_identified_peaks(points, scores, parts, len(truth))


def count_links(
    found: Mapping[str, Any],
    truth: np.ndarray,
    labelled: np.ndarray,
    side: float,
    links: Sequence[Sequence[int]],
    alpha: float = ALPHA,
) -> tuple[int, int]:
    """Links of one object that are right, whatever its peaks were taken for.

    An annotated link is found if the peaks nearest to its two keypoints are near
    enough, different and linked; a keypoint without a peak loses its links.

    Args:
        found: `points` (P, 2) and `links` (L, 2), numbers of points.
        truth: (K, 2) annotated keypoints, pixels.
        labelled: (K,) bool.
        side: Longer side of the annotated box, pixels.
        links: Pairs of parts of the category; those of two labelled ones count.
        alpha: Of the longer side.

    Returns:
        Right links, and predicted plus annotated ones: F1 is twice the first over the
        second, over all objects.
    """
    points = np.asarray(found["points"], np.float64).reshape(-1, 2)
    predicted = {tuple(sorted(map(int, pair))) for pair in found["links"]}
    wanted = [(int(a), int(b)) for a, b in links if labelled[a] and labelled[b]]
    right = 0
    if len(points) and wanted:
        away = np.linalg.norm(np.asarray(truth)[:, None] - points, axis=-1)
        nearest, near = away.argmin(axis=1), away.min(axis=1) < alpha * side
        right = sum(
            bool(near[a] and near[b])
            and tuple(sorted((int(nearest[a]), int(nearest[b])))) in predicted
            for a, b in wanted
        )
    return right, len(predicted) + len(wanted)


def score_categories(
    found: np.ndarray,
    truth: np.ndarray,
    labelled: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    alpha: float = ALPHA,
) -> CategoryScores:
    """PCK of each category.

    Args:
        found: (N, K, 2) pixels, padded to the category with most parts.
        truth: (N, K, 2) pixels.
        labelled: (N, K) bool, the keypoints that count.
        boxes: (N, 4) xyxy pixels, annotated.
        labels: (N,) category.
        num_classes: C.
        alpha: Of the longer side.

    Raises:
        InputError: Shapes that do not fit, or a box without area.
    """
    boxes = np.asarray(boxes, np.float64)
    size = boxes[:, 2:] - boxes[:, :2]
    if not (size > 0).all():
        raise InputError(
            "PCK of objects: annotated boxes",
            expected="sides above 0",
            got=f"{int((~(size > 0).all(axis=1)).sum())} without area",
            remedy="Take these objects out of the test set",
        )
    shares = pck_by_image(found, truth, labelled, size.max(axis=1), (alpha,))[:, 0]
    counts = np.asarray(labelled, bool).sum(axis=1)
    right = np.where(counts > 0, np.nan_to_num(shares) * counts, 0)
    total = np.bincount(labels, counts, num_classes)
    hits = np.bincount(labels, right, num_classes)
    with np.errstate(invalid="ignore"):
        return CategoryScores(hits / total, total.astype(np.int64))
