"""Write all files of a report from the session and the store."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mmsia
from mmsia.bench.anchors import load_anchors, load_states
from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.claim_results import ClaimResult, claim_results
from mmsia.bench.compare import Cell, load_runs
from mmsia.bench.compared import compare_states, known_states
from mmsia.bench.figure_recipe import load_figures
from mmsia.bench.provenance import environment
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.references import load_references
from mmsia.bench.rules import MARGINS
from mmsia.bench.session import TableState
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import MEANINGS, SYMBOLS, Evidence, Verdict
from mmsia.files import write_json, write_text_atomic
from mmsia.report.agreement import agreement_figure
from mmsia.report.anchors import anchors_view
from mmsia.report.beside import beside_views
from mmsia.report.claims import claim_legend, claims_views
from mmsia.report.figures import table_figures
from mmsia.report.gallery import galleries
from mmsia.report.render import render
from mmsia.report.view import TableView, runs_of, table_view

SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """A written report.

    Attributes:
        path: Its page.
        cells: Those of the printed rows.
        beside: Those of what stands beside them.
    """

    path: Path
    cells: tuple[Cell, ...]
    beside: tuple[Cell, ...] = ()


def write_report(
    work_dir: Path,
    catalogue: Mapping[str, CatalogueEntry],
    states: Sequence[TableState],
    store: Store,
) -> Report:
    """Write `report/` below a work folder.

    Args:
        work_dir: Work folder.
        catalogue: Published tables with their recipes.
        states: The tables of the work folder.
        store: Its runs.

    Returns:
        The page `report/index.html` and all cells.
    """
    folder = work_dir / "report"
    # Tables with numbers first.
    known = known_states(states, catalogue)
    states = sorted(known, key=lambda state: not _has_numbers(state))
    runs = load_runs(states, store)
    references, recipes = load_references(), load_figures()
    trainings = Trainings(store)
    compared = compare_states(work_dir, catalogue, states, runs)
    cells = [cell for table in compared for cell in table.cells]
    beside = [cell for table in compared for cell in table.beside]
    views: list[TableView] = []
    for table in compared:
        entry, state = table.entry, table.state
        figures = table_figures(entry, state, table.cells, runs, trainings)
        figures += galleries(recipes, state, store)
        for figure in figures:
            write_text_atomic(folder / figure.csv_name, figure.csv_text)
        view = table_view(
            entry, state, table.cells, runs, references, figures, trainings
        )
        others = beside_views(entry, state, table.beside, runs, trainings)
        views.append(replace(view, beside=others))
    claims = claim_results(catalogue, states, runs, trainings)
    agreement = agreement_figure(cells)
    if agreement is not None:
        write_text_atomic(folder / agreement.csv_name, agreement.csv_text)
    context = {
        "agreement": agreement,
        "anchors": anchors_view(states, load_anchors(), load_states(work_dir)),
        **_context(views, cells, runs),
        "claims": claims_views(claims),
        "claim_legend": claim_legend(),
    }
    for name in ("index.html", "report.md", "report.tex"):
        write_text_atomic(folder / name, render(name, context))
    write_text_atomic(folder / "cells.csv", cells_csv(cells))
    write_json(
        folder / "results.json", results_json(states, cells, runs, claims, beside)
    )
    return Report(folder / "index.html", tuple(cells), tuple(beside))


def _has_numbers(state: TableState) -> bool:
    """Whether something of a table was run or timed."""
    return bool(runs_of(state)) or any(row.efficiency for row in state.rows.values())


def cells_csv(cells: Sequence[Cell]) -> str:
    """One line a cell, the same columns as `results.json`."""
    buffer = io.StringIO()
    fields = list(Cell.__dataclass_fields__)
    writer = csv.DictWriter(buffer, fields, lineterminator="\n")
    writer.writeheader()
    for cell in cells:
        writer.writerow({**cell.as_json(), "runs": " ".join(cell.runs)})
    return buffer.getvalue()


def results_json(
    states: Sequence[TableState],
    cells: Sequence[Cell],
    runs: Mapping[str, StoredRun],
    claims: Sequence[ClaimResult] = (),
    beside: Sequence[Cell] = (),
) -> dict[str, Any]:
    """The machine-readable report."""
    tables = {
        state.table: {
            "command": state.command,
            "scale": state.scale,
            "evidence": state.evidence,
            "seed": state.seed,
            "num_draws": state.num_draws,
            "data": dict(state.data),
        }
        for state in states
    }
    return {
        "schema": SCHEMA,
        "provenance": {
            "written_by": environment(),
            "tables": tables,
            "runs": {key: run.provenance for key, run in runs.items()},
        },
        "cells": [cell.as_json() for cell in cells],
        "beside": [cell.as_json() for cell in beside],
        "claims": [claim.as_json() for claim in claims],
    }


def _context(
    views: Sequence[TableView], cells: Sequence[Cell], runs: Mapping[str, StoredRun]
) -> dict[str, Any]:
    ran = [view for view in views if runs_of(view.state)]
    return {
        "tables": views,
        "simulated": [view.id for view in ran if view.state.data["simulated"]],
        "counts": _counts(cells),
        "papers": _counts_by_paper(cells),
        "legend": [(v.value, SYMBOLS[v], MEANINGS[v]) for v in Verdict],
        "margins": _margins(),
        "commands": _commands(views, runs),
        "skipped": _skipped(views),
        "num_runs": len(runs),
        # No commit or date: the same runs give the same page.
        "version": mmsia.__version__,
    }


def _commands(views: Sequence[TableView], runs: Mapping[str, StoredRun]) -> list[str]:
    """What was asked for; tables that were timed as well were asked for twice."""
    timed = [
        run.provenance["command"]
        for run in runs.values()
        if run.provenance.get("evidence") == Evidence.EFFICIENCY
    ]
    return list(dict.fromkeys([*(view.state.command for view in views), *timed]))


def _margins() -> list[tuple[str, str]]:
    """(metrics, margin) of those that share one."""
    texts: dict[str, list[str]] = {}
    for metric, margin in MARGINS.items():
        texts.setdefault(str(margin), []).append(metric)
    return [(", ".join(metrics), margin) for margin, metrics in texts.items()]


def _counts(cells: Sequence[Cell]) -> list[tuple[str, str, int]]:
    """(verdict, symbol, number) of the verdicts that occur."""
    numbers = Counter(cell.verdict for cell in cells)
    return [(v.value, SYMBOLS[v], numbers[v]) for v in Verdict if numbers[v]]


def _counts_by_paper(
    cells: Sequence[Cell],
) -> list[tuple[str, list[tuple[str, str, int]]]]:
    papers: dict[str, list[Cell]] = {}
    for cell in cells:
        papers.setdefault(cell.table.partition("/")[0], []).append(cell)
    return [(paper, _counts(own)) for paper, own in papers.items()]


def _skipped(views: Sequence[TableView]) -> list[tuple[str, str, str]]:
    """(table, rows, reason) of what could not be run."""
    lines: dict[tuple[str, str], list[str]] = {}
    for view in views:
        for row in view.rows:
            for cell in row.cells:
                if cell.verdict in (Verdict.SKIPPED, Verdict.FAILED) and cell.note:
                    key = (view.id, view.notes[cell.note - 1])
                    lines.setdefault(key, []).append(row.id)
    return [
        (table, ", ".join(dict.fromkeys(rows)), why)
        for (table, why), rows in lines.items()
    ]
