"""`mmsia benchmark COMPONENT` and `--all`: words, exit status and files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.speed import components
from mmsia.bench.speed.record import Record, Setting, record_of
from mmsia.bench.speed.timing import Timing
from mmsia.cli.main import main


class Laboratory:
    """Stands for the measurements; the peer takes `share` of our time."""

    share, reason = 2.0, ""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], Setting]] = []

    def __call__(self, names: Sequence[str], setting: Setting) -> Iterator[Record]:
        self.asked.append((list(names), setting))
        timings = [
            Timing("mmsia X", np.full(5, 0.001)),
            Timing("peer", np.full(5, 0.001 * self.share)),
        ]
        for name in names:
            yield record_of(
                name, "case", timings, setting, before=0.5, reason=self.reason
            )


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    made = Laboratory()
    monkeypatch.setattr(components, "measure_components", made)
    return made


@pytest.mark.parametrize("words", [["--all"], ["all"]])
def test_all_measures_everything_and_writes(laboratory, words, tmp_path: Path, capsys):
    out = tmp_path / "cpu"
    assert main(["benchmark", *words, "--out", str(out), "--seconds", "2"]) == 0
    assert laboratory.asked == [(list(components.COMPONENTS), Setting(seconds=2.0))]
    printed = capsys.readouterr().out
    assert "2.00 times as long [2.00, 2.00]: ours is faster" in printed
    assert f"table, plot and all numbers: {out / 'speed.md'}" in printed
    written = json.loads((out / "speed.json").read_text())
    assert written["command"] == (
        f"mmsia benchmark --all --out {out} --seconds 2 --rounds 60 --threads 1"
    )
    assert len(written["records"]) == len(components.COMPONENTS)


def test_one_component_alone(laboratory):
    assert main(["benchmark", "metrics", "--rounds", "3"]) == 0
    assert laboratory.asked == [(["metrics"], Setting(rounds=3))]


def test_a_loss_without_a_reason_fails(laboratory, capsys):
    laboratory.share = 0.5
    assert main(["benchmark", "metrics"]) == 1
    assert "no reason is stated why ours takes longer: case" in capsys.readouterr().out
    laboratory.reason = "it does more"
    assert main(["benchmark", "metrics"]) == 0
    printed = capsys.readouterr().out
    assert "why: it does more" in printed and "no reason" not in printed


@pytest.mark.parametrize(
    "words", [["--rounds", "0"], ["--threads", "0"], ["--seconds", "0"]]
)
def test_wrong_numbers_are_named(words, capsys):
    assert main(["benchmark", "--all", *words]) == 2
    assert words[0].removeprefix("--") in capsys.readouterr().err


def test_nothing_named(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["benchmark"])
    assert stop.value.code == 2 and "WHAT" in capsys.readouterr().err
