"""Effects of claims from stored oracle runs, paired on the same images.

Ground-truth maps have no seeds: what is left to chance is which images are in the
data. Every row is scored on the same draws of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmsia.bench.claims import BestInColumn, Difference, EachBeats, Order, Test
from mmsia.bench.published import Table
from mmsia.bench.rules import Band, margin_of
from mmsia.bench.stats import Term, two_level_bootstrap
from mmsia.errors import InputError
from mmsia.evaluation.bootstrap import weighted_ap
from mmsia.evaluation.keypoint_matches import KeypointMatches

AREA_OF_SCORE = {"ap": "all", "ap_m": "medium", "ap_l": "large"}
"""Score of a run -> area range of its matches."""


@dataclass(frozen=True)
class Comparison:
    """First minus second in a column, times a sign that makes better positive."""

    first: str
    second: str
    column: str
    sign: int


def comparisons(test: Test, table: Table) -> list[Comparison]:
    """The differences that all must be on the claimed side; none if it has no rows.

    Args:
        test: A claim's test.
        table: The published table that it names.
    """
    match test:
        case Order():
            pairs = list(pairwise(test.rows))
        case EachBeats():
            pairs = [(row, test.than) for row in test.rows]
        case BestInColumn() if test.quantifier == "all":
            pairs = [(test.row, other) for other in test.among if other != test.row]
        case Difference():
            pairs = [(test.first, test.second)]
        case _:
            return []
    columns = {column.name: column for column in table.columns}
    up = isinstance(test, Difference)
    return [
        Comparison(a, b, c, 1 if up or columns[c].higher_is_better else -1)
        for a, b in pairs
        for c in test.columns
    ]


def band_of(test: Test, table: Table) -> Band:
    """Where the least of the differences must lie for the claim to hold.

    Args:
        test: A claim's test.
        table: The published table that it names.
    """
    if not isinstance(test, Difference):
        return Band(0.0)
    (metric,) = {c.metric for c in table.columns if c.name in test.columns}
    half = max(test.value.half_unit, test.tolerance, margin_of(metric))
    high = math.inf if test.kind == "difference_at_least" else test.value + half
    return Band(test.value - half, high)


def printed_effect(found: list[Comparison], table: Table) -> float | None:
    """The least of the differences as printed, None if a cell is empty."""
    effects = []
    for item in found:
        first = table.row(item.first).values[item.column]
        second = table.row(item.second).values[item.column]
        if first is None or second is None:
            return None
        effects.append(item.sign * (first - second))
    return min(effects, default=None)


def paired_effect_draws(
    first: KeypointMatches,
    second: KeypointMatches,
    *,
    num_draws: int,
    seed: int,
    area: str = "all",
) -> np.ndarray:
    """Draws of the difference in AP of two runs over the same images.

    Args:
        first: Matches of one run.
        second: Matches of the other.
        num_draws: Draws of the images.
        seed: Of the draws.
        area: Area range.

    Returns:
        (num_draws,) first minus second, AP points.

    Raises:
        InputError: If the two were not scored on the same images.
    """
    if not np.array_equal(first.image_ids, second.image_ids):
        raise InputError(
            "runs to compare",
            expected="the same images in both",
            got=f"{len(first.image_ids)} and {len(second.image_ids)} others",
        )

    def score(matches: KeypointMatches) -> Callable[[np.ndarray], np.ndarray]:
        return lambda weights: weighted_ap(matches, weights, area)

    return two_level_bootstrap(
        [Term([score(first)]), Term([score(second)], -1.0)],
        first.image_ids.tolist(),
        num_draws=num_draws,
        rng=np.random.default_rng(seed),
    )


@dataclass(frozen=True)
class Effect:
    """The least of some differences: all have to be on the claimed side.

    Attributes:
        value: On the images as they are.
        draws: (B,) over resampled images.
    """

    value: float
    draws: np.ndarray


def measure_effect(
    found: list[Comparison],
    matches: Mapping[str, KeypointMatches],
    scores: Mapping[str, str],
    *,
    num_draws: int,
    seed: int,
) -> Effect:
    """The effect of a claim, and its draws.

    Args:
        found: The differences.
        matches: Row -> matches of its run.
        scores: Column -> name of the score of a run.
        num_draws: Draws of the images, the same for every difference.
        seed: Of the draws.
    """
    values, draws = [], []
    for item in found:
        first, second = matches[item.first], matches[item.second]
        name = scores[item.column]
        area = AREA_OF_SCORE[name]
        drawn = paired_effect_draws(
            first, second, num_draws=num_draws, seed=seed, area=area
        )
        draws.append(item.sign * drawn)
        difference = getattr(first.scores, name) - getattr(second.scores, name)
        values.append(item.sign * difference)
    return Effect(min(values), np.min(draws, axis=0))
