"""torchrun: two processes compute together over gloo; a rank's failure is the run's."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.executors.choose import processes_of
from mmsia.bench.executors.job import Job, execute_here
from mmsia.bench.executors.torchrun import TorchrunExecutor, count_processes
from mmsia.bench.measurement import Request
from mmsia.bench.outcome import FailureKind
from mmsia.bench.plan import make_plan
from mmsia.bench.processes import process_start
from mmsia.bench.terms import Status
from mmsia.errors import ConfigError
from mmsia.paths import project_root


@pytest.fixture
def job_for(catalogue, data, options, tmp_path, monkeypatch):
    """Make a job that two processes share."""
    monkeypatch.setenv("PYTHONPATH", str(project_root()))
    script = str(Path(__file__).with_name("ranks.py"))
    monkeypatch.setattr(TorchrunExecutor, "rank", (script,))
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)

    def make(seed=0, processes=2):
        spec = replace(plan.runs[0], seed=seed, processes=processes)
        request = Request(spec.settings, data, seed, 1, 1, folder=tmp_path)
        return Job(spec, request, "c", tmp_path, threads=1)

    return make


def _finish(executor):
    while True:
        for end in executor.events(1.0):
            return end


def _pids(folder):
    return [int(path.read_text()) for path in folder.glob("pid-*")]


def test_two_ranks(job_for) -> None:
    with TorchrunExecutor(timeout=60, processes=2) as executor:
        executor.start(job_for())
        end = _finish(executor)
        assert end.status is Status.DONE, end.error
        assert end.result["scores"] == {"sum": 3.0}
        assert end.result["counts"] == {"ranks": 2}
        assert end.provenance["processes"] == 2
        assert end.provenance["batch_norm"] == "over the batch of all"


@pytest.mark.slow
def test_nobody_waits_for_what_one_process_makes(job_for) -> None:
    with TorchrunExecutor(timeout=60, processes=2) as executor:
        executor.start(job_for(processes=None))
        end = _finish(executor)
        assert end.status is Status.DONE, end.error
        assert end.result["counts"] == {"ranks": 1}
        assert "processes" not in end.provenance


@pytest.mark.parametrize(
    ("seed", "kind", "words"),
    [
        pytest.param(
            *(13, FailureKind.ERROR, "the second rank fails"), marks=pytest.mark.slow
        ),
        (14, FailureKind.KILLED, "process 2 of its 2 was ended by SIGKILL"),
        pytest.param(
            *(15, FailureKind.CRASH, "process 2 of its 2 ended without an answer"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_rank_that_goes_wrong_is_one_failed_run(
    job_for, tmp_path, seed, kind, words
) -> None:
    with TorchrunExecutor(timeout=60, processes=2) as executor:
        executor.start(job_for(seed))
        end = _finish(executor)
        assert executor.busy == 0
    assert (end.status, end.kind) == (Status.FAILED, kind), end.error
    assert words in end.error
    pids = _pids(tmp_path)
    assert len(pids) == 2 and all(process_start(pid) is None for pid in pids)


@pytest.mark.slow
def test_a_rank_that_hangs_is_stopped_with_all_others(job_for, tmp_path) -> None:
    with TorchrunExecutor(processes=2) as executor:
        executor.start(job_for(16))
        deadline = time.monotonic() + 60
        while len(_pids(tmp_path)) < 2 and time.monotonic() < deadline:
            assert executor.events(0.1) == []
        executor.timeout = 0.1
        end = _finish(executor)
        assert executor.busy == 0
    assert end.status is Status.TIMEOUT
    pids = _pids(tmp_path)
    assert len(pids) == 2 and all(process_start(pid) is None for pid in pids)


def test_a_group_of_another_size_is_refused(job_for) -> None:
    job = job_for()
    with pytest.raises(ConfigError, match="together: expected 2, got 1"):
        execute_here(job.spec, job.request)


def test_plans_learn_how_many_there_are() -> None:
    assert processes_of("torchrun", ["processes=3"]) == 3
    assert processes_of("torchrun") == count_processes()
    for name in ("local", "ray", "slurm"):
        assert processes_of(name, ["gpus=2"]) is None
    for wrong in ("0", "-1", "two", "1.5", "true"):
        with pytest.raises(ConfigError, match="processes: expected 1 or more"):
            processes_of("torchrun", [f"processes={wrong}"])


def test_more_processes_than_gpus_are_refused(monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    assert count_processes() == 4 and count_processes(2) == 2
    with pytest.raises(ConfigError, match=r"at most 4.*got 5"):
        count_processes(5)
