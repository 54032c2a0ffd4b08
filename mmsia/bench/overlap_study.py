"""Whose keypoint is it, where two objects of one category overlap: LIS and without it.

Shapes are none of those that the statistics of distances were learned from. A box's
peaks are all keypoints inside of it, its neighbour's as well, as a crop shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mmsia.bench.made_objects import NAMES, MadeObject, draw_codes, make_object
from mmsia.bench.stats import interval
from mmsia.evaluation.bootstrap import draw_weights
from mmsia.ops.distance_statistics import DistanceStatistics, learn_distances
from mmsia.ops.location_instability import Peaks, settle_overlaps

WAYS = ("each box keeps what it holds", "nearest middle", "LIS")
SHIFT = (0.2, 0.6)
"""Of the box, by which the second object lies beside the first."""
MOVED = 1.0
"""Deviation of a peak from its keypoint, pixels; objects are about 100 long."""
_TRAINED, _MARGIN = 200, 2.0


@dataclass(frozen=True)
class OverlapQuality:
    """F1 of who owns which keypoint, percent.

    Attributes:
        category: Name, or `all`.
        way: Of `WAYS`.
        f1: Over the pairs.
        interval: 95 %, over pairs.
        gain: LIS minus this way.
        gain_interval: 95 %.
    """

    category: str
    way: str
    f1: float
    interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]


def study_overlaps(
    pairs: int = 100,
    noise: float = 0.5,
    seed: int = 0,
    num_draws: int = 2000,
    on_step: Callable[[str], None] = lambda what: None,
) -> list[OverlapQuality]:
    """Settle pairs of overlapping objects of every category, in three ways.

    Args:
        pairs: Of each category.
        noise: Of features; codes of parts have a deviation of 1.
        seed: Of everything.
        num_draws: Of the bootstrap over pairs.
        on_step: Told of each category.

    Returns:
        One for each category and way, those of all categories last.
    """
    rng = np.random.default_rng(seed)
    codes = draw_codes(rng)
    statistics = _learn(codes, noise, rng)
    tables: dict[str, dict[str, np.ndarray]] = {}
    for label, name in enumerate(NAMES):
        on_step(name)
        counted: dict[str, list[tuple[int, int]]] = {way: [] for way in WAYS}
        for _ in range(pairs):
            for way, count in _settle_pair(
                label, codes, noise, statistics, rng
            ).items():
                counted[way].append(count)
        tables[name] = {way: np.array(rows) for way, rows in counted.items()}
    tables["all"] = {
        way: np.concatenate([table[way] for table in tables.values()]) for way in WAYS
    }
    return [
        quality
        for name, table in tables.items()
        for quality in _qualities(name, table, num_draws, seed)
    ]


def _learn(
    codes: Sequence[np.ndarray], noise: float, rng: np.random.Generator
) -> DistanceStatistics:
    labels = np.repeat(np.arange(len(NAMES)), _TRAINED)
    points = np.zeros((len(labels), max(map(len, codes)), 2))
    seen, boxes = np.zeros(points.shape[:2], bool), np.zeros((len(labels), 4))
    for row, label in enumerate(labels):
        made = make_object(int(label), codes, noise, rng, unseen=False)
        points[row, : len(made.points)], boxes[row] = made.points, made.box
        seen[row, : len(made.points)] = True
    return learn_distances(points, seen, boxes, labels, len(NAMES))


def _settle_pair(
    label: int,
    codes: Sequence[np.ndarray],
    noise: float,
    statistics: DistanceStatistics,
    rng: np.random.Generator,
) -> dict[str, tuple[int, int]]:
    """Way -> keypoints that are right, and given out plus there."""
    make = partial(make_object, label, codes, noise, rng, unseen=True)
    first = make()
    size = first.box[2:] - first.box[:2]
    way = rng.uniform(*SHIFT, 2) * size * rng.choice((-1, 1), 2)
    second = make(place=(float(way[0]), float(way[1])))
    points = np.concatenate([first.points, second.points])
    points = points + rng.normal(0, MOVED, points.shape)
    whose = np.repeat([0, 1], [len(first.points), len(second.points)])
    boxes = np.stack([first.box, second.box])
    peaks, shown = _peaks((first, second), boxes, points, codes[label], statistics, rng)
    settled = settle_overlaps(boxes, np.array([label] * 2), peaks, statistics)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    away = (points[:, None] - middles) / (boxes[:, 2:] - boxes[:, :2])
    nearest = np.linalg.norm(away, axis=-1).argmin(axis=1)
    owners = {
        WAYS[0]: shown,
        WAYS[1]: [np.flatnonzero(nearest == number) for number in (0, 1)],
        WAYS[2]: [
            np.array([shown[g][p] for g, p in one.source], dtype=np.int64)
            for one in settled
        ],
    }
    return {
        name: (
            sum(int((whose[own] == number).sum()) for number, own in enumerate(sets)),
            sum(map(len, sets)) + len(whose),
        )
        for name, sets in owners.items()
    }


def _peaks(
    objects: Sequence[MadeObject],
    boxes: np.ndarray,
    points: np.ndarray,
    codes: np.ndarray,
    statistics: DistanceStatistics,
    rng: np.random.Generator,
) -> tuple[list[Peaks], list[np.ndarray]]:
    """What each box's crop shows, and which of all points that is."""
    features = np.concatenate([made.features for made in objects])
    number = statistics.mean.shape[1]
    distances = np.full((len(features), number), np.inf)
    distances[:, : len(codes)] = np.linalg.norm(features[:, None] - codes, axis=-1)
    scores = rng.uniform(0.3, 1, len(points))
    peaks, shown = [], []
    for low, high in zip(boxes[:, :2] - _MARGIN, boxes[:, 2:] + _MARGIN, strict=True):
        index = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
        shown.append(index)
        peaks.append(Peaks(points[index], scores[index], distances[index]))
    return peaks, shown


def _qualities(
    category: str, table: dict[str, np.ndarray], num_draws: int, seed: int
) -> list[OverlapQuality]:
    weights = draw_weights(len(table[WAYS[0]]), num_draws, seed)
    ones = np.ones((1, weights.shape[1]))

    def scores(counts: np.ndarray, of: np.ndarray) -> np.ndarray:
        right, both = (of @ counts).T
        return 200 * right / both

    best, best_draws = scores(table["LIS"], ones)[0], scores(table["LIS"], weights)
    found = []
    for way, counts in table.items():
        value, draws = scores(counts, ones)[0], scores(counts, weights)
        found.append(
            OverlapQuality(
                category,
                way,
                float(value),
                interval(draws),
                float(best - value),
                interval(best_draws - draws),
            )
        )
    return found
