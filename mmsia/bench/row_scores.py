"""The score of a row: the mean over its seeds, with an interval over all of chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.bench.stats import interval, resample_seeds
from mmsia.bench.store import StoredRun
from mmsia.errors import DataError

SEED_OF_SEEDS = 0
"""Of the draws of the seeds, so that a report is the same each time."""


@dataclass(frozen=True)
class RowScore:
    """A row's score.

    Attributes:
        value: Mean over the seeds.
        interval: 95 %.
        num_seeds: How many there are.
    """

    value: float
    interval: tuple[float, float]
    num_seeds: int


def row_score(runs: Sequence[StoredRun], score: str | None) -> RowScore | None:
    """The score of a row, or None if its runs do not give it.

    Args:
        runs: Its runs, one a seed.
        score: Name of the score.
    """
    values = [run.result["scores"].get(score) for run in runs]
    given = [run.result["intervals"].get(score) for run in runs]
    if not runs or score is None or None in values or None in given:
        return None
    if len(runs) == 1:
        return RowScore(values[0], tuple(given[0]), 1)
    draws = resample_seeds(
        [draws_table(runs, score)], rng=np.random.default_rng(SEED_OF_SEEDS)
    )
    return RowScore(float(np.mean(values)), interval(draws), len(runs))


def draws_table(runs: Sequence[StoredRun], score: str) -> np.ndarray:
    """The draws of a row: one line a seed, one column a draw of the images.

    Args:
        runs: Its runs.
        score: Name of the score.

    Raises:
        DataError: If a run kept no draws, or not over the same images as the others.
    """
    rows = [run.draws.get(score) for run in runs]
    for run, row in zip(runs, rows, strict=True):
        if row is None:
            raise DataError(
                f"the run {run.key}",
                expected=f"draws of {score}",
                got="none: an earlier mmsia made it, or it has no such score",
                remedy="Run it again in another --work-dir",
            )
    if len({images_of(run) for run in runs}) > 1:
        raise DataError("the seeds of a row", expected="the same images in all of them")
    if len({len(row) for row in rows if row is not None}) > 1:
        raise DataError("the seeds of a row", expected="as many draws in all of them")
    return np.stack([row for row in rows if row is not None])


def images_of(run: StoredRun) -> tuple[str, int, tuple[int, ...]]:
    """What draws stand for: data, number of images used, and which were scored.

    Args:
        run: The run.
    """
    data = run.provenance["data"]
    chosen = tuple(run.result.get("image_ids", ()))
    return data["digest"], data["num_used"], chosen
