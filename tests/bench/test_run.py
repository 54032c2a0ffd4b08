"""Runs: made once, cached after, failures neither cached nor contagious."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import make_plan
from mmsia.bench.run import Listener, run_plan
from mmsia.bench.store import RESULT, Store
from mmsia.bench.terms import Status
from mmsia.errors import InputError


@pytest.fixture
def plan(catalogue, data, options):
    return make_plan([catalogue["gog/upper-bounds"]], options, data)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def _statuses(outcomes) -> list[Status]:
    return [outcome.status for outcome in outcomes.values()]


def test_a_second_call_makes_nothing_again(plan, data, store, execute) -> None:
    first = run_plan(plan, data, store, command="c", execute=execute)
    assert _statuses(first) == [Status.DONE] * 3
    again = run_plan(plan, data, store, command="c", execute=execute)
    assert _statuses(again) == [Status.CACHED] * 3
    assert len(execute.calls) == 3


def test_a_damaged_result_is_made_again(plan, data, store, execute) -> None:
    run_plan(plan, data, store, command="c", execute=execute)
    key = plan.runs[1].key
    (store.folder / key / RESULT).write_text("{")
    outcomes = run_plan(plan, data, store, command="c", execute=execute)
    assert outcomes[key].status is Status.DONE
    assert _statuses(outcomes).count(Status.CACHED) == 2
    assert (store.folder / key / f"{RESULT}.corrupt").is_file()


@pytest.mark.parametrize("error", [InputError("bad maps"), ZeroDivisionError("0")])
def test_a_failure_costs_its_own_row_and_is_not_cached(
    plan, data, store, execute, error
) -> None:
    def fail_once(spec, request) -> Measurement:
        if "44-limbs.py" in spec.config and len(execute.calls) < 3:
            raise error
        return execute(spec, request)

    outcomes = run_plan(plan, data, store, command="c", execute=fail_once)
    assert _statuses(outcomes) == [Status.DONE, Status.FAILED, Status.DONE]
    failed = outcomes[plan.runs[1].key]
    assert failed.error.startswith(f"{type(error).__name__}: {error}")
    trace = store.folder / failed.key / "failure.txt"
    assert "fail_once" in trace.read_text()
    execute.calls.append("now it works")
    outcomes = run_plan(plan, data, store, command="c", execute=fail_once)
    assert _statuses(outcomes) == [Status.CACHED, Status.DONE, Status.CACHED]


def test_a_result_that_cannot_be_stored_is_a_failure(plan, data, store) -> None:
    def not_finite(spec, request) -> Measurement:
        return Measurement({"ap": float("nan")}, {}, {})

    outcomes = run_plan(plan, data, store, command="c", execute=not_finite)
    assert _statuses(outcomes) == [Status.FAILED] * 3
    assert "scores.ap" in outcomes[plan.runs[0].key].error


def test_an_interrupt_keeps_what_is_done(plan, data, store, execute) -> None:
    def interrupted(spec, request) -> Measurement:
        if execute.calls:
            raise KeyboardInterrupt
        return execute(spec, request)

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, data, store, command="c", execute=interrupted)
    outcomes = run_plan(plan, data, store, command="c", execute=execute)
    assert _statuses(outcomes) == [Status.CACHED, Status.DONE, Status.DONE]


def test_provenance_traces_the_run(plan, data, store, execute) -> None:
    run_plan(plan, data, store, command="mmsia reproduce x", execute=execute)
    spec = plan.runs[0]
    source = store.load(spec.key).provenance
    assert source["command"] == "mmsia reproduce x"
    assert source["data"]["digest"] == data.truth.digest
    assert source["data"]["simulated"] is True
    assert source["settings"] == spec.settings
    assert source["sources_digest"] == spec.sources_digest
    assert source["packages"]["numpy"][0].isdigit()
    for name in ("commit", "machine", "python", "started", "seconds", "seed"):
        assert source[name] not in ("", None)


def test_the_listener_hears_everything(plan, data, store, execute) -> None:
    heard = []

    class Ear(Listener):
        def run_started(self, spec, number, total) -> None:
            heard.append(("started", number, total))

        def run_progress(self, spec, done, total) -> None:
            heard.append(("progress", done, total))

        def run_finished(self, spec, outcome) -> None:
            heard.append((outcome.status.value,))

    run_plan(plan, data, store, command="c", execute=execute, listener=Ear())
    assert heard[:3] == [("started", 1, 3), ("progress", 1, 1), ("done",)]
    heard.clear()
    run_plan(plan, data, store, command="c", execute=execute, listener=Ear())
    assert heard == [("cached",)] * 3
