"""The tables that `mmsia reproduce` and `mmsia report` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from mmsia.bench.compare import Cell
from mmsia.bench.terms import SYMBOLS, Reason, Verdict
from mmsia.report.numbers import cell_interval, format_signed, format_value


def print_summary(
    cells: Sequence[Cell], report: Path | None, beside: Sequence[Cell] = ()
) -> None:
    """A compact table of the cells, the reasons, and where the report is.

    Args:
        cells: Those of printed rows.
        report: The page, None if it was not asked for.
        beside: Those of what stands beside them.
    """
    console = make_console()
    tables = list(dict.fromkeys(cell.table for cell in cells))
    idle = []
    for table in tables:
        rows = [cell for cell in cells if cell.table == table]
        shown = [cell for cell in rows if cell.value is not None]
        failed = any(cell.verdict is Verdict.FAILED for cell in rows)
        if shown:
            console.print(summary_table(table, shown))
        elif failed or len(tables) == 1:
            console.print(f"\n [i]{table}[/i]: nothing was run", highlight=False)
        else:
            idle.append(f" – {table}: {_reason_counts(rows)}")
            continue
        others = [cell for cell in beside if cell.table == table]
        for line in (*_reason_lines(rows), *_beside_lines(others)):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if idle:
        console.print("\n Nothing was run of (rows; the reasons are in the report)")
        console.print("\n".join(idle), markup=False, highlight=False, soft_wrap=True)
    if report is not None:
        page = f"\nReport: {report.resolve()}"
        console.print(page, highlight=False, soft_wrap=True)


def make_console() -> Console:
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


def _beside_lines(cells: Sequence[Cell]) -> list[str]:
    """One line for each that stands beside the rows."""
    lines = []
    for name in dict.fromkeys(cell.row for cell in cells):
        own = [cell for cell in cells if cell.row == name]
        made = [cell for cell in own if cell.value is not None]
        numbers = [
            f"{cell.column} {format_value(cell.value)} ({cell_interval(cell)})"
            for cell in made[:3]
        ]
        numbers += [f"and {len(made) - 3} more"] if len(made) > 3 else []
        text = ", ".join(numbers) or own[0].reason
        lines.append(f" + beside: {name}: {text}")
    return lines


def _reason_counts(cells: Sequence[Cell]) -> str:
    """How many rows stay for which reason, such as `6 external, 3 needs-weights`."""
    kinds: dict[str, str] = {}
    for cell in cells:
        kind = cell.reason.partition(":")[0]
        # A cell without a print, or a column without a score, says nothing of the row.
        if kind in set(Reason) or cell.row not in kinds:
            kinds[cell.row] = kind
    counts = Counter(kinds.values())
    return ", ".join(f"{number} {kind}" for kind, number in counts.items())


def summary_table(title: str, cells: Sequence[Cell]) -> Table:
    """The cells of a table that have a value.

    Args:
        title: Its id.
        cells: One or more of them.
    """
    # At smoke scale no number stands beside a published one.
    smoke = not any(cell.beside_print for cell in cells)
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    names = ("row", "", "printed", "ours", "difference", "95 % interval", "verdict")
    for name in names:
        if not (smoke and name in ("printed", "difference")):
            number = name in ("printed", "ours", "difference", "95 % interval")
            table.add_column(name, justify="right" if number else "left")
    for cell in cells:
        ours = format_value(cell.value)
        interval = cell_interval(cell)
        verdict = f"{SYMBOLS[cell.verdict]} {cell.verdict}"
        if smoke:
            table.add_row(cell.row, cell.column, ours, interval, verdict)
        else:
            value = cell.published if cell.beside_print else None
            printed = format_value(value, printed=True)
            difference = format_signed(cell.difference)
            table.add_row(
                cell.row, cell.column, printed, ours, difference, interval, verdict
            )
    return table


def cell_line(cell: Cell) -> str:
    """One cell in a line; at smoke scale without the printed number.

    Args:
        cell: A cell that has a value.
    """
    interval = cell_interval(cell)
    text = f"{cell.table} {cell.row}, {cell.column}: {format_value(cell.value)}"
    text += f" ({interval})"
    if cell.beside_print and cell.published is not None:
        text += f", printed {format_value(cell.published, printed=True)}"
    return f"{text} {SYMBOLS[cell.verdict]} {cell.verdict}"
