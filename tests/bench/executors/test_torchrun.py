"""torchrun: two processes compute together over gloo; a rank's failure is the run's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.executors.job import Job
from mmsia.bench.executors.torchrun import TorchrunExecutor
from mmsia.bench.measurement import Request
from mmsia.bench.outcome import FailureKind
from mmsia.bench.plan import make_plan
from mmsia.bench.terms import Status
from mmsia.paths import project_root


@pytest.mark.parametrize("seed", [0, 13])
def test_two_ranks(catalogue, data, options, tmp_path, monkeypatch, seed) -> None:
    monkeypatch.setenv("PYTHONPATH", str(project_root()))
    monkeypatch.setattr(
        TorchrunExecutor, "rank", (str(Path(__file__).with_name("ranks.py")),)
    )
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)
    spec = replace(plan.runs[0], seed=seed)
    request = Request(spec.settings, data, seed, 1, 1)
    with TorchrunExecutor(timeout=60, processes=2) as executor:
        executor.start(Job(spec, request, "c", tmp_path, threads=1))
        ended = []
        while not ended:
            ended = executor.events(1.0)
    if seed == 0:
        assert ended[0].status is Status.DONE, ended[0].error
        assert ended[0].result["scores"] == {"sum": 3.0}
        assert ended[0].result["counts"] == {"ranks": 2}
    else:
        assert ended[0].status is Status.FAILED
        assert ended[0].kind is FailureKind.ERROR
        assert "the second rank fails" in ended[0].error
