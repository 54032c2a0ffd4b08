"""The layer's benchmark runs, and refuses to time peers that disagree."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from mmsia.bench.speed import edge_graph_conv as speed
from mmsia.bench.speed.timing import Timing
from mmsia.cli.main import main
from mmsia.errors import DataError


@pytest.mark.parametrize("step", speed.STEPS)
@pytest.mark.parametrize("heads", [1, 2])
def test_every_peer_is_timed(step, heads):
    situation = speed.Situation(16, 9, heads, 2, step)
    measured = speed.benchmark_layer(situation, rounds=3, memory=False)
    assert [timing.name for timing in measured.timings] == list(speed.PEERS)
    assert all(timing.times.shape == (3,) for timing in measured.timings)
    assert measured.auto == (speed.SPECTRAL if step == speed.STEPS[0] else speed.DIRECT)
    assert str(situation) == f"16 x 16, k = 9, M = {heads}, B = 2, {step}"


@pytest.mark.parametrize(
    ("auto", "spectral", "wrong"),
    [("spectral", 2.0, True), ("spectral", 0.5, False), ("direct", 2.0, False)],
)
def test_a_wrong_pick_is_told(auto, spectral, wrong):
    timings = [
        Timing(speed.SPECTRAL, np.full(3, spectral)), Timing(speed.DIRECT, np.ones(3)),
    ]  # fmt: skip
    measured = speed.MeasuredLayer(speed.Situation(16, 9), auto, timings, {})
    assert measured.is_wrong_pick == wrong


def test_peers_that_disagree_are_not_timed(monkeypatch):
    # as long as the map and a quarter of the kernel: the rest wraps around
    monkeypatch.setattr(speed, "fast_length", lambda least: least - 6)
    with pytest.raises(DataError, match="an FFT an edge disagree at 16 x 16"):
        speed.benchmark_layer(speed.Situation(16, 9), rounds=1, memory=False)


def test_peak_memory_is_that_of_the_step():
    """A grouped convolution holds at least its 61 maps in and out, 4 bytes a cell."""
    threads = torch.get_num_threads()
    situation = speed.Situation(128, 3, 1, 8)
    peak = speed._in_new_process(situation, speed.DIRECT)
    if peak is None:
        pytest.skip("this system does not tell the peak")
    assert 2 * 61 * 8 * 128**2 * 4 / 2**20 < peak < 400
    assert torch.get_num_threads() == threads


def test_the_verb_prints_ratios_and_writes_them(tmp_path, capsys, monkeypatch):
    # six processes that load everything take half a minute
    monkeypatch.setattr(speed, "_in_new_process", lambda situation, peer: 7.0)
    out = tmp_path / "layer.json"
    words = ["benchmark", "edge-graph-conv", "--layer", "16", "9", "1", "1"]
    assert main([*words, "--rounds", "2", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "16 x 16, k = 9, M = 1, B = 1, forward: auto picks direct" in printed
    assert "times as long" in printed and "peak 7 MB" in printed
    training, forward = json.loads(out.read_text())["measured"]
    assert training["step"] == "forward + backward" and training["auto"] == "spectral"
    assert set(forward["times_ms"]) == set(forward["megabytes"]) == set(speed.PEERS)


def test_wrong_sizes_are_named(capsys):
    words = ["benchmark", "edge-graph-conv", "--rounds", "1", "--layer"]
    assert main([*words, "16", "8", "1", "1"]) == 2
    assert "odd number" in capsys.readouterr().err
    assert main([*words, "16", "9", "0", "1"]) == 2
    assert "--layer" in capsys.readouterr().err
