"""A session with a budget: what does not fit is left, what goes on is stopped."""

from __future__ import annotations

import time

import pytest

from mmsia.bench.budget import Budget, read_time
from mmsia.bench.executors.local import LocalExecutor
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.errors import InputError


@pytest.fixture
def plan(catalogue, data, options):
    return make_plan([catalogue["gog/upper-bounds"]], options, data)


def test_runs_that_do_not_fit_are_left(plan, data, execute, options, tmp_path) -> None:
    store = Store(tmp_path / "runs")
    slow = plan.runs[1].config
    budget = Budget(60, lambda spec: 100.0 if spec.config == slow else None)
    found = run_plan(plan, data, store, command="c", execute=execute, budget=budget)
    assert slow not in execute.calls and len(execute.calls) == 2
    statuses = [found[run.key].status for run in plan.runs]
    assert statuses == [Status.DONE, Status.INTERRUPTED, Status.DONE]
    (state,) = table_states(plan, found, options, data, "c")
    assert "the budget was over" in state.rows["44-limbs"].why
    again = run_plan(plan, data, store, command="c", execute=execute)
    assert [again[run.key].status for run in plan.runs] == [
        *(Status.CACHED, Status.DONE, Status.CACHED),
    ]


def test_nothing_begins_when_it_is_over(plan, data, execute, tmp_path) -> None:
    budget = Budget(1.0, lambda spec: None, begun=time.monotonic() - 2)
    store = Store(tmp_path / "runs")
    found = run_plan(plan, data, store, command="c", execute=execute, budget=budget)
    assert not execute.calls
    assert {outcome.status for outcome in found.values()} == {Status.INTERRUPTED}


def test_what_goes_on_at_its_end_is_stopped(plan, data, tmp_path) -> None:
    """Real processes: the first has hardly imported its libraries by then."""
    store, begun = Store(tmp_path / "runs"), time.monotonic()
    budget = Budget(0.5, lambda spec: None)
    executor = LocalExecutor(1)
    found = run_plan(plan, data, store, command="c", executor=executor, budget=budget)
    assert time.monotonic() - begun < 30
    assert {outcome.status for outcome in found.values()} == {Status.INTERRUPTED}
    assert store.keys() == []
    assert store.acquire(plan.runs[0].key) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("540", 540), ("90s", 90), ("9m", 540), ("1.5h", 5400)]
)
def test_times_are_read(text, seconds) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "-3", "9 minutes", "m", "1e3", "nan"])
def test_what_is_no_time_is_refused(text) -> None:
    with pytest.raises(InputError, match="such as 90s, 9m"):
        read_time(text)
