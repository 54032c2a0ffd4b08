"""Rates of made data are measured on what is really made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmsia.bench.speed.simulate import benchmark_simulated
from mmsia.cli.main import main
from mmsia.errors import InputError


def test_prints_and_writes_a_rate_per_family(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rates.json"
    words = ["benchmark", "simulate", "--families", "hands", "people"]
    assert main([*words, "--images", "9", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "hands (256 x 256): " in printed
    assert "people (512 x 512, ten people): " in printed
    measured = json.loads(out.read_text())["measured"]
    for rate in measured:
        # rounded up to a chunk of eight for both workers
        assert (rate["images"], rate["workers"]) == (16, 2)
        assert rate["images_per_second"] == pytest.approx(16 / rate["seconds"])
        assert 0.05 < rate["megabytes"] < 5
        # two processors cannot work longer than twice the wall clock says
        assert 0.1 < rate["processor_seconds"] < 2.2 * rate["seconds"]


def test_nothing_to_time_is_named() -> None:
    with pytest.raises(InputError, match="0 images"):
        benchmark_simulated(["hands"], images=0, workers=1)
    with pytest.raises(InputError, match="0 families"):
        benchmark_simulated([], images=1, workers=1)
