"""The one rule module: margins fixed beforehand, verdicts of cells and of claims.

The interval is that of (ours - printed); the print counts as one run, so its own
uncertainty is unknown and left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmsia.bench.stats import LEVEL, interval
from mmsia.bench.terms import ClaimVerdict, Scale, Verdict
from mmsia.errors import ConfigError


@dataclass(frozen=True)
class Margin:
    """Half width of "the same".

    Attributes:
        width: In the metric's own unit, or as a share of the printed number.
        unit: What `width` is in; `%` of the printed number if `relative`.
        relative: Whether it is a share.
    """

    width: float
    unit: str
    relative: bool = False

    def at(self, published: float) -> float:
        """The half width beside a printed number, in its unit."""
        return self.width / 100 * abs(published) if self.relative else self.width

    def __str__(self) -> str:
        """Such as `0.5 AP points` or `3 % of the print`."""
        return f"{self.width:g} {self.unit}"


_POINTS = dict.fromkeys(
    (
        *("AP", "AP50", "AP75", "AP_M", "AP_L", "AR", "PCK", "mPCK", "OracleId"),
        *("PCK difference of means", "OracleId difference of means"),
    ),
    Margin(0.5, "points"),
)
_LENGTHS = dict.fromkeys(("MPJPE", "MPVPE", "MRRPE"), Margin(0.3, "mm"))
# paper silent: pixels of a crop in which a hand spans about as many as millimetres.
_PIXELS = dict.fromkeys(("2D joint error", "MIAA"), Margin(0.3, "px"))
_COUNTS = dict.fromkeys(
    ("parameters", "FLOPs"), Margin(3.0, "% of the print", relative=True)
)
# A ratio of two counts, each of which may be off by its margin.
_RATIOS = dict.fromkeys(
    ("model size increase", "model size ratio"), Margin(3.0, "points")
)
_MEMORY = {"training memory": Margin(10.0, "% of the print", relative=True)}

MARGINS: Mapping[str, Margin] = {
    **_POINTS,
    **_LENGTHS,
    **_PIXELS,
    **_COUNTS,
    **_RATIOS,
    **_MEMORY,
}
"""Metric -> its margin, fixed before any run that it judges. Speeds have none: they
are information. Neither has a metric that its paper does not state."""


CURVE_PART, CURVE_SLOPE = 0.1, 0.05
"""A loss curve is flat if it fell by less than 5 % over the last tenth of the steps."""

ASSUMED_SPREADS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(_POINTS, (0.5, 15.0)),
    **dict.fromkeys(_LENGTHS, (0.1, 2.0)),
    **dict.fromkeys(_PIXELS, (0.1, 2.0)),
}
"""Metric -> assumed standard deviation between seeds, and of the paired difference of
two rows for one image or, where frames come in sequences, for one of these. What a plan
can detect is stated from these before anything is run; the report states it again from
the spreads that were found."""


def margin_of(metric: str) -> Margin:
    """The margin of a metric.

    Raises:
        ConfigError: If none was fixed for it: a verdict may not invent one.
    """
    if metric not in MARGINS:
        raise ConfigError(
            f"no margin for the metric {metric!r}",
            expected=f"one of {', '.join(MARGINS)}",
            remedy="Fix one in mmsia/bench/rules.py before the run that it judges",
        )
    return MARGINS[metric]


def judge_count(published: float | None, value: float, margin: float) -> Verdict:
    """Compare a count, which has no uncertainty, with a printed number.

    Args:
        published: The printed number, or None.
        value: Ours.
        margin: Half width of "the same", of rounding at the least.
    """
    if published is None:
        return Verdict.NO_REFERENCE
    return Verdict.MATCH if abs(value - published) <= margin else Verdict.DIFFERS


def judge(
    published: float | None,
    interval: tuple[float, float],
    *,
    margin: float,
    higher_is_better: bool,
) -> Verdict:
    """Compare an interval of our value with a printed number.

    Args:
        published: The printed number, or None.
        interval: Lower and upper bound of our value, 95 %.
        margin: Half width of "the same".
        higher_is_better: Direction of the metric.
    """
    if published is None:
        return Verdict.NO_REFERENCE
    low, high = interval[0] - published, interval[1] - published
    if -margin <= low and high <= margin:
        return Verdict.MATCH
    if low > margin:
        return Verdict.BETTER if higher_is_better else Verdict.WORSE
    if high < -margin:
        return Verdict.WORSE if higher_is_better else Verdict.BETTER
    return Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Band:
    """Where an effect must lie for a claim to hold: above `low` and below `high`."""

    low: float
    high: float = math.inf

    def p_value(self, effect_draws: np.ndarray) -> float:
        """Two-sided p of the verdict that the draws lean to, never zero."""
        inside, outside = self._tails(effect_draws)
        return min(1.0, 2.0 * min(inside, outside))

    def leans_inside(self, effect_draws: np.ndarray) -> bool:
        """Whether the draws speak for the claim rather than against it."""
        inside, outside = self._tails(effect_draws)
        return inside < outside

    def _tails(self, effect_draws: np.ndarray) -> tuple[float, float]:
        """Share of draws against "inside", and against "outside"."""
        finite = effect_draws[np.isfinite(effect_draws)]
        number = len(finite) + 1
        above_low = (1 + np.count_nonzero(finite >= self.low)) / number
        below_low = (1 + np.count_nonzero(finite <= self.low)) / number
        below_high = (1 + np.count_nonzero(finite <= self.high)) / number
        above_high = (1 + np.count_nonzero(finite >= self.high)) / number
        return max(below_low, above_high), min(above_low, below_high)


@dataclass(frozen=True)
class ClaimJudgement:
    """The verdict of a claim with the effect that it rests on."""

    verdict: ClaimVerdict
    effect: float
    ci_low: float
    ci_high: float
    p_value: float


def judge_claim(
    effect_draws: np.ndarray,
    threshold: Band | float,
    smallest_detectable_effect: float,
    scale: Scale,
    *,
    claimed: float | None = None,
    adjusted_p: float | None = None,
    effect: float | None = None,
) -> ClaimJudgement:
    """Decide a claim from draws of its effect.

    Args:
        effect_draws: (B,) as `two_level_bootstrap` gives them.
        threshold: What the effect must exceed, or the band it must lie in.
        smallest_detectable_effect: What the plan could detect, stated before the run.
        scale: Only at the paper's scale can a claim fail.
        claimed: The printed effect; without it nothing is called underpowered.
        adjusted_p: p after Holm over the paper's claims; default that of this one.
        effect: On the data as they are; default the mean of the draws, which for AP
            lies a little off.
    """
    band = threshold if isinstance(threshold, Band) else Band(threshold)
    low, high = interval(effect_draws)
    p_value = band.p_value(effect_draws) if adjusted_p is None else adjusted_p
    room = math.inf if claimed is None else _distance(claimed, band)
    if p_value <= LEVEL and band.leans_inside(effect_draws):
        verdict = ClaimVerdict.HOLDS
    elif p_value <= LEVEL:
        paper = scale is Scale.PAPER
        verdict = ClaimVerdict.FAILS if paper else ClaimVerdict.CONTRARY
    elif smallest_detectable_effect > room:
        verdict = ClaimVerdict.UNDERPOWERED
    else:
        verdict = ClaimVerdict.INCONCLUSIVE
    effect = float(np.nanmean(effect_draws)) if effect is None else effect
    return ClaimJudgement(verdict, effect, low, high, p_value)


def _distance(claimed: float, band: Band) -> float:
    """How far the claimed effect is from where the claim would no longer hold."""
    return min(abs(claimed - end) for end in (band.low, band.high))
