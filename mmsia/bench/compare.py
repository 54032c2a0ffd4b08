"""Cells: each published number beside ours, with a verdict and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mmsia.bench.efficiency_cells import speed_of
from mmsia.bench.printed import Printed
from mmsia.bench.published import Column, Row
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.row_scores import RowScore, row_score
from mmsia.bench.rules import MARGINS, judge, judge_count, margin_of
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Evidence, Reason, Scale, Status, Verdict


@dataclass(frozen=True)
class Cell:
    """One published cell and what became of it.

    Attributes:
        table: Table id.
        row: Row id.
        column: Column name.
        published: The printed number, or None.
        value: Ours, or None.
        seeds: How many seeds ours rests on.
        ci_low: Lower end of the 95 % interval of `value`.
        ci_high: Upper end.
        unit: Of both numbers.
        evidence: Kind of proof.
        scale: How much of the experiment was run.
        verdict: The comparison.
        reason: Why this verdict.
        run: Key of the first seed's run.
        runs: Keys of all of them.
    """

    table: str
    row: str
    column: str
    published: float | None
    value: float | None
    seeds: int
    ci_low: float | None
    ci_high: float | None
    unit: str
    evidence: Evidence
    scale: Scale
    verdict: Verdict
    reason: str
    run: str | None
    runs: tuple[str, ...] = ()

    @property
    def difference(self) -> float | None:
        """Ours minus the printed number, where the two can be compared at all."""
        if self.value is None or self.published is None:
            return None
        if self.verdict is Verdict.NOT_COMPARABLE:
            return None
        return self.value - self.published

    @property
    def beside_print(self) -> bool:
        """Whether the printed number may stand beside it: no run of smoke may."""
        return self.scale is not Scale.SMOKE or self.value is None

    def as_json(self) -> dict[str, Any]:
        """Plain values in the order of the schema."""
        return {**asdict(self), "runs": list(self.runs)}


def compare_table(
    entry: CatalogueEntry, state: TableState, runs: Mapping[str, StoredRun]
) -> list[Cell]:
    """The cells of one table.

    Args:
        entry: The published table and its recipe.
        state: What was asked for and what came of it.
        runs: Finished runs by key.
    """
    return [
        cell_of(entry, state, row, column, runs)
        for row in entry.table.rows
        for column in entry.table.columns
    ]


def load_runs(states: Iterable[TableState], store: Store) -> dict[str, StoredRun]:
    """Finished runs of some tables; a damaged one is set aside and left out."""
    rows = [row for state in states for row in state.every_row.values()]
    keys = {key for row in rows if row.status is Status.DONE for key in row.runs}
    keys |= {key for r in rows for key in (r.structure, r.efficiency) if key}
    loaded = {key: store.load(key) for key in sorted(keys)}
    return {key: run for key, run in loaded.items() if run is not None}


def cell_of(
    entry: CatalogueEntry,
    state: TableState,
    row: Row,
    column: Column,
    runs: Mapping[str, StoredRun],
) -> Cell:
    """One cell of a table, or of what stands beside its rows.

    Args:
        entry: The published table and its recipe.
        state: What was asked for and what came of it.
        row: A row with its printed values.
        column: A column of the table.
        runs: Finished runs by key.
    """
    row_state = state.every_row[row.id]
    published = row.values[column.name]
    if column.name in entry.recipe.structure:
        return _count_cell(entry, row, column, row_state, runs)
    if column.name in entry.recipe.efficiency:
        return _speed_cell(entry, row, column, row_state, runs)
    found = row_score(
        [runs[key] for key in row_state.runs if key in runs],
        entry.recipe.columns.get(column.name),
    )
    # A row counts with all of its seeds: those that ended well may be the lucky ones.
    made = row_state.status is Status.DONE and bool(row_state.runs)
    whole = made and all(key in runs for key in row_state.runs)
    if found is None and whole and column.name in entry.recipe.columns:
        verdict, reason = _nothing_to_find(published)
    elif found is None or not whole:
        found = None
        verdict, reason = _without_value(entry, row.id, column, row_state, published)
    else:
        verdict, reason = _verdict(entry, state, column, published, found)
    return Cell(
        table=entry.table.id,
        row=row.id,
        column=column.name,
        published=published,
        value=found.value if found else None,
        seeds=found.num_seeds if found else 0,
        ci_low=found.interval[0] if found else None,
        ci_high=found.interval[1] if found else None,
        unit=column.unit,
        evidence=state.evidence,
        scale=state.scale,
        verdict=verdict,
        reason=reason,
        run=row_state.run,
        runs=row_state.runs,
    )


def _count_cell(
    entry: CatalogueEntry,
    row: Row,
    column: Column,
    row_state: RowState,
    runs: Mapping[str, StoredRun],
) -> Cell:
    """A cell that is counted: always of the paper's network, without an interval."""
    published = row.values[column.name]
    stored = runs.get(row_state.structure or "")
    score = entry.recipe.structure[column.name]
    value = stored.result["scores"].get(score) if stored is not None else None
    if value is None:
        verdict, reason = _without_value(entry, row.id, column, row_state, published)
    else:
        verdict, reason = _count_verdict(entry, row, column, published, value)
    return Cell(
        table=entry.table.id,
        row=row.id,
        column=column.name,
        published=published,
        value=value,
        seeds=0,
        ci_low=None,
        ci_high=None,
        unit=column.unit,
        evidence=Evidence.STRUCTURE,
        scale=Scale.PAPER,
        verdict=verdict,
        reason=reason,
        run=row_state.structure,
        runs=(row_state.structure,) if row_state.structure else (),
    )


def _speed_cell(
    entry: CatalogueEntry,
    row: Row,
    column: Column,
    row_state: RowState,
    runs: Mapping[str, StoredRun],
) -> Cell:
    """A cell that is timed beside the other rows: always of the paper's network."""
    found = speed_of(entry, row.id, column.name, row_state, runs)
    low, high = found.interval or (None, None)
    return Cell(
        table=entry.table.id,
        row=row.id,
        column=column.name,
        published=row.values[column.name],
        value=found.value,
        seeds=0,
        ci_low=low,
        ci_high=high,
        unit=column.unit,
        evidence=Evidence.EFFICIENCY,
        scale=Scale.PAPER,
        verdict=found.verdict,
        reason=found.reason,
        run=row_state.efficiency,
        runs=(row_state.efficiency,) if row_state.efficiency else (),
    )


def _count_verdict(
    entry: CatalogueEntry,
    row: Row,
    column: Column,
    published: Printed | None,
    value: float,
) -> tuple[Verdict, str]:
    if published is None:
        return Verdict.NO_REFERENCE, "nothing was printed"
    if finding := _declared(entry.recipe.findings, row.id, column):
        return Verdict.FINDING, finding
    margin = margin_of(column.metric)
    half = max(margin.at(published), published.half_unit)
    verdict = judge_count(published, value, half)
    fitted = _declared(entry.recipe.fitted, row.id, column)
    if fitted and verdict is Verdict.MATCH:
        return Verdict.FITTED, fitted
    return verdict, f"counted, margin {margin}{f'; {fitted}' if fitted else ''}"


def _declared(cells: Mapping[str, str], row: str, column: Column) -> str:
    """What a table script says of a cell, or of the whole of its column."""
    return cells.get(f"{row}.{column.name}") or cells.get(column.name, "")


def _nothing_to_find(published: float | None) -> tuple[Verdict, str]:
    """Of a stored run whose test set has nothing that the column is about."""
    if published is None:
        return Verdict.NO_REFERENCE, "nothing was printed"
    return (
        Verdict.SKIPPED,
        "the images of the test have nothing that this is a score of",
    )


def _without_value(
    entry: CatalogueEntry,
    row_id: str,
    column: Column,
    row: RowState,
    published: float | None,
) -> tuple[Verdict, str]:
    if published is None:
        why = f"{row.reason}: {row.why}; " if row.reason is not None else ""
        return Verdict.NO_REFERENCE, f"{why}nothing was printed"
    if finding := _declared(entry.recipe.findings, row_id, column):
        return Verdict.FINDING, finding
    if row.status in (Status.FAILED, Status.TIMEOUT):
        return Verdict.FAILED, row.why
    # A row that is nobody's to run here says so first.
    if row.reason in (Reason.EXTERNAL, Reason.NEEDS_SERVER):
        return Verdict.SKIPPED, f"{row.reason}: {row.why}"
    if column.name in entry.recipe.column_reasons:
        return Verdict.SKIPPED, entry.recipe.column_reasons[column.name]
    if row.reason is not None:
        return Verdict.SKIPPED, f"{row.reason}: {row.why}"
    if row.status in (Status.SKIPPED, Status.INTERRUPTED):
        return Verdict.SKIPPED, row.why
    if row.status is Status.DONE and row.runs and column.name in entry.recipe.columns:
        return Verdict.FAILED, "the stored result is missing or damaged: run again"
    return Verdict.SKIPPED, "this evidence does not give this column"


def _verdict(
    entry: CatalogueEntry,
    state: TableState,
    column: Column,
    published: float | None,
    found: RowScore,
) -> tuple[Verdict, str]:
    data = state.data
    obstacles = [entry.recipe.not_comparable.get(state.evidence, "")]
    if state.scale is Scale.SMOKE and state.evidence is Evidence.TRAINING:
        obstacles.append("a tiny network after a few steps, which proves that it runs")
    if data["simulated"]:
        obstacles.append(f"{data['name']}, not the paper's data")
    elif state.scale is not Scale.PAPER:
        obstacles.append(f"scale {state.scale}, not the paper's")
    if any(obstacles):
        return Verdict.NOT_COMPARABLE, "; ".join(filter(None, obstacles))
    if not data["complete"]:
        return Verdict.PARTIAL, _part_of(data)
    if column.metric not in MARGINS:
        why = f"no margin is fixed for {column.metric}"
        return Verdict.NOT_COMPARABLE, why
    margin = margin_of(column.metric)
    verdict = judge(
        published,
        found.interval,
        margin=margin.at(published or 0.0),
        higher_is_better=column.higher_is_better,
    )
    over = f"{found.num_seeds} seeds and images" if found.num_seeds > 1 else "images"
    return verdict, f"95 % interval over {over}, margin {margin}"


def _part_of(data: Mapping[str, Any]) -> str:
    """Why data is not taken for the whole data set."""
    if data.get("partial"):
        return "; ".join(data["partial"])
    full, used = data["num_annotated_full"], data["num_used"]
    if full is None:
        return f"{used} annotated images, not known to be all of {data['name']}"
    return f"{used} annotated images, not the {full} of all of {data['name']}"
