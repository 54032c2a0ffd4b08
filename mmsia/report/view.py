"""What a report shows, as plain values that every template can lay out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.references import Reference
from mmsia.bench.session import TableState
from mmsia.bench.store import StoredRun
from mmsia.bench.terms import SYMBOLS, Status
from mmsia.report.numbers import (
    NOTHING,
    cell_interval,
    format_signed,
    format_value,
)
from mmsia.report.selected import selected_lines
from mmsia.report.speeds import about_speeds, speed_run, speed_scores

SCORES = {
    "ap": "AP",
    "ap50": "AP50",
    "ap75": "AP75",
    "ap_m": "AP_M",
    "ap_l": "AP_L",
    "ar": "AR",
    "num_poses": "poses",
}
"""Score of a run -> how a fold-out calls it."""


@dataclass(frozen=True)
class CellView:
    """One line of a table: texts of a cell."""

    column: str
    printed: str
    value: str
    difference: str
    interval: str
    reference: str
    verdict: str
    symbol: str
    note: int | None


@dataclass(frozen=True)
class Detail:
    """The fold-out of a row: scores beside the reference's, and provenance."""

    scores: tuple[tuple[str, str, str, str], ...]
    reference_about: str
    provenance: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RowView:
    """One published row."""

    id: str
    label: str
    cells: tuple[CellView, ...]
    detail: Detail | None


@dataclass(frozen=True)
class TableView:
    """One published table."""

    id: str
    anchor: str
    title: str
    paper: str
    state: TableState
    smoke: bool
    num_seeds: int
    about_data: str
    has_reference: bool
    remark: str
    printed_by: str
    protocol: Mapping[str, str]
    paper_notes: tuple[str, ...]
    rows: tuple[RowView, ...]
    notes: tuple[str, ...]
    figures: tuple[Any, ...] = ()
    beside: tuple[Any, ...] = ()


def table_view(
    entry: CatalogueEntry,
    state: TableState,
    cells: Sequence[Cell],
    runs: Mapping[str, StoredRun],
    references: Mapping[tuple[str, str, str], Reference],
    figures: Sequence[Any] = (),
    trainings: Trainings | None = None,
) -> TableView:
    """Texts of one table.

    Args:
        entry: The published table and its recipe.
        state: What was asked for and what came of it.
        cells: Its compared cells.
        runs: Finished runs by key.
        references: Measurements of other code.
        figures: Figures that belong to the table.
        trainings: The trainings behind the runs.
    """
    notes = list(dict.fromkeys(cell.reason for cell in cells if cell.reason))
    digest = state.data["digest"]
    timed = speed_run(state, runs)
    rows = []
    for row in entry.table.rows:
        reference = references.get((entry.table.id, row.id, digest))
        own = [runs[key] for key in state.rows[row.id].runs if key in runs]
        stored = own[0] if own else None
        reference = reference if stored is not None else None
        views = tuple(
            _cell_view(cell, entry, reference, notes)
            for cell in cells
            if cell.row == row.id
        )
        detail = row_detail(own, state.rows[row.id].config, reference, trainings)
        if timed is not None and state.rows[row.id].efficiency == timed.key:
            detail = _with_speeds(detail, row.id, timed, any(runs_of(state)))
        rows.append(RowView(row.id, plain_label(row.label), views, detail))
    paper = entry.paper.paper
    return TableView(
        id=entry.table.id,
        anchor=entry.table.id.replace("/", "-"),
        title=entry.table.title,
        paper=f"{paper.title}, {paper.year}",
        state=state,
        # No printed number stands beside a value of this scale.
        num_seeds=max((len(row.runs) for row in state.rows.values()), default=0),
        smoke=not any(c.beside_print and c.value is not None for c in cells)
        and any(c.value is not None for c in cells),
        about_data=_about(state, timed),
        has_reference=any(c.reference != NOTHING for r in rows for c in r.cells),
        remark=entry.recipe.remark,
        printed_by=entry.recipe.printed_by or "Printed",
        protocol=entry.recipe.protocol,
        paper_notes=entry.table.notes,
        rows=tuple(rows),
        notes=tuple(notes),
        figures=tuple(figures),
    )


def _about(state: TableState, timed: StoredRun | None) -> str:
    """What stands below the title of a table: its data, and what it was timed on."""
    if timed is None:
        return about_data(state)
    if not runs_of(state):
        return about_speeds(timed)
    return f"{about_data(state)} {about_speeds(timed)}"


def plain_label(label: str) -> str:
    """A printed label without TeX: the papers' own has a factor in one.

    Args:
        label: As published.
    """
    return re.sub(r"\$\\times\s*(\d+)\$", r"×\1", label)


def about_data(state: TableState) -> str:
    """One sentence on the annotations behind a table."""
    if not runs_of(state):
        return "No run of this table was made."
    data = state.data
    used = f"{data['num_used']} images with {data['num_people']} annotated"
    used = f"{used} {data['subjects']}"
    if data["simulated"]:
        name = data["name"].removeprefix("simulated ")
        return f"SIMULATED {name}: {used}. No number here is comparable."
    if data["complete"]:
        return f"All of {data['name']}: {used}."
    full = data["num_annotated_full"]
    whole = f" (all of {data['name']} has {full} with keypoints)" if full else ""
    return (
        f"A part of {data['name']}: {used}, of {data['num_images']} images in the file"
        f"{whole}."
    )


def runs_of(state: TableState) -> list[str]:
    """Keys of the runs that were made for a table."""
    done = [row for row in state.every_row.values() if row.status is Status.DONE]
    return [key for row in done for key in row.runs]


def column_label(entry: CatalogueEntry, name: str) -> str:
    """Metric and unit; the column's own name where that would be ambiguous.

    Args:
        entry: The published table.
        name: A column of it.
    """
    columns = entry.table.columns
    column = next(c for c in columns if c.name == name)
    if sum(c.metric == column.metric for c in columns) > 1:
        return f"{column.metric}: {name}"
    return column.metric + (f" ({column.unit})" if column.unit else "")


def _cell_view(
    cell: Cell, entry: CatalogueEntry, reference: Reference | None, notes: list[str]
) -> CellView:
    score = entry.recipe.columns.get(cell.column, "")
    other = reference.values.get(score) if reference else None
    return CellView(
        column=column_label(entry, cell.column),
        printed=format_value(cell.published, printed=True)
        if cell.beside_print
        else NOTHING,
        value=format_value(cell.value),
        difference=format_signed(cell.difference),
        interval=cell_interval(cell),
        reference=format_value(other),
        verdict=cell.verdict.value,
        symbol=SYMBOLS[cell.verdict],
        note=notes.index(cell.reason) + 1 if cell.reason else None,
    )


def row_detail(
    runs: Sequence[StoredRun],
    config: str | None,
    reference: Reference | None,
    trainings: Trainings | None = None,
) -> Detail | None:
    """The first seed's scores and provenance, and what the others gave.

    Args:
        runs: One a seed; None comes of none.
        config: The row's.
        reference: What other code measured.
        trainings: The trainings behind the runs.
    """
    if not runs:
        return None
    stored = runs[0]
    trained = [trainings.of(run) for run in runs] if trainings else []
    values = {**stored.result["scores"], **stored.result["counts"]}
    scores = []
    for name, label in SCORES.items():
        ours = values.get(name)
        other = reference.values.get(name) if reference else None
        difference = None if other is None or ours is None else ours - other
        whole = name == "num_poses"
        texts = (
            [NOTHING if v is None else f"{v:.0f}" for v in (ours, other)]
            if whole
            else [format_value(ours), format_value(other)]
        )
        change = format_signed(difference)
        change = change.removesuffix(".00") if whole else change
        scores.append((label, *texts, "0" if change == "+0" else change))
    return Detail(
        scores=tuple(scores),
        reference_about=reference.about if reference else "",
        provenance=(
            *_seed_lines(runs),
            *selected_lines(trained),
            *_provenance_lines(stored, config),
        ),
    )


def _with_speeds(
    detail: Detail | None, row: str, timed: StoredRun, has_runs: bool
) -> Detail | None:
    """The fold-out of a row that was timed; a row's own scores come first."""
    scores = speed_scores(row, timed)
    if detail is not None:
        text = ", ".join(f"{label} {value}" for label, value, *_ in scores)
        lines = ("speed", text), ("its run, command", _origin(timed))
        return replace(detail, provenance=(*detail.provenance, *lines))
    # Rows of a table that stand below one another have the same scores.
    if has_runs:
        return None
    return Detail(scores, "", tuple(_provenance_lines(timed, None)))


def _origin(stored: StoredRun) -> str:
    return f"{stored.key}, {stored.provenance['command']}"


def _seed_lines(runs: Sequence[StoredRun]) -> list[tuple[str, str]]:
    """The score of each seed, where there are several."""
    if len(runs) < 2:
        return []
    name = next(iter(runs[0].result["scores"]))
    label = SCORES.get(name, name)
    each = [
        f"{format_value(run.result['scores'].get(name))} "
        f"(seed {run.provenance['seed']}, run {run.key})"
        for run in runs
    ]
    return [(f"{label} of each seed", "; ".join(each))]


def _provenance_lines(stored: StoredRun, config: str | None) -> list[tuple[str, str]]:
    """Name and text of everything that traces a run."""
    source = stored.provenance
    settings = source["settings"]
    lines = [
        ("run", stored.key),
        ("command", source["command"]),
        ("started", f"{source['started']}, took {source['seconds']:.1f} s"),
        ("config", config or source["config"]),
        *_settings_lines(settings),
        ("seed, draws", f"{source['seed']}, {source['num_draws']}"),
        ("annotations", source["data"]["path"]),
        ("their SHA-256", source["data"]["digest"]),
        ("config SHA-256", source["config_digest"]),
        ("sources SHA-256", source["sources_digest"]),
        ("commit", source["commit"]),
        ("machine", f"{source['machine']}, {source['num_cpus']} CPUs"),
        ("system", f"{source['platform']}, Python {source['python']}"),
        ("packages", ", ".join(f"{k} {v}" for k, v in source["packages"].items())),
    ]
    return lines


def _settings_lines(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was measured: a codec, or a network under the overlay of its scale."""
    if "rows" in settings:
        configs = (f"{name}: {row['config']}" for name, row in settings["rows"].items())
        return [("timed in turns", ", ".join(configs))]
    if "codec" not in settings:
        overlay = settings.get("overlay") or {}
        return [("overlay", ", ".join(f"{k}={v}" for k, v in overlay.items()))]
    return [
        ("codec", ", ".join(f"{k}={v}" for k, v in settings["codec"].items())),
        ("test size", f"long edge {settings['long_edge']} px"),
    ]
