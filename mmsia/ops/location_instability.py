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
SAME_BOX = 0.9
"""IoU from which two boxes are of the same pixels, and nothing tells them apart."""
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

    Instances are left as they are that overlap none of their category, that share
    their pixels with another one (say, two detections of one object), whose category
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


@dataclass
class _Group:
    """Peaks of instances of one category whose boxes overlap, each place once.

    Attributes:
        source: (P, 2) instance and peak.
        points: (P, 2) pixels.
        away: (P, K) feature distances, in units of those to the nearest part.
        inside: (P, G) bool, which boxes hold a peak.
        diagonals: (G,) pixels.
        owner: (P,) instance, -1 for none.
        parts: (P,) part, -1 for none.
    """

    source: np.ndarray
    points: np.ndarray
    away: np.ndarray
    inside: np.ndarray
    diagonals: np.ndarray
    owner: np.ndarray
    parts: np.ndarray

    @property
    def implicit(self) -> np.ndarray:
        """(I,) peaks in the intersection of boxes."""
        return np.flatnonzero(self.inside.sum(axis=1) > 1)


def _gather(boxes: np.ndarray, peaks: Sequence[Peaks]) -> _Group | None:
    """Peaks with fixed ones owned; None: nothing to go by."""
    diagonals = box_diagonals(boxes)
    source, points, away = _pool(peaks, SAME_PEAK * diagonals.min())
    inside = (points[:, None] >= boxes[:, :2]) & (points[:, None] <= boxes[:, 2:])
    inside = inside.all(axis=-1)
    # in no box at all, but in the wider crop: its own instance's
    owner = np.where(inside.any(axis=1), inside.argmax(axis=1), source[:, 0])
    owner[inside.sum(axis=1) > 1] = -1
    if (owner < 0).all() or not np.isfinite(away).any():
        return None
    unit = np.median(away.min(axis=1))
    away = np.minimum(away / (unit if 0 < unit < np.inf else 1.0), _NEVER)
    parts = np.full(len(points), -1)
    return _Group(source, points, away, inside, diagonals, owner, parts)


def _settle_group(
    boxes: np.ndarray,
    peaks: Sequence[Peaks],
    statistics: DistanceStatistics,
    label: int,
    max_z: float,
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Sources (N, 2) and parts (N,) of each instance; None: nothing to go by."""
    group = _gather(boxes, peaks)
    if group is None:
        return None
    owner, parts = group.owner, group.parts
    for instance in range(len(boxes)):
        mine = np.flatnonzero(owner == instance)
        chosen, part = _assign(group.away[mine])
        parts[mine[chosen]] = part
    # more fixed peaks than the category has parts
    owner[parts < 0] = -1
    costs = [
        _costs(group, instance, statistics, label, max_z)
        for instance in range(len(boxes))
    ]
    loose = group.implicit
    chosen, slot = _assign(np.concatenate(costs, axis=1))
    owner[loose[chosen]], parts[loose[chosen]] = np.divmod(slot, group.away.shape[1])
    kept = [owner == instance for instance in range(len(boxes))]
    return [(group.source[mine], parts[mine]) for mine in kept]


def _costs(
    group: _Group,
    instance: int,
    statistics: DistanceStatistics,
    label: int,
    max_z: float,
) -> np.ndarray:
    """(I, K) cost of each implicit peak for each part of an instance."""
    loose, fixed = group.implicit, np.flatnonzero(group.owner == instance)
    taken = group.parts[fixed]
    apart = np.linalg.norm(group.points[loose, None] - group.points[fixed], axis=-1)
    apart = apart[:, None] / group.diagonals[instance]
    table = statistics.mean[label][:, taken], statistics.deviation[label][:, taken]
    known = statistics.known[label][:, taken]
    score = np.where(known, np.abs(apart - table[0]) / table[1], 0).sum(axis=-1)
    pairs = known.sum(axis=-1)
    z = np.where(pairs > 0, score / np.maximum(pairs, 1), UNKNOWN_Z)
    fits = (z <= max_z) & group.inside[loose, instance, None]
    fits &= ~np.isin(np.arange(len(pairs)), taken)
    return np.where(fits, group.away[loose] + z, _NEVER)


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
    if not len(boxes):
        return []
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = np.maximum(high - low, 0).prod(axis=-1)
    area = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=-1)
    linked = (both > 0) & (labels[:, None] == labels)
    union = np.maximum(area[:, None] + area - both, 1e-12)
    twin = (linked & (both / union > SAME_BOX)).sum(axis=1) > 1
    settled = ~twin & statistics.known.any(axis=(1, 2))[labels]
    linked &= settled[:, None] & settled
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
