"""The verdict of a cell, worked by hand for every side of the margins."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.bench.rules import (
    ASSUMED_SPREADS,
    MARGINS,
    Band,
    judge,
    judge_claim,
    judge_count,
    margin_of,
)
from mmsia.bench.terms import MEANINGS, SYMBOLS, Scale, Verdict
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


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(5.1, Verdict.MATCH), (5.25, Verdict.MATCH), (5.26, Verdict.DIFFERS)],
)
def test_counts_have_no_interval(value: float, verdict: Verdict) -> None:
    assert judge_count(5.1, value, 0.153) is verdict
    assert judge_count(None, value, 0.153) is Verdict.NO_REFERENCE


def test_only_what_is_information_has_no_margin(catalogue) -> None:
    metrics = {c.metric for e in catalogue.values() for c in e.table.columns}
    assert metrics - set(MARGINS) == {
        *("inference speed", "training speed", "not stated", "difference of means")
    }


def test_a_spread_is_assumed_for_every_score_of_a_trained_network() -> None:
    relative = {metric for metric, margin in MARGINS.items() if margin.relative}
    counted = {*relative, "model size increase", "model size ratio"}
    assert set(ASSUMED_SPREADS) == set(MARGINS) - counted


def test_nothing_printed_gives_no_reference() -> None:
    verdict = judge(None, (0.0, 1.0), margin=0.5, higher_is_better=True)
    assert verdict is Verdict.NO_REFERENCE


def test_margins_are_fixed_beforehand() -> None:
    assert margin_of("AP") is MARGINS["AP"]
    assert (margin_of("AP").at(60.0), str(margin_of("AP"))) == (0.5, "0.5 points")
    # 3 % of 28.5 M parameters.
    assert margin_of("parameters").at(28.5) == pytest.approx(0.855)
    assert str(margin_of("MPJPE")) == "0.3 mm"
    with pytest.raises(ConfigError, match="no margin for the metric 'PCKh'"):
        margin_of("PCKh")


def test_every_verdict_has_a_symbol_of_its_own_and_a_meaning() -> None:
    assert set(SYMBOLS) == set(MEANINGS) == set(Verdict)
    assert len(set(SYMBOLS.values())) == len(Verdict)


def _normal(mean: float) -> np.ndarray:
    return mean + np.random.default_rng(0).normal(0, 1, 2000)


@pytest.mark.parametrize(
    ("mean", "scale", "claimed", "verdict"),
    [
        (5.0, Scale.MINI, 4.0, "holds"),
        (-5.0, Scale.MINI, 4.0, "contrary"),
        (-5.0, Scale.PAPER, 4.0, "fails"),
        (0.5, Scale.PAPER, 4.0, "inconclusive"),
        (0.5, Scale.PAPER, 2.0, "underpowered"),
        (0.5, Scale.PAPER, None, "inconclusive"),
    ],
)
def test_claims_are_decided_from_their_effect(mean, scale, claimed, verdict) -> None:
    found = judge_claim(_normal(mean), 0.0, 2.8, scale, claimed=claimed)
    assert found.verdict.value == verdict
    assert found.ci_low < found.effect < found.ci_high
    assert found.effect == pytest.approx(mean, abs=0.1)


def test_a_band_asks_for_both_sides() -> None:
    draws = _normal(0.0)
    assert judge_claim(draws, Band(-5, 5), 1, Scale.MINI).verdict == "holds"
    assert judge_claim(draws, Band(-5, 0), 1, Scale.MINI).verdict == "inconclusive"
    assert judge_claim(draws, Band(5, 8), 1, Scale.MINI).verdict == "contrary"
    assert judge_claim(draws, Band(-8, -5), 1, Scale.MINI).verdict == "contrary"


def test_holms_p_can_take_a_verdict_back() -> None:
    found = judge_claim(_normal(3.0), 0.0, 2.8, Scale.MINI, adjusted_p=0.06)
    assert found.verdict == "inconclusive"
