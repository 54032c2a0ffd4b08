"""What stands beside a table's printed rows: measured alike, compared with no print.

Another reading of a row, or a network that the table leaves out and readers would miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mmsia.bench.compare import Cell, cell_of
from mmsia.bench.printed import Printed
from mmsia.bench.published import Row
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import StoredRun
from mmsia.bench.terms import Status, Verdict

WHY = "stands beside the printed rows: no printed number is its own"


def beside_cells(
    entry: CatalogueEntry, state: TableState, runs: Mapping[str, StoredRun]
) -> list[Cell]:
    """The cells of what stands beside a table's rows.

    Args:
        entry: The published table and its recipe.
        state: What was asked for and what came of it.
        runs: Finished runs by key.

    Returns:
        For each of them the columns that a run gives, or the scores that it names;
        never with a printed number, and not-comparable where there is a value.
    """
    cells = []
    for name, own in state.beside.items():
        asked = _asked(entry, entry.recipe.beside[name].scores)
        columns = [
            column
            for column in asked.table.columns
            if column.name in {*asked.recipe.columns, *asked.recipe.structure}
        ]
        row = _row(asked, name)
        cells += [_cell(cell_of(asked, state, row, c, runs), own) for c in columns]
    return cells


def _asked(entry: CatalogueEntry, scores: Mapping[str, str]) -> CatalogueEntry:
    """The table with a column for each score in place of those that runs give."""
    if not scores:
        return entry
    given = entry.recipe.columns
    first = next(c for c in entry.table.columns if c.name in given)
    columns = [c for c in entry.table.columns if c.name not in given]
    columns += [first.model_copy(update={"name": name}) for name in scores]
    return replace(
        entry,
        table=entry.table.model_copy(update={"columns": tuple(columns)}),
        recipe=replace(entry.recipe, columns=dict(scores)),
    )


def _row(entry: CatalogueEntry, name: str) -> Row:
    """A row without any printed value."""
    nothing: dict[str, Printed | None] = {c.name: None for c in entry.table.columns}
    return Row(
        id=name, label=entry.recipe.beside[name].about, kind="ablation", values=nothing
    )


def _cell(cell: Cell, row: RowState) -> Cell:
    if cell.value is not None:
        return replace(cell, verdict=Verdict.NOT_COMPARABLE, reason=WHY)
    lost = row.status in (Status.FAILED, Status.TIMEOUT)
    why = f"{row.reason}: {row.why}" if row.reason is not None else row.why
    return replace(
        cell,
        verdict=Verdict.FAILED if lost else Verdict.SKIPPED,
        reason=why or "no run gives it",
    )
