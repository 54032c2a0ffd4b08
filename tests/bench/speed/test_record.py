"""Records of comparisons: by hand, and from calls whose speeds are known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np
import pytest

from mmsia.bench.speed.record import (
    MIN_ROUNDS,
    Case,
    Outcome,
    Record,
    Setting,
    measure,
)
from mmsia.bench.speed.timing import Timing
from mmsia.errors import InputError

SETTING = Setting(rounds=7, seconds=60.0)


def record(ours: list[float], peer: list[float], reason: str = "") -> Record:
    timings = [Timing("ours", np.array(ours)), Timing("peer", np.array(peer))]
    device = {"kind": "cpu", "name": "a processor"}
    return Record(
        "part", "case", timings, device, 1, 2, (0.1, 0.2), {"mmsia": "1"}, {}, reason
    )


@pytest.mark.parametrize(
    ("peer", "outcome", "due"),
    [
        ([2.0] * 5, Outcome.FASTER, False),
        ([0.5, 2.0, 0.5, 2.0, 1.0], Outcome.EVEN, False),
        # 0.95 of our time: slower, but within a tenth.
        ([0.95] * 5, Outcome.SLOWER, False),
        ([0.9] * 5, Outcome.SLOWER, True),
    ],
)
def test_outcome_and_whether_a_reason_is_due(peer, outcome, due):
    (ratio,) = record([1.0] * 5, peer).ratios
    assert ratio.outcome is outcome and ratio.needs_reason is due
    assert record([1.0] * 5, peer).is_unexplained is due
    assert not record([1.0] * 5, peer, "it does more").is_unexplained


def test_record_as_plain_values():
    found = json.loads(json.dumps(record([1.0, 2.0], [3.0, 6.0]).as_dict()))
    assert found["times_ms"] == {"ours": [1000, 2000], "peer": [3000, 6000]}
    assert found["ratios"]["peer"] == {
        "times_as_long": 3, "ci_low": 3, "ci_high": 3, "ours_is": "faster",
    }  # fmt: skip
    assert (found["load_before"], found["load_after"]) == (0.1, 0.2)
    assert found["ours"] == "ours" and found["device"]["name"] == "a processor"


def test_rounds_fit_the_time_but_are_never_too_few():
    setting = Setting(rounds=40, seconds=2.0)
    assert setting.rounds_of(0.1) == 20
    assert setting.rounds_of(0.001) == 40
    assert setting.rounds_of(100.0) == MIN_ROUNDS


def _sleeper(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def test_measure_times_every_peer_and_asks_for_memory():
    calls = {"quick": [_sleeper(0.001)] * 2, "slow": [_sleeper(0.004)] * 2}
    case = Case("part", "sleep", calls, memory=lambda: {"quick": 1.0, "slow": None})
    found = measure(case, SETTING)
    assert [timing.name for timing in found.timings] == ["quick", "slow"]
    assert all(timing.times.shape == (7,) for timing in found.timings)
    assert found.ratios[0].outcome is Outcome.FASTER
    assert found.megabytes == {"quick": 1.0, "slow": None}
    assert found.threads == 1 and found.device["kind"] == "cpu"
    assert {"mmsia", "commit", "python", "torch", "mmpose"} <= set(found.versions)


@pytest.mark.parametrize(
    "wrong", [{"rounds": 0}, {"seconds": 0.0}, {"threads": 0}, {"warm_up": 0}]
)
def test_settings_that_time_nothing(wrong):
    with pytest.raises(InputError, match="how long to benchmark"):
        Setting(**wrong)


def test_a_case_without_calls():
    with pytest.raises(InputError, match="nothing to time"):
        measure(Case("part", "none", {}), SETTING)
