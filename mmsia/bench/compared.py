"""All tables of a work folder beside the print: what a report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmsia.bench.beside import WHY, beside_cells
from mmsia.bench.compare import Cell, compare_table
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.server_scores import load_scores, with_server_scores
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import StoredRun
from mmsia.bench.terms import Status
from mmsia.log import get_logger

_logger = get_logger(__name__)


@dataclass(frozen=True)
class Compared:
    """One table.

    Attributes:
        entry: The published table and its recipe.
        state: What was asked for and what came of it, by today's rows.
        cells: Those of the printed rows.
        beside: Those of what stands beside them.
    """

    entry: CatalogueEntry
    state: TableState
    cells: list[Cell]
    beside: list[Cell]


def known_states(
    states: Sequence[TableState], catalogue: Mapping[str, CatalogueEntry]
) -> list[TableState]:
    """States brought up to today's tables, which may have changed since.

    Args:
        states: The tables of a work folder.
        catalogue: Published tables with their recipes.
    """
    known = []
    for state in states:
        if state.table not in catalogue:
            _logger.warning("%s is no table any more: left out", state.table)
            continue
        entry = catalogue[state.table]
        unasked = RowState(Status.SKIPPED, why="new since the last run: run again")
        rows = {r.id: state.rows.get(r.id, unasked) for r in entry.table.rows}
        beside = {r: own for r, own in state.beside.items() if r in entry.recipe.beside}
        known.append(replace(state, rows=rows, beside=beside))
    return known


def compare_states(
    work_dir: Path,
    catalogue: Mapping[str, CatalogueEntry],
    states: Sequence[TableState],
    runs: Mapping[str, StoredRun],
) -> list[Compared]:
    """Compare tables, with the scores that a test server gave.

    Args:
        work_dir: Work folder, which keeps the server's scores.
        catalogue: Published tables with their recipes.
        states: Tables as `known_states` gives them.
        runs: Finished runs by key.
    """
    served = load_scores(work_dir)
    compared = []
    for state in states:
        entry = catalogue[state.table]
        cells = with_server_scores(entry, compare_table(entry, state, runs), served)
        beside = beside_cells(entry, state, runs)
        beside = with_server_scores(entry, beside, served, beside=WHY)
        compared.append(Compared(entry, state, cells, beside))
    return compared
