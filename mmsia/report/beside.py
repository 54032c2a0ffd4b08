"""Texts of what stands beside a table's printed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import TableState
from mmsia.bench.store import StoredRun
from mmsia.report.numbers import cell_interval, format_value
from mmsia.report.view import Detail, column_label, row_detail


@dataclass(frozen=True)
class BesideView:
    """One of them: what it is, and (column, value, interval) of it, or why none."""

    id: str
    about: str
    cells: tuple[tuple[str, str, str], ...]
    why: str
    detail: Detail | None


def beside_views(
    entry: CatalogueEntry,
    state: TableState,
    cells: Sequence[Cell],
    runs: Mapping[str, StoredRun],
    trainings: Trainings | None = None,
) -> tuple[BesideView, ...]:
    """What a report shows below a table.

    Args:
        entry: The published table and its recipe.
        state: What was asked for and what came of it.
        cells: As `beside_cells`.
        runs: Finished runs by key.
        trainings: The trainings behind them.
    """
    views = []
    for name, row in state.beside.items():
        own = [cell for cell in cells if cell.row == name]
        made = [cell for cell in own if cell.value is not None]
        stored = [runs[key] for key in row.runs if key in runs]
        named = entry.recipe.beside[name].scores
        lost = dict.fromkeys(cell.reason for cell in own if cell.value is None)
        views.append(
            BesideView(
                id=name,
                about=entry.recipe.beside[name].about,
                cells=tuple(
                    (
                        cell.column
                        if cell.column in named
                        else column_label(entry, cell.column),
                        format_value(cell.value),
                        cell_interval(cell),
                    )
                    for cell in made
                ),
                why="" if made else "; ".join(lost),
                detail=row_detail(stored, row.config, None, trainings),
            )
        )
    return tuple(views)
