"""Location instability strategy: whose keypoint is it, where boxes of one kind overlap.

KLPNet, Section 3.3.4 and Figure 5. Peaks in exactly one box are fixed; peaks in the
intersection are implicit, and complete the instances' parts, by their features and by
how far they lie from fixed nodes, against what training says of the category. What fits
nowhere is an outlier and is deleted. Links are then predicted again.

paper silent: all but the idea. Here one Hungarian assignment of implicit peaks to open
parts of the overlapping instances; its cost is the feature distance to the part's mean
in units of what nearest parts have, plus the mean |z| of the distances to fixed nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components

from mmsia.errors import InputError
from mmsia.ops.distance_statistics import DistanceStatistics, box_diagonals

MAX_Z = 2.0
SAME_PEAK = 0.02
"""Of the smaller diagonal: crops of two boxes show a keypoint of both at one place."""
UNKNOWN_Z = 1.0
"""Where nothing is known of any distance: about what a right part has."""
_NEVER = 1e6


@dataclass(frozen=True)
class Peaks:
    """Keypoints of an instance.

    Attributes:
        points: (P, 2) pixels of the image.
        scores: (P,).
        part_distances: (P, K) of the features to the means of the category's parts,
            inf for parts without (CanonicalFeatureBank.distances).
    """

    points: np.ndarray
    scores: np.ndarray
    part_distances: np.ndarray


@dataclass(frozen=True)
class Settled:
    """Whose keypoints are an instance's.

    Attributes:
        source: (N, 2) which peak each is: number of the instance and of its peak.
        parts: (N,) part that it was taken for; -1 if it was not looked at.
        changed: Whether the keypoints are others than before.
    """

    source: np.ndarray
    parts: np.ndarray
    changed: bool


def settle_overlaps(
    boxes: np.ndarray,
    labels: np.ndarray,
    peaks: Sequence[Peaks],
    statistics: DistanceStatistics,
    max_z: float = MAX_Z,
) -> list[Settled]:
    """Hand out the keypoints of one image where boxes of one category overlap.

    Instances are left as they are that overlap none of their category, whose category
    has no statistics, or whose overlapping boxes have no fixed peak to go by.

    Args:
        boxes: (M, 4) xyxy pixels.
        labels: (M,) category.
        peaks: Of each instance.
        statistics: Of distances in training.
        max_z: Mean |z| above which a peak is no keypoint of the instance.

    Raises:
        InputError: Shapes that do not fit, or numbers that are not finite.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    labels = np.asarray(labels, np.int64)
    _check(boxes, labels, peaks, statistics)
    settled = [_as_it_was(number, len(one.points)) for number, one in enumerate(peaks)]
    for group in _overlapping(boxes, labels, statistics):
        found = _settle_group(
            boxes[group],
            [peaks[number] for number in group],
            statistics,
            int(labels[group[0]]),
            max_z,
        )
        if found is None:
            continue
        for number, (source, parts) in zip(group, found, strict=True):
            source = np.stack([group[source[:, 0]], source[:, 1]], axis=1)
            order = np.lexsort(source.T[::-1])
            before = settled[number].source
            changed = not np.array_equal(source[order], before)
            settled[number] = Settled(source[order], parts[order], changed)
    return settled


def _settle_group(
    boxes: np.ndarray,
    peaks: Sequence[Peaks],
    statistics: DistanceStatistics,
    label: int,
    max_z: float,
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Sources (N, 2) and parts (N,) of each instance; None: nothing to go by."""
    diagonals = box_diagonals(boxes)
    source, points, away = _pool(peaks, SAME_PEAK * diagonals.min())
    low, high = boxes[:, :2], boxes[:, 2:]
    inside = (points[:, None] >= low) & (points[:, None] <= high)
    inside = inside.all(axis=-1)
    implicit = inside.sum(axis=1) > 1
    # in no box at all, but in the wider crop: its own instance's
    owner = np.where(inside.any(axis=1), inside.argmax(axis=1), source[:, 0])
    owner[implicit] = -1
    if (owner < 0).all() or not np.isfinite(away).any():
        return None
    unit = np.median(away.min(axis=1))
    away = np.minimum(away / (unit if unit > 0 else 1.0), _NEVER)
    parts = np.full(len(points), -1)
    for instance in range(len(boxes)):
        mine = np.flatnonzero(owner == instance)
        chosen, part = _assign(away[mine])
        parts[mine[chosen]] = part
    owner[parts < 0] = -1
    loose = np.flatnonzero(implicit)
    cost = _costs(
        points, away, owner, parts, loose, inside, diagonals, statistics, label, max_z
    )
    chosen, slot = _assign(cost)
    owner[loose[chosen]], parts[loose[chosen]] = np.divmod(slot, away.shape[1])
    return [
        (source[owner == instance], parts[owner == instance])
        for instance in range(len(boxes))
    ]


def _costs(
    points: np.ndarray,
    away: np.ndarray,
    owner: np.ndarray,
    parts: np.ndarray,
    loose: np.ndarray,
    inside: np.ndarray,
    diagonals: np.ndarray,
    statistics: DistanceStatistics,
    label: int,
    max_z: float,
) -> np.ndarray:
    """(I, G K) cost of each implicit peak for each part of each instance."""
    known, number = statistics.known[label], away.shape[1]
    cost = np.full((len(loose), len(diagonals), number), _NEVER)
    for instance, diagonal in enumerate(diagonals):
        fixed = np.flatnonzero(owner == instance)
        to = np.linalg.norm(points[loose, None] - points[fixed], axis=-1) / diagonal
        column = parts[fixed]
        with_fixed = (slice(None), column)
        mean = statistics.mean[label][with_fixed]
        deviation = statistics.deviation[label][with_fixed]
        score = np.abs(to[:, None] - mean) / deviation
        use = known[with_fixed]
        total, pairs = (score * use).sum(axis=-1), use.sum(axis=-1)
        z = np.where(pairs > 0, total / np.maximum(pairs, 1), UNKNOWN_Z)
        fits = (z <= max_z) & inside[loose, instance, None]
        fits &= ~np.isin(np.arange(number), column)
        cost[:, instance] = np.where(fits, away[loose] + z, _NEVER)
    return cost.reshape(len(loose), len(diagonals) * number)


def _assign(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the cheapest assignment, without those that never fit."""
    rows, columns = linear_sum_assignment(np.minimum(cost, _NEVER))
    fits = cost[rows, columns] < _NEVER
    return rows[fits], columns[fits]


def _pool(
    peaks: Sequence[Peaks], radius: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Peaks of all instances, each place once: source (P, 2), points, distances."""
    source = np.concatenate(
        [
            np.stack([np.full(len(one.points), number), np.arange(len(one.points))], 1)
            for number, one in enumerate(peaks)
        ]
    )
    points = np.concatenate([one.points for one in peaks]).astype(np.float64)
    away = np.concatenate([one.part_distances for one in peaks]).astype(np.float64)
    order = np.argsort(-np.concatenate([one.scores for one in peaks]), kind="stable")
    source, points, away = source[order], points[order], away[order]
    near = np.linalg.norm(points[:, None] - points[None], axis=-1) <= radius
    near &= source[:, None, 0] != source[None, :, 0]
    kept = np.ones(len(points), dtype=bool)
    for number in range(len(points)):
        # the higher one, if it is kept itself, stands for both
        kept[number] = not (near[number, :number] & kept[:number]).any()
    return source[kept], points[kept], away[kept]


def _overlapping(
    boxes: np.ndarray, labels: np.ndarray, statistics: DistanceStatistics
) -> list[np.ndarray]:
    """Numbers of the instances of each group of two or more."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    linked = (high > low).all(axis=-1) & (labels[:, None] == labels)
    linked &= statistics.known.any(axis=(1, 2))[labels][:, None]
    if not len(boxes):
        return []
    _, group = connected_components(linked, directed=False)
    groups = (np.flatnonzero(group == number) for number in np.unique(group))
    return [members for members in groups if len(members) > 1]


def _as_it_was(number: int, count: int) -> Settled:
    source = np.stack([np.full(count, number), np.arange(count)], axis=1)
    return Settled(source, np.full(count, -1), False)


def _check(
    boxes: np.ndarray,
    labels: np.ndarray,
    peaks: Sequence[Peaks],
    statistics: DistanceStatistics,
) -> None:
    categories, parts = statistics.mean.shape[:2]
    odd = (labels < 0) | (labels >= categories)
    if len(labels) != len(boxes) or len(peaks) != len(boxes) or odd.any():
        raise InputError(
            "LIS: instances",
            expected=f"labels below {categories} and peaks for each of {len(boxes)}",
            got=f"{len(labels)} labels {labels.tolist()[:5]}, {len(peaks)} peaks",
        )
    if not np.isfinite(boxes).all():
        raise InputError("LIS: boxes", expected="finite pixels", got="NaN or inf")
    for number, one in enumerate(peaks):
        count = len(one.points)
        shapes = [np.shape(one.points), np.shape(one.scores)]
        shapes.append(np.shape(one.part_distances))
        finite = shapes == [(count, 2), (count,), (count, parts)]
        finite = finite and np.isfinite(one.points).all()
        finite = finite and np.isfinite(one.scores).all()
        if not finite or np.isnan(one.part_distances).any():
            raise InputError(
                f"LIS: peaks of instance {number}",
                expected=f"finite points (P, 2), scores (P,), distances (P, {parts})",
                got=f"{shapes}, or NaN among them",
                remedy="NaN comes from a diverged training or an overflow",
            )
