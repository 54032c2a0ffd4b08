"""The local executor: little overhead, and nothing that outlives a session."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mmsia.bench.executors.base import died
from mmsia.bench.executors.job import Job
from mmsia.bench.executors.local import LOG, LocalExecutor
from mmsia.bench.measurement import Request
from mmsia.bench.outcome import FailureKind
from mmsia.bench.plan import make_plan
from mmsia.bench.terms import Status

OVERHEAD = 2.0


@pytest.fixture
def job(catalogue, data, options, tmp_path: Path) -> Job:
    spec = make_plan([catalogue["gog/upper-bounds"]], options, data).runs[0]
    request = Request(spec.settings, data, spec.seed, 5, 1)
    return Job(spec, request, "c", tmp_path / "run", threads=1)


def _finish(executor: LocalExecutor):
    while True:
        for end in executor.events(1.0):
            return end


def test_a_run_costs_little_beside_its_work(job) -> None:
    heard = []
    with LocalExecutor(timeout=100) as executor:
        executor.on_progress = lambda *step: heard.append(step)
        executor.start(job)
        # The server has imported everything after the first one.
        assert _finish(executor).status is Status.DONE
        clock = time.perf_counter()
        executor.start(job)
        end = _finish(executor)
        wall = time.perf_counter() - clock
    assert end.status is Status.DONE
    assert wall - end.seconds < OVERHEAD
    assert heard[-1] == (job.spec.key, 60, 60)


def test_leaving_stops_what_runs(job, gone_soon) -> None:
    with LocalExecutor() as executor:
        executor.start(job)
        process = executor._running[job.spec.key][0]
        pid = process.pid
    gone_soon(pid)
    assert executor.busy == 0


def test_a_time_limit_ends_the_run_and_says_so(job) -> None:
    with LocalExecutor(timeout=0.05) as executor:
        executor.start(job)
        end = _finish(executor)
    assert end.status is Status.TIMEOUT
    assert "after its 0.05 s" in end.error


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (-9, FailureKind.KILLED, "SIGKILL: often the system"),
        (-11, FailureKind.CRASH, "SIGSEGV"),
        (3, FailureKind.CRASH, "exit status 3"),
        (None, FailureKind.CRASH, "without an answer"),
    ],
)
def test_how_a_process_died_is_told(code, kind, words) -> None:
    end = died("key", code, f"runs/key/{LOG}", 1.0)
    assert (end.status, end.kind) == (Status.FAILED, kind)
    assert words in end.error and LOG in end.error


@pytest.fixture
def gone_soon():
    from mmsia.bench.processes import process_start

    def check(pid: int) -> None:
        deadline = time.monotonic() + 10
        while process_start(pid) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return check
