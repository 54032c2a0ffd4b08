"""What `mmsia reproduce` tells while it works: on a terminal, and in plain lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mmsia.bench.durations import format_seconds
from mmsia.bench.outcome import Listener, Outcome
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Status
from mmsia.cli.record import Record
from mmsia.cli.summary import cell_line, make_console, summary_table

_PLAIN_SECONDS = 10.0
_LABELS = {
    Status.CACHED: "cached ",
    Status.DONE: "done   ",
    Status.FAILED: "FAILED ",
    Status.TIMEOUT: "TIMEOUT",
}


@contextmanager
def watch(record: Record) -> Iterator[Listener]:
    """Tell what happens and keep the session's file up to date.

    Args:
        record: What was asked for and what came of it so far.
    """
    console = make_console()
    for line in _about(record):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    try:
        if not console.is_terminal:
            yield _PlainListener(record)
        else:
            with Live(console=console, refresh_per_second=4) as live:
                yield _LiveListener(record, live)
    finally:
        record.save()


class _PlainListener(Listener):
    """A line when a run begins or ends, and one every ten seconds in between."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._last = 0.0

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        self._last = time.monotonic()
        self._record.started(spec)
        expected = self._record.durations.expected(spec)
        hint = "" if expected is None else f" (about {format_seconds(expected)})"
        print(f"run {number} of {total}: {name_of(spec)}{hint}", flush=True)

    def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
        if time.monotonic() - self._last > _PLAIN_SECONDS:
            self._last = time.monotonic()
            print(f"  {name_of(spec)}: {done} of {total}", flush=True)

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        print(_finished(spec, outcome), flush=True)

    def session_changed(
        self, spec: RunSpec, outcome: Outcome, outcomes: dict[str, Outcome]
    ) -> None:
        self._record.ended(spec, outcome, outcomes)
        if outcome.status is Status.CACHED:
            return
        for cell in self._record.cells_of_run(outcome.key):
            print(f"  {cell_line(cell)}", flush=True)
        print(f"  {self._record.tally()}", flush=True)

    def waiting(self, spec: RunSpec, reason: str) -> None:
        print(f"waiting {name_of(spec)}: {reason}", flush=True)


class _LiveListener(Listener):
    """Lines for what ended, below them the partial table and the runs going on."""

    def __init__(self, record: Record, live: Live) -> None:
        self._record = record
        self._live = live
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        )
        self._tasks: dict[str, int] = {}

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        self._record.started(spec)
        text = f"run {number} of {total}: {name_of(spec)}"
        self._tasks[spec.key] = self._bars.add_task(text, total=None)
        self._draw()

    def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
        self._bars.update(self._tasks[spec.key], completed=done, total=total)

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        if spec.key in self._tasks:
            self._bars.remove_task(self._tasks.pop(spec.key))
        self._live.console.print(
            _finished(spec, outcome), markup=False, highlight=False
        )

    def session_changed(
        self, spec: RunSpec, outcome: Outcome, outcomes: dict[str, Outcome]
    ) -> None:
        self._record.ended(spec, outcome, outcomes)
        self._draw()

    def waiting(self, spec: RunSpec, reason: str) -> None:
        text = f"waiting {name_of(spec)}: {reason}"
        self._live.console.print(text, markup=False, highlight=False)

    def _draw(self) -> None:
        tables = [
            summary_table(table, cells)
            for table, cells in self._record.partial_tables().items()
        ]
        self._live.update(Group(*tables, self._record.tally(), self._bars))


def name_of(spec: RunSpec) -> str:
    """A run in a line of output.

    Args:
        spec: The run.
    """
    return f"{Path(spec.config).stem} ({spec.measure})"


def _finished(spec: RunSpec, outcome: Outcome) -> str:
    label, name = _LABELS.get(outcome.status, str(outcome.status)), name_of(spec)
    if outcome.status is Status.CACHED:
        return f"{label} {name}: nothing to do"
    if outcome.status is Status.DONE:
        return f"{label} {name}: {outcome.seconds:.1f} s"
    kind = f"{outcome.kind}: " if outcome.kind else ""
    return f"{label} {name}: {kind}{outcome.error}"


def _about(record: Record) -> Iterator[str]:
    """A line for each set of data that runs of the plan read."""
    digests = {run.data_digest for run in record.plan.runs}
    sources = {record.data.digest: record.data, **record.plan.sources}
    for data in (data for digest, data in sources.items() if digest in digests):
        used = f"{data.num_used} images, {data.num_subjects} {data.subjects}"
        if not data.simulated:
            yield f"{data.path}: {used}"
            continue
        yield (
            f"SIMULATED {data.name.removeprefix('simulated ')} ({used}): no number is "
            "comparable with the paper's. Name real data with --data-root or, for "
            "oracle evidence, --ann-file."
        )
