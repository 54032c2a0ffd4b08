"""Make the runs of a plan that the store does not hold yet.

`run_plan` decides and records; the work itself is a function from a request to a
measurement, which is where other executors come in.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mmsia.bench.data import DataSource
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.measures import MEASURES
from mmsia.bench.plan import Plan, RunSpec
from mmsia.bench.provenance import run_provenance
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.errors import DataError, MMSIAError
from mmsia.files import write_text_atomic

Execute = Callable[[RunSpec, Request], Measurement]


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    Attributes:
        key: The run.
        status: done, cached or failed.
        error: Kind and message, if it failed.
        seconds: Time spent now.
    """

    key: str
    status: Status
    error: str = ""
    seconds: float = 0.0


class Listener:
    """Told what happens; the command line draws its progress from this."""

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        """A run begins."""

    def run_progress(self, done: int, total: int) -> None:
        """Some of its images are done."""

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        """A run ended, was cached or failed."""


def execute_here(spec: RunSpec, request: Request) -> Measurement:
    """Run in this process."""
    return MEASURES[spec.measure].load()(request)


def run_plan(
    plan: Plan,
    data: DataSource,
    store: Store,
    *,
    command: str,
    num_workers: int = 1,
    listener: Listener | None = None,
    execute: Execute = execute_here,
) -> dict[str, Outcome]:
    """Make what is missing; a run that fails does not stop the others.

    Args:
        plan: What to run.
        data: The annotations.
        store: Where results are kept; failures are not.
        command: The command line, for the provenance.
        num_workers: Processes of one run.
        listener: Told about progress.
        execute: Does the work of one run.

    Returns:
        Key -> outcome.
    """
    listener = listener or Listener()
    outcomes = {}
    for number, spec in enumerate(plan.runs, start=1):
        if store.load(spec.key) is not None:
            outcome = Outcome(spec.key, Status.CACHED)
        else:
            listener.run_started(spec, number, len(plan.runs))
            request = Request(
                settings=spec.settings,
                data=data,
                seed=spec.seed,
                num_draws=spec.num_draws,
                num_workers=num_workers,
                on_progress=listener.run_progress,
            )
            outcome = _make(spec, request, store, command, execute)
        listener.run_finished(spec, outcome)
        outcomes[spec.key] = outcome
    return outcomes


def _make(
    spec: RunSpec, request: Request, store: Store, command: str, execute: Execute
) -> Outcome:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    clock = time.perf_counter()
    try:
        measurement = execute(spec, request)
        seconds = time.perf_counter() - clock
        provenance = run_provenance(
            spec, request.data, command=command, started=started, seconds=seconds
        )
        store.save(
            spec.key, measurement.as_result(), provenance, measurement.predictions
        )
    # The border between rows: whatever a method raises costs that row alone.
    except Exception as error:
        return _failed(spec, store, error, time.perf_counter() - clock)
    return Outcome(spec.key, Status.DONE, seconds=seconds)


def _failed(spec: RunSpec, store: Store, error: Exception, seconds: float) -> Outcome:
    """Keep the traceback beside the run and go on."""
    path = store.folder / spec.key / "failure.txt"
    trace = "".join(traceback.format_exception(error))
    message = f"{type(error).__name__}: {error}"
    try:
        write_text_atomic(path, trace)
    except DataError:
        # The disk may be the very reason; the message still reaches the report.
        return Outcome(spec.key, Status.FAILED, message, seconds)
    expected = isinstance(error, MMSIAError)
    hint = "" if expected else f" (traceback in {path})"
    return Outcome(spec.key, Status.FAILED, message + hint, seconds)
