"""The verdict of a cell, worked by hand for every side of the margins."""

from __future__ import annotations

import pytest

from mmsia.bench.rules import MARGINS, judge, margin_of
from mmsia.bench.terms import MEANINGS, SYMBOLS, Verdict
from mmsia.errors import ConfigError


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((59.6, 60.4), Verdict.MATCH),
        ((59.5, 60.5), Verdict.MATCH),
        ((60.6, 62.0), Verdict.BETTER),
        ((57.0, 59.4), Verdict.WORSE),
        ((59.0, 60.2), Verdict.INCONCLUSIVE),
        ((58.0, 62.0), Verdict.INCONCLUSIVE),
        ((60.4, 60.6), Verdict.INCONCLUSIVE),
    ],
)
def test_verdicts_around_60_with_a_margin_of_a_half(
    interval: tuple[float, float], verdict: Verdict
) -> None:
    given = judge(60.0, interval, margin=0.5, higher_is_better=True)
    assert given is verdict
    swapped = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    other_way = judge(60.0, interval, margin=0.5, higher_is_better=False)
    assert other_way is swapped.get(verdict, verdict)


def test_nothing_printed_gives_no_reference() -> None:
    verdict = judge(None, (0.0, 1.0), margin=0.5, higher_is_better=True)
    assert verdict is Verdict.NO_REFERENCE


def test_margins_are_fixed_beforehand() -> None:
    assert margin_of("AP") == MARGINS["AP"] == 0.5
    with pytest.raises(ConfigError, match="no margin for the metric 'PCKh'"):
        margin_of("PCKh")


def test_every_verdict_has_a_symbol_of_its_own_and_a_meaning() -> None:
    assert set(SYMBOLS) == set(MEANINGS) == set(Verdict)
    assert len(set(SYMBOLS.values())) == len(Verdict)
