"""One run in every executor: the same result as in this process."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mmsia.bench.data import open_data
from mmsia.bench.executors.choose import EXECUTORS, make_executor
from mmsia.bench.executors.here import HereExecutor
from mmsia.bench.executors.job import Ended, Job
from mmsia.bench.measurement import Request
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.terms import Scale, Status
from mmsia.cli.running import EXECUTOR_NAMES
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import ConfigError, MissingPartError
from mmsia.paths import project_root

PACKAGES = {"ray": "ray", "slurm": "submitit"}
OPTIONS = {"slurm": ["cluster=local"], "torchrun": ["processes=2"]}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("job")
    path = write_crowds(folder, 3, 3, with_images=False)
    data = open_data(Scale.PAPER, folder, ann_file=path)
    options = Options(Scale.PAPER, num_draws=10)
    plan = make_plan([load_catalogue()["gog/upper-bounds"]], options, data)
    spec = plan.runs[0]
    request = Request(spec.settings, data, spec.seed, spec.num_draws, 1)
    return Job(spec, request, "mmsia x", folder / "run", threads=1)


@pytest.fixture(scope="module")
def expected(job: Job) -> Ended:
    with HereExecutor() as executor:
        executor.start(job)
        (end,) = executor.events(0)
    assert end.status is Status.DONE, end.trace
    return end


def _wait(executor, seconds: float = 120.0) -> Ended:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for end in executor.events(0.2):
            return end
    raise AssertionError(f"no answer within {seconds} s")


@pytest.mark.parametrize("name", EXECUTORS)
def test_the_same_result(
    name: str, job: Job, expected: Ended, tmp_path: Path, monkeypatch
) -> None:
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name], reason=f"{PACKAGES[name]} is not installed")
    monkeypatch.setenv("PYTHONPATH", str(project_root()))
    options = OPTIONS.get(name, ())
    with make_executor(name, tmp_path, timeout=110, options=options) as executor:
        executor.start(job)
        assert executor.busy == 1
        end = _wait(executor)
        assert executor.busy == 0
    assert end.status is Status.DONE, f"{end.error} {end.trace}"
    assert end.result == expected.result
    assert end.predictions == expected.predictions
    # The checkout may be committed to while the tests run.
    changing = ("started", "seconds", "threads", "commit")
    for key in expected.provenance.keys() - changing:
        assert end.provenance[key] == expected.provenance[key], key


def test_the_command_line_offers_all_of_them() -> None:
    assert tuple(EXECUTORS) == EXECUTOR_NAMES


@pytest.mark.parametrize("option", ["cluster", "=1", "a b=1", "unknown=1"])
def test_an_option_that_it_does_not_take_is_refused(tmp_path, option) -> None:
    with pytest.raises(ConfigError, match="executor-option"):
        make_executor("local", tmp_path, options=[option])


def test_slurm_without_a_cluster_says_so(tmp_path, monkeypatch) -> None:
    pytest.importorskip("submitit", reason="submitit is not installed")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingPartError, match="cluster=local"):
        make_executor("slurm", tmp_path)
