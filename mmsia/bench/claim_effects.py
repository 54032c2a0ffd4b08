"""Effects of claims from stored runs, paired on the same images.

Every run keeps its score on the same draws of the images. Trainings differ by their
seeds as well; rows that decode the same checkpoints are paired on these, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mmsia.bench.claims import (
    BestInColumn,
    Difference,
    EachBeats,
    Monotone,
    Order,
    Test,
)
from mmsia.bench.published import Table
from mmsia.bench.row_scores import SEED_OF_SEEDS, draws_table, images_of
from mmsia.bench.rules import Band, margin_of
from mmsia.bench.stats import resample_seeds, seed_spread
from mmsia.bench.store import StoredRun
from mmsia.errors import DataError


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
        case Monotone(along="rows", shape="rising"):
            pairs = [(later, row) for row, later in pairwise(test.rows)]
        case Monotone(along="rows", shape="falling"):
            pairs = list(pairwise(test.rows))
        case _:
            return []
    columns = {column.name: column for column in table.columns}
    # these speak of the numbers, the others of what is better
    up = isinstance(test, Difference | Monotone)
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
    half = max(test.value.half_unit, test.tolerance, margin_of(metric).at(test.value))
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


@dataclass(frozen=True)
class Effect:
    """The least of some differences: all have to be on the claimed side.

    Attributes:
        value: On the images and seeds as they are.
        draws: (B,) over resampled seeds and images.
        image_se: Standard error of the difference that rests on the images alone.
        seed_sd: Standard deviation between seeds, of a row's score; of the difference
            where rows share their checkpoints.
        num_seeds: Fewest seeds of a row.
        paired: Whether all rows share their checkpoints.
    """

    value: float
    draws: np.ndarray
    image_se: float
    seed_sd: float
    num_seeds: int
    paired: bool


def measure_effect(
    found: Sequence[Comparison],
    rows: Mapping[str, Sequence[StoredRun]],
    scores: Mapping[str, str],
) -> Effect:
    """The effect of a claim, and its draws.

    Args:
        found: The differences.
        rows: Row -> its runs, one a seed.
        scores: Column -> name of the score of a run.

    Raises:
        DataError: If runs kept no draws, or were not scored on the same images.
    """
    parts = [_difference(c, rows[c.first], rows[c.second], scores) for c in found]
    least = min(parts, key=lambda part: part.value)
    return replace(least, draws=np.min([part.draws for part in parts], axis=0))


def _difference(
    item: Comparison,
    first: Sequence[StoredRun],
    second: Sequence[StoredRun],
    scores: Mapping[str, str],
) -> Effect:
    """One difference of two rows, seeds and images both drawn."""
    name = scores[item.column]
    if len({images_of(run) for run in (*first, *second)}) > 1:
        raise DataError(
            f"runs of {item.first} and {item.second}",
            expected="the same images in both",
            got="others",
        )
    one, other = (draws_table(runs, name) for runs in (first, second))
    paired = share_checkpoints(first, second)
    rng = np.random.default_rng(SEED_OF_SEEDS)
    tables = [item.sign * one, -item.sign * other]
    draws = resample_seeds(tables, rng=rng, paired_seeds=paired)
    value = np.mean([run.result["scores"][name] for run in first]) - np.mean(
        [run.result["scores"][name] for run in second]
    )
    return Effect(
        value=item.sign * float(value),
        draws=draws,
        image_se=float(np.nanstd(one.mean(axis=0) - other.mean(axis=0))),
        seed_sd=seed_spread([one - other] if paired else [one, other]),
        num_seeds=min(len(first), len(second)),
        paired=paired,
    )


def share_checkpoints(first: Sequence[StoredRun], second: Sequence[StoredRun]) -> bool:
    """Whether seed s of both rows is the same checkpoint, decoded in two ways.

    Args:
        first: Runs of one row.
        second: Runs of the other.
    """
    one, other = ([run.provenance.get("weights") for run in r] for r in (first, second))
    return None not in one and one == other
