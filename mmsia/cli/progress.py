"""What `mmsia reproduce` prints while it works and when it is done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeRemainingColumn as Remaining
from rich.table import Table

from mmsia.bench.compare import Cell
from mmsia.bench.data import DataSource
from mmsia.bench.outcome import Listener, Outcome
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import SYMBOLS, Reason, Scale, Status, Verdict
from mmsia.report.numbers import format_interval, format_signed, format_value

_PLAIN_SECONDS = 10.0


@contextmanager
def make_listener(data: DataSource) -> Iterator[Listener]:
    """A progress bar on a terminal, plain lines elsewhere."""
    console = _console()
    console.print(_about(data), markup=False, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _PlainListener()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, Remaining(), console=console) as progress:
        yield _BarListener(progress)


def print_summary(cells: Sequence[Cell], report: Path) -> None:
    """A compact table of the cells, the reasons, and where the report is."""
    console = _console()
    tables = list(dict.fromkeys(cell.table for cell in cells))
    idle = []
    for table in tables:
        rows = [cell for cell in cells if cell.table == table]
        shown = [cell for cell in rows if cell.value is not None]
        failed = any(cell.verdict is Verdict.FAILED for cell in rows)
        if shown:
            console.print(_summary_table(table, shown))
        elif failed or len(tables) == 1:
            console.print(f"\n [i]{table}[/i]: nothing was run", highlight=False)
        else:
            idle.append(f" – {table}: {_reason_counts(rows)}")
            continue
        for line in _reason_lines(rows):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if idle:
        console.print("\n Nothing was run of (rows; the reasons are in the report)")
        console.print("\n".join(idle), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nReport: {report.resolve()}", highlight=False, soft_wrap=True)


def _console() -> Console:
    """A file or a pipe has no width of its own and should get whole rows."""
    console = Console()
    return console if console.is_terminal else Console(width=110)


def _reason_lines(cells: Sequence[Cell]) -> list[str]:
    """One line a reason, with the rows that it concerns."""
    lines = []
    for reason in dict.fromkeys(cell.reason for cell in cells if cell.reason):
        concerned = [cell for cell in cells if cell.reason == reason]
        marks = "".join(dict.fromkeys(SYMBOLS[cell.verdict] for cell in concerned))
        rows = list(dict.fromkeys(cell.row for cell in concerned))
        names = ", ".join(rows) if len(rows) <= 3 else f"{len(rows)} rows"
        lines.append(f" {marks} {names}: {reason}")
    return lines


def _reason_counts(cells: Sequence[Cell]) -> str:
    """How many rows stay for which reason, such as `6 external, 3 not-built`."""
    kinds: dict[str, str] = {}
    for cell in cells:
        kind = cell.reason.partition(":")[0]
        # A cell without a print, or a column without a score, says nothing of the row.
        if kind in set(Reason) or cell.row not in kinds:
            kinds[cell.row] = kind
    counts = Counter(kinds.values())
    return ", ".join(f"{number} {kind}" for kind, number in counts.items())


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
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
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

    def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
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

    def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        self._progress.update(self._task, visible=False)
        self._progress.console.print(_finished(spec, outcome), highlight=False)
