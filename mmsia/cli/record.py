"""What a session has so far: kept on disk after each run, so that a kill loses none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmsia.bench.compare import Cell, compare_table
from mmsia.bench.data import DataSource
from mmsia.bench.durations import Durations, format_seconds
from mmsia.bench.outcome import Outcome
from mmsia.bench.plan import Options, Plan
from mmsia.bench.power import planned_effects
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.schedule import not_yet
from mmsia.bench.session import TableState, save_session, table_states
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Status, Verdict


@dataclass
class Record:
    """A session's plan, its outcomes and its cells.

    Attributes:
        plan: What was planned.
        options: What was asked for.
        data: The annotations.
        store: The runs.
        entries: The tables.
        work_dir: Work folder.
        command: The command line.
        slots: Runs at a time.
    """

    plan: Plan
    options: Options
    data: DataSource
    store: Store
    entries: Sequence[CatalogueEntry]
    work_dir: Path
    command: str
    slots: int = 1
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _runs: dict[str, StoredRun] = field(default_factory=dict)
    _planned: dict[str, dict[str, float]] = field(default_factory=dict)
    _begun: dict[str, tuple[RunSpec, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.durations = Durations(self.store)
        self._outcomes = {run.key: not_yet(run.key) for run in self.plan.runs}
        # Stated now, before anything is run.
        self._planned = planned_effects(
            self.plan, self.entries, self.options.scale, self.data.num_groups
        )

    def started(self, spec: RunSpec) -> None:
        """A run begins; the first one puts the tables on disk as unfinished."""
        if not self._begun:
            self.save()
        self._begun[spec.key] = (spec, time.monotonic())

    def ended(
        self, spec: RunSpec, outcome: Outcome, outcomes: dict[str, Outcome]
    ) -> None:
        """A run ended; what was made is kept at once.

        Args:
            spec: The run.
            outcome: How it ended.
            outcomes: Those of the whole plan, by the plan's keys.
        """
        self._outcomes = outcomes
        self._begun.pop(spec.key, None)
        if outcome.status is Status.DONE:
            self.durations.add(spec, outcome.seconds)
        if outcome.status is not Status.CACHED:
            self.save()

    def save(self) -> None:
        """Write the tables of this session to the work folder."""
        save_session(self.work_dir, self.states())

    def states(self) -> list[TableState]:
        """What came of each row until now."""
        return table_states(
            self.plan,
            self._outcomes,
            self.options,
            self.data,
            self.command,
            self._planned,
        )

    def cells(self) -> list[Cell]:
        """All cells as they stand."""
        states = {state.table: state for state in self.states()}
        for outcome in self._outcomes.values():
            if outcome.good and outcome.key not in self._runs:
                run = self.store.load(outcome.key)
                if run is not None:
                    self._runs[outcome.key] = run
        return [
            cell
            for entry in self.entries
            for cell in compare_table(entry, states[entry.table.id], self._runs)
        ]

    def cells_of_run(self, key: str) -> list[Cell]:
        """The cells that a run gave a value.

        Args:
            key: The run's folder.
        """
        return [c for c in self.cells() if key in c.runs and c.value is not None]

    def partial_tables(self) -> dict[str, list[Cell]]:
        """Table -> its cells that have a value."""
        tables: dict[str, list[Cell]] = {}
        for cell in self.cells():
            if cell.value is not None:
                tables.setdefault(cell.table, []).append(cell)
        return tables

    def tally(self) -> str:
        """Cells done, failed and left, and the time that these may take."""
        left_rows = {
            (state.table, row)
            for state in self.states()
            for row, entry in state.rows.items()
            if entry.status is Status.INTERRUPTED
        }
        cells = self.cells()
        done = sum(cell.value is not None for cell in cells)
        failed = sum(cell.verdict is Verdict.FAILED for cell in cells)
        given = {
            (entry.table.id, column)
            for entry in self.entries
            for column in entry.recipe.columns
        }
        left = sum(
            (cell.table, cell.row) in left_rows and (cell.table, cell.column) in given
            for cell in cells
        )
        text = f"cells: {done} done, {failed} failed, {left} left"
        return f"{text}, about {format_seconds(self.eta())}" if left else text

    def eta(self) -> float | None:
        """Seconds until all is done, from past durations; None if none is known."""
        total, now = 0.0, time.monotonic()
        for run in self.plan.runs:
            if self._outcomes[run.key].status is not Status.INTERRUPTED:
                continue
            expected = self.durations.expected(run)
            if expected is None:
                return None
            begun = self._begun.get(run.key)
            spent = now - begun[1] if begun else 0.0
            total += max(expected - spent, 0.0)
        return total / self.slots
