"""The one rule module: margins fixed beforehand, and the verdict of a cell.

The interval is that of (ours - printed); the print counts as one run, so its own
uncertainty is unknown and left out.
"""

from __future__ import annotations

from mmsia.bench.terms import Verdict
from mmsia.errors import ConfigError

MARGINS = {"AP": 0.5, "AP_M": 0.5, "AP_L": 0.5}
"""Metric -> half width of "the same", in the metric's own unit (AP points)."""


def margin_of(metric: str) -> float:
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
