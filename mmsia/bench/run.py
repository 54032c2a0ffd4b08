"""Make the runs of a plan that the store does not hold yet.

`run_plan` decides and records; an executor does the work. Each run is locked while it
is made, so that a second session in the same work folder waits for it and then finds
it done, and no run is ever made twice or mixed.
"""

from __future__ import annotations

from mmsia.bench.budget import Budget
from mmsia.bench.data import DataSource
from mmsia.bench.executors.base import Executor
from mmsia.bench.executors.here import HereExecutor
from mmsia.bench.executors.job import Execute, execute_here
from mmsia.bench.outcome import Listener, Outcome
from mmsia.bench.plan import Plan
from mmsia.bench.schedule import Interrupted, Schedule, Work
from mmsia.bench.store import Store

__all__ = ["Interrupted", "Listener", "Outcome", "run_plan"]


def run_plan(
    plan: Plan,
    data: DataSource,
    store: Store,
    *,
    command: str,
    num_workers: int = 1,
    threads: int | None = None,
    listener: Listener | None = None,
    execute: Execute = execute_here,
    executor: Executor | None = None,
    budget: Budget | None = None,
) -> dict[str, Outcome]:
    """Make what is missing; a run that fails does not stop the others.

    Args:
        plan: What to run.
        data: The annotations.
        store: Where results are kept; failures are not.
        command: The command line, for the provenance.
        num_workers: Processes of one run.
        threads: Of each of its processes; None leaves them alone.
        listener: Told about progress.
        execute: Does the work of one run, if there is no executor.
        executor: Where runs are made; default in this process.
        budget: When the session is to end: runs that go on then are stopped.

    Returns:
        Key in the plan -> outcome, whose key is that of the run's folder; what there
        was no time for is interrupted.

    Raises:
        Interrupted: On Ctrl-C, after all runs were stopped.
        FutureSchemaError: If a later mmsia wrote one of the results.
    """
    work = Work(data, command, num_workers, threads)
    with executor or HereExecutor(execute) as chosen:
        schedule = Schedule(plan, store, work, listener or Listener(), chosen, budget)
        return schedule.run()
