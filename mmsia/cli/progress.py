"""What `mmsia reproduce` prints while it works and when it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeRemainingColumn as Remaining
from rich.table import Table

from mmsia.bench.compare import Cell
from mmsia.bench.data import DataSource
from mmsia.bench.plan import RunSpec
from mmsia.bench.run import Listener, Outcome
from mmsia.bench.terms import SYMBOLS, Scale, Status
from mmsia.report.numbers import format_interval, format_signed, format_value

_PLAIN_SECONDS = 10.0


@contextmanager
def make_listener(data: DataSource) -> Iterator[Listener]:
    """A progress bar on a terminal, plain lines elsewhere."""
    console = Console()
    console.print(_about(data), highlight=False)
    if not console.is_terminal:
        yield _PlainListener()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, Remaining(), console=console) as progress:
        yield _BarListener(progress)


def print_summary(cells: Sequence[Cell], report: Path) -> None:
    """A compact table of the cells, the reasons, and where the report is."""
    # Where the width is not a terminal's, a file or a pipe should get whole rows.
    console = Console()
    console = console if console.is_terminal else Console(width=110)
    for table in dict.fromkeys(cell.table for cell in cells):
        rows = [cell for cell in cells if cell.table == table]
        console.print(_summary_table(table, rows))
        for reason in dict.fromkeys(c.reason for c in rows if c.reason):
            marks = {SYMBOLS[c.verdict] for c in rows if c.reason == reason}
            console.print(f"  {' '.join(sorted(marks))} {reason}", highlight=False)
    console.print(f"Report: {report.resolve()}", highlight=False, soft_wrap=True)


def _about(data: DataSource) -> str:
    summary = data.summary()
    used = f"{summary['num_used']} images, {summary['num_people']} people"
    if data.simulated:
        return (
            f"SIMULATED crowds ({used}): no COCO annotations were named, so no number "
            "is comparable with the paper's. Name them with --data-root or --ann-file."
        )
    return f"{data.truth.path}: {used}"


def _summary_table(title: str, cells: Sequence[Cell]) -> Table:
    # At smoke scale no number stands beside a published one.
    smoke = cells[0].scale is Scale.SMOKE
    table = Table(title=title, title_justify="left", pad_edge=False)
    names = ("row", "", "printed", "ours", "difference", "95 % interval", "verdict")
    for name in names:
        if not (smoke and name in ("printed", "difference")):
            number = name in ("printed", "ours", "difference", "95 % interval")
            table.add_column(name, justify="right" if number else "left")
    for cell in cells:
        ours = format_value(cell.value)
        interval = format_interval(cell.ci_low, cell.ci_high)
        verdict = f"{SYMBOLS[cell.verdict]} {cell.verdict}"
        if smoke:
            table.add_row(cell.row, cell.column, ours, interval, verdict)
        else:
            printed = format_value(cell.published, printed=True)
            difference = format_signed(cell.difference)
            table.add_row(
                cell.row, cell.column, printed, ours, difference, interval, verdict
            )
    return table


def _finished(spec: RunSpec, outcome: Outcome) -> str:
    name = f"{Path(spec.config).stem} ({spec.measure})"
    if outcome.status is Status.CACHED:
        return f"cached  {name}: nothing to do"
    if outcome.status is Status.FAILED:
        return f"FAILED  {name}: {outcome.error}"
    return f"done    {name}: {outcome.seconds:.1f} s"


class _PlainListener(Listener):
    """A line a run, and one every ten seconds in between."""

    def __init__(self) -> None:
        self._last = 0.0

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        self._last = time.monotonic()
        print(f"run {number} of {total}: {Path(spec.config).stem}", flush=True)

    def run_progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._last > _PLAIN_SECONDS:
            self._last = time.monotonic()
            print(f"  {done} of {total}", flush=True)

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        print(_finished(spec, outcome), flush=True)


class _BarListener(Listener):
    """A bar for the run that is going on, a line for each that ended."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", visible=False)

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        text = f"run {number} of {total}: {Path(spec.config).stem}"
        self._progress.reset(self._task, description=text, total=None, visible=True)

    def run_progress(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        self._progress.update(self._task, visible=False)
        self._progress.console.print(_finished(spec, outcome), highlight=False)
