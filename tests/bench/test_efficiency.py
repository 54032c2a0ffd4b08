"""Speeds and memory as a run of the engine: measured, planned, compared, verified."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from mmsia.bench.efficiency import measure_efficiency
from mmsia.bench.efficiency_scores import summarise
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.speed import phases
from mmsia.errors import ConfigError

CONFIG = "configs/cganet/cganet_384_d1w64_{}.py"
NARROW = {
    "input_size": 128,
    "replace": {
        "backbone.width": 8,
        "head.in_channels": 12,
        "head.channels": 8,
        "roi_head.in_channels": [12, 22, 32],
        "roi_head.channels": 16,
    },
}
ROWS = {
    name: {"config": CONFIG.format(name), "overlay": NARROW}
    for name in ("guider", "cascade")
}


def _request(**settings: object) -> Request:
    given = {"rows": ROWS, "scores": ["fps", "fps_fixed", "train_sps"], "device": {}}
    return Request({**given, **settings}, None, 0, 50, 1, threads=1)


def _measure() -> Measurement:
    before = phases.BUDGET
    phases.BUDGET = 0.1
    try:
        return measure_efficiency(_request())
    finally:
        phases.BUDGET = before


@pytest.fixture(scope="module")
def found() -> Measurement:
    return _measure()


def test_every_row_has_every_score(found) -> None:
    names = ("fps", "fps_fixed", "train_sps", "network_ms", "after_ms", "loaded_ms")
    for row in ROWS:
        for name in names:
            value = found.scores[f"{row}/{name}"]
            low, high = found.intervals[f"{row}/{name}"]
            assert 0 < low <= value <= high
    assert found.draws["guider/fps"].shape == (50,)


def test_rows_were_timed_in_the_same_rounds(found) -> None:
    times = found.predictions["times"]
    for part in ("total", "fixed", "train", "network", "loaded"):
        assert len({len(own) for own in times[part].values()}) == 1
    assert found.device["rounds"] == {"total": 8, "train": 8}


def test_the_parts_make_the_whole(found) -> None:
    """The quickest round of each, and in one of three: others may use this machine."""
    measured = chain([found], (_measure() for _ in range(2)))
    assert any(_parts_make_the_whole(one.predictions["times"]) for one in measured)


def _parts_make_the_whole(times: dict) -> bool:
    parts = {
        row: sum(min(times[part][row]) for part in ("prepared", "network", "after"))
        for row in ROWS
    }
    whole = {row: min(times["total"][row]) for row in ROWS}
    return parts == pytest.approx(whole, rel=0.6)


def test_the_run_says_what_it_was_made_on(found) -> None:
    about = found.device
    assert about["name"] and about["threads"] >= 1 and len(about["load"]) == 2
    assert about["batches"] == {"guider": phases.CPU_BATCH, "cascade": phases.CPU_BATCH}
    assert min(about["people"].values()) >= 15
    assert about["answered"] == list(ROWS)


def test_stored_times_give_the_same_numbers(found) -> None:
    again = summarise(found.predictions, 50)
    assert again.scores == dict(found.scores)
    assert again.intervals == dict(found.intervals)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rows": {}}, "0 rows"),
        ({"scores": ["fps", "joules"]}, "joules"),
        ({"device": {"kind": "cuda", "name": "NVIDIA T0"}}, "NVIDIA T0"),
    ],
)
def test_what_cannot_be_measured_is_refused(settings, words) -> None:
    with pytest.raises(ConfigError, match=words):
        measure_efficiency(_request(**settings))


def _record() -> dict:
    return {
        "times": {
            "total": {"a": [0.5, 0.25, 1.0], "b": [1.0, 0.5, 2.0]},
            "train": {"a": [2.0, 4.0, 3.0]},
        },
        "batches": {"a": 6},
        "memory": {"a": {"reserved": 30.0, "allocated": 20.0}, "b": {}},
    }


def test_scores_worked_by_hand() -> None:
    found = summarise(_record(), 200)
    # medians of 0.5 s an image, and of 3 s for a step of six samples
    assert found.scores["a/fps"] == 2.0
    assert found.scores["a/train_sps"] == 2.0
    assert found.scores["a/memory"] == 20.0 and found.scores["a/reserved_mb"] == 30.0
    assert "b/memory" not in found.scores


def test_the_same_rounds_are_drawn_for_all_rows() -> None:
    draws = summarise(_record(), 200).draws
    np.testing.assert_allclose(draws["a/fps"] / draws["b/fps"], 2.0)


@pytest.mark.slow
def test_memory_grows_with_the_network() -> None:
    wide = {**NARROW, "replace": {**NARROW["replace"], "roi_head.channels": 128}}
    rows = {"guider": ROWS["guider"], "wide": {**ROWS["guider"], "overlay": wide}}
    scores = measure_efficiency(_request(rows=rows, scores=["memory"])).scores
    assert scores["wide/memory"] > scores["guider/memory"] + 5


@pytest.mark.gpu
def test_a_gpu_counts_its_memory_and_times_half_precision(monkeypatch) -> None:
    monkeypatch.setattr(phases, "BUDGET", 0.1)
    wanted = ["fps", "fps_fixed", "fps_fp16", "train_sps", "memory"]
    found = measure_efficiency(_request(scores=wanted))
    assert found.device["kind"] == "cuda" and found.device["cudnn"]
    assert found.device["batches"] == {"guider": 8, "cascade": 8}
    for row in ROWS:
        assert found.scores[f"{row}/memory"] == found.scores[f"{row}/allocated_mb"] > 0
        assert found.scores[f"{row}/fps_fp16"] > 0
