"""Switches change how a network works, not what it computes."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from mmsia.bench.speed import switches
from mmsia.bench.speed.network_calls import BOTH, FORWARD, Network
from mmsia.bench.speed.switches import PLAIN, SWITCHES, benchmark_switches, worth
from mmsia.cli.main import main
from mmsia.errors import ConfigError

NARROW = Network(
    "dir/dir_interhand_256",
    {
        "backbone.depth": 18,
        "head.in_channels": (128, 256, 512),
        "head.channels": 16,
        "head.joint_channels": 16,
        "head.features": 8,
    },
)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(switches, "NETWORKS", {"narrow": (NARROW, (64, 64))})
    quick = {name: SWITCHES[name] for name in ("channels-last", "bfloat16")}
    monkeypatch.setattr(switches, "SWITCHES", quick)


@pytest.mark.parametrize("step", [FORWARD, BOTH])
def test_every_switch_is_timed_beside_none(step) -> None:
    timings = benchmark_switches("narrow", step, 2, "cpu")
    assert [timing.name for timing in timings] == [PLAIN, "channels-last", "bfloat16"]
    found = worth(timings)
    assert list(found) == ["channels-last", "bfloat16"]
    for ratio, (low, high) in found.values():
        assert 0 < low <= ratio <= high


@pytest.mark.parametrize("name", ["channels-last", "bfloat16", "compile"])
def test_the_answer_is_the_same(name) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1)).eval()
    image = torch.randn(1, 3, 8, 8)
    with torch.no_grad():
        plain = model(image)
        if name == "compile":
            # the compiler itself is torch's: that it is switched on is ours
            assert SWITCHES[name](model)._compiled_call_impl is not None
            return
        changed = SWITCHES[name](model)(image)
    tolerance = 2e-2 if name == "bfloat16" else 1e-6
    torch.testing.assert_close(changed.float(), plain, rtol=0, atol=tolerance)
    assert (changed.dtype is torch.bfloat16) is (name == "bfloat16")


def test_the_verb_prints_and_writes(tmp_path, capsys) -> None:
    path = tmp_path / "all.json"
    command = ["benchmark", "switches", "--rounds", "1", "--switch", "channels-last"]
    assert main([*command, "--json", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "channels-last" in shown and "bfloat16" not in shown
    assert "narrow, forward:" in shown and "times as quick" in shown
    assert "narrow" in json.dumps(json.loads(path.read_text()))
    with pytest.raises(ConfigError, match="one of narrow, got wide"):
        benchmark_switches("wide", FORWARD, 1, "cpu")
    with pytest.raises(ConfigError, match="one of channels-last, bfloat16, got int8"):
        benchmark_switches("narrow", FORWARD, 1, "cpu", ["int8"])
