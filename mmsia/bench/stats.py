"""Uncertainty of scores and effects: two-level bootstrap, Holm, smallest effect.

Seeds are resampled first, then images or whole groups of them (frames of a sequence).
The same images are drawn for every row and seed, so that what is hard for all cancels
in a difference. A handful of seeds says little about their spread: their part of a
draw is widened by what Student's t asks beyond the normal at these degrees of freedom.
docs/statistics.md has a worked example.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from mmsia.errors import InputError

LEVEL = 0.05
"""Two-sided level of every interval and verdict."""

POWER = 0.8
"""Chance of detecting the smallest detectable effect."""

Score = Callable[[np.ndarray], np.ndarray]
"""Image weights (B, I) -> (B,) the score of each draw."""


@dataclass(frozen=True)
class Term:
    """One row in an effect: the scores of its seeds, and its sign.

    Attributes:
        scores: One score a seed.
        factor: +1 or -1 in a difference.
    """

    scores: Sequence[Score]
    factor: float = 1.0


def image_weights(
    groups: Sequence[object], num_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """How often each image stands in each draw, whole groups at a time.

    Args:
        groups: (I,) what each image belongs to; the image itself if it is alone.
        num_draws: Draws.
        rng: Source of the draws.

    Returns:
        (num_draws, I) whole numbers.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    index = np.array([names[name] for name in groups], dtype=np.int64)
    chances = np.full(len(names), 1.0 / len(names))
    return rng.multinomial(len(names), chances, size=num_draws)[:, index]


def two_level_bootstrap(
    terms: Sequence[Term],
    groups: Sequence[object],
    *,
    num_draws: int,
    rng: np.random.Generator,
    paired_seeds: bool = False,
) -> np.ndarray:
    """Draws of an effect: the sum of its terms, each a mean over its seeds.

    Args:
        terms: The rows; one term gives a score, two of opposite sign a difference.
        groups: (I,) what each image belongs to.
        num_draws: Draws.
        rng: Source of the draws.
        paired_seeds: Whether seed s of every term is the same checkpoint.

    Returns:
        (num_draws,) draws. With one seed they say nothing of other seeds.

    Raises:
        InputError: If there are no seeds, or pairs of different length.
    """
    _check_seeds([len(term.scores) for term in terms], paired_seeds)
    weights = image_weights(groups, num_draws, rng)
    tables = [
        term.factor * np.stack([score(weights) for score in term.scores])
        for term in terms
    ]
    return resample_seeds(tables, rng=rng, paired_seeds=paired_seeds)


def resample_seeds(
    tables: Sequence[np.ndarray],
    *,
    rng: np.random.Generator,
    paired_seeds: bool = False,
) -> np.ndarray:
    """Draws of the sum of some rows, from each seed's score on each draw of images.

    Args:
        tables: (S, B) for each row, with its sign; column b met the same images
            everywhere.
        rng: Source of the draws of seeds.
        paired_seeds: Whether seed s of every row is the same checkpoint.

    Returns:
        (B,) draws. With one seed they say nothing of other seeds.

    Raises:
        InputError: If there are no seeds, pairs of different length, or not as many
            draws in each.
    """
    _check_seeds([len(table) for table in tables], paired_seeds)
    widths = {table.shape[1] for table in tables}
    if len(widths) > 1:
        raise InputError("draws of the rows", expected="as many each", got=f"{widths}")
    if paired_seeds:
        tables = [np.sum(tables, axis=0)]
    seeds = [_seed_spread(table) for table in tables]
    draws = np.sum([table.mean(axis=0) for table in tables], axis=0)
    image_variance = float(np.nanvar(draws))
    for table, spread in zip(tables, seeds, strict=True):
        draws = draws + _seed_shift(table, spread, rng)
    centre = np.nanmean(draws)
    return centre + _widening(seeds, image_variance) * (draws - centre)


def seed_spread(tables: Sequence[np.ndarray]) -> float:
    """Standard deviation between seeds, without what the images do to it.

    Args:
        tables: (S, B) for each row; rows of one seed say nothing.

    Returns:
        The root mean square over the rows, 0 if none has two seeds.
    """
    spreads = [_seed_spread(table) for table in tables if len(table) > 1]
    own = [s.own * (s.freedom + 1) for s in spreads]
    return math.sqrt(sum(own) / len(own)) if own else 0.0


def interval(draws: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of some draws; those without a score are left out.

    Raises:
        InputError: If no draw has a score.
    """
    finite = draws[np.isfinite(draws)]
    if not len(finite):
        raise InputError("an interval", expected="a finite draw", got="none")
    low, high = np.quantile(finite, [level / 2, 1 - level / 2])
    return float(low), float(high)


def p_value(draws: np.ndarray, threshold: float = 0.0) -> float:
    """Two-sided p of "the effect is the threshold", never zero."""
    finite = draws[np.isfinite(draws)]
    below = 1 + np.count_nonzero(finite <= threshold)
    above = 1 + np.count_nonzero(finite >= threshold)
    return min(1.0, 2.0 * min(below, above) / (len(finite) + 1))


def draws_needed(num_claims: int, level: float = LEVEL) -> int:
    """Draws without which no p can pass Holm's first step."""
    return math.ceil(2 * num_claims / level)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given.

    The chance of any false verdict among them stays below the level.
    """
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        worst = max(worst, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, worst)
    return adjusted


def smallest_detectable_effect(
    *,
    seed_sd: float,
    image_se: float,
    num_seeds: int,
    paired_seeds: bool = False,
    num_claims: int = 1,
    power: float = POWER,
) -> float:
    """The least difference of two rows that a plan detects with the given power.

    Args:
        seed_sd: Standard deviation between seeds, of a row's score; of the difference
            where seeds are paired.
        image_se: Standard error of the difference from resampling the images alone.
        num_seeds: Seeds a row.
        paired_seeds: Whether both rows come from the same checkpoints.
        num_claims: Claims that Holm's correction covers; its strictest step counts.
        power: Chance to detect it.

    Raises:
        InputError: If one seed a row shall tell how seeds differ.
    """
    if num_seeds < 2 and seed_sd > 0:
        raise InputError("seeds to judge a spread from", expected="2 or more", got="1")
    rows = 1 if paired_seeds else 2
    seed_variance = rows * seed_sd**2 / num_seeds
    variance = seed_variance + image_se**2
    if variance == 0:
        return 0.0
    freedom = math.inf
    if seed_variance > 0:
        # Welch-Satterthwaite: the images' part is known as if from many draws.
        freedom = variance**2 * rows * (num_seeds - 1) / seed_variance**2
    tail = 1 - LEVEL / (2 * num_claims)
    return float((_quantile(tail, freedom) + _quantile(power, freedom)) * variance**0.5)


def _check_seeds(counts: Sequence[int], paired: bool) -> None:
    if not counts or min(counts) < 1 or (paired and len(set(counts)) > 1):
        raise InputError(
            "seeds of the rows",
            expected="as many for each row" if paired else "one or more a row",
            got=f"{counts}",
        )


@dataclass(frozen=True)
class _SeedSpread:
    """What the seeds of one row add to the variance of its mean.

    Attributes:
        raw: Observed between seeds, in part the images' doing.
        own: The part that is left when the images' doing is taken off.
        freedom: Degrees of freedom of `raw`.
    """

    raw: float
    own: float
    freedom: int


def _seed_spread(table: np.ndarray) -> _SeedSpread:
    """Split the variance between the seeds of a (S, B) table of draws.

    A seed differs from another also because it does better on just these images. That
    part is in every draw of the images already and must not count twice.
    """
    num_seeds = len(table)
    if num_seeds == 1:
        return _SeedSpread(0.0, 0.0, 0)
    raw = float(np.nanmean(table, axis=1).var(ddof=1))
    deviations = table - table.mean(axis=0)
    by_image = float(np.nanvar(deviations, axis=1).mean()) * num_seeds / (num_seeds - 1)
    own = max(0.0, raw - by_image)
    return _SeedSpread(raw / num_seeds, own / num_seeds, num_seeds - 1)


def _seed_shift(
    table: np.ndarray, spread: _SeedSpread, rng: np.random.Generator
) -> np.ndarray:
    """(B,) how far resampled seeds move the mean of a (S, B) table."""
    num_seeds, num_draws = table.shape
    if spread.own == 0:
        return np.zeros(num_draws)
    chances = np.full(num_seeds, 1 / num_seeds)
    counts = rng.multinomial(num_seeds, chances, size=num_draws)
    means = np.nanmean(table, axis=1)
    deviations = means - means.mean()
    # The mean of n resampled deviations has n - 1 over n of the variance it should.
    factor = spread.own / spread.raw * num_seeds / (num_seeds - 1)
    return math.sqrt(factor) * (counts @ deviations) / num_seeds


def _widening(seeds: Sequence[_SeedSpread], image_variance: float) -> float:
    """Student's t over the normal, at the degrees of freedom of the whole variance."""
    doubt = sum(s.raw**2 / s.freedom for s in seeds if s.freedom)
    if doubt == 0:
        return 1.0
    # Welch-Satterthwaite: the images' part is known as if from many draws.
    freedom = (image_variance + sum(s.own for s in seeds)) ** 2 / doubt
    tail = 1 - LEVEL / 2
    return _quantile(tail, max(1.0, freedom)) / _quantile(tail, math.inf)


def _quantile(chance: float, freedom: float) -> float:
    # Of scipy.special: the same numbers as scipy.stats, a tenth of its import.
    return float(ndtri(chance) if math.isinf(freedom) else stdtrit(freedom, chance))
