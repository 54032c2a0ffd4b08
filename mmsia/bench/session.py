"""`W/session.json`: which rows were asked for and what came of each.

The store holds numbers; this file says which of them belong to which table, so that
the report can be written again from the work folder alone. Tables of earlier
commands stay until the same table is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.locks import guard
from mmsia.bench.outcome import Outcome
from mmsia.bench.plan import Options, Plan, PlannedRow
from mmsia.bench.terms import Evidence, Reason, Scale, Status
from mmsia.errors import DataError
from mmsia.files import read_json, write_json

SCHEMA = 3
_COCO = {"name": "COCO val2017", "subjects": "people"}
"""What the data of a session was before schema 3 said so."""
_ORDER = (
    *(Status.FAILED, Status.TIMEOUT, Status.INTERRUPTED),
    *(Status.SKIPPED, Status.CACHED, Status.DONE),
)
"""Of several seeds the first of these is the row's."""


@dataclass(frozen=True)
class RowState:
    """What came of one row: its runs, a reason for none, or an error.

    Attributes:
        status: done if all its runs are, else the worst of them.
        runs: Keys, one a seed.
        structure: Key of the run that counts its network.
        efficiency: Key of the run that timed it beside the table's other rows.
        efficiency_why: Why there is none, if that run was to be made.
        efficiency_status: How it ended.
        config: That they are of.
        reason: Why there is no run.
        why: The reason or the error in words.
    """

    status: Status
    runs: tuple[str, ...] = ()
    structure: str | None = None
    config: str | None = None
    reason: Reason | None = None
    why: str = ""
    efficiency: str | None = None
    efficiency_why: str = ""
    efficiency_status: Status = Status.SKIPPED

    @property
    def run(self) -> str | None:
        """The run of its first seed, which stands for all where one is shown."""
        return self.runs[0] if self.runs else None


@dataclass(frozen=True)
class TableState:
    """What was asked for a table, on which data, by which command.

    Attributes:
        table: Its id.
        evidence: Kind of proof.
        scale: How much of the experiment.
        seed: What the seeds of its runs derive from.
        num_draws: Draws of the bootstrap.
        command: The command line.
        data: `DataSource.summary`.
        rows: Row -> what came of it.
        planned_effects: Claim -> smallest detectable effect, stated before the runs.
        beside: What stands beside the printed rows -> what came of it.
    """

    table: str
    evidence: Evidence
    scale: Scale
    seed: int
    num_draws: int
    command: str
    data: Mapping[str, Any]
    rows: Mapping[str, RowState]
    planned_effects: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, RowState] = field(default_factory=dict)

    @property
    def every_row(self) -> dict[str, RowState]:
        """The rows and what stands beside them."""
        return {**self.rows, **self.beside}


def session_path(work_dir: Path) -> Path:
    """Where a work folder keeps its session."""
    return work_dir / "session.json"


def table_states(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    options: Options,
    data: DataSource,
    command: str,
    stated: Mapping[str, Mapping[str, float]] | None = None,
) -> list[TableState]:
    """The states after a plan was run.

    Args:
        plan: What was planned.
        outcomes: What came of its runs.
        options: What was asked for.
        data: The annotations.
        command: The command line.
        stated: Table -> claim -> smallest detectable effect.
    """
    rows: dict[str, dict[str, RowState]] = {}
    beside: dict[str, dict[str, RowState]] = {}
    evidence: dict[str, Evidence] = {}
    read = {planned.table: data for planned in plan.rows}
    for planned in plan.rows:
        state = _row_state(planned, outcomes)
        part = beside if planned.beside else rows
        part.setdefault(planned.table, {})[planned.row] = state
        evidence[planned.table] = planned.evidence
        # What stands beside the rows comes after them, and may be of other data.
        if planned.data is not None and read[planned.table] is data:
            read[planned.table] = planned.data
    return [
        TableState(
            table=table,
            evidence=evidence[table],
            scale=options.scale,
            seed=options.seed,
            num_draws=options.num_draws,
            command=command,
            data=read[table].summary(),
            rows=states,
            planned_effects=(stated or {}).get(table, {}),
            beside=beside.get(table, {}),
        )
        for table, states in rows.items()
    ]


def _row_state(planned: PlannedRow, outcomes: Mapping[str, Outcome]) -> RowState:
    counted = planned.structure and outcomes[planned.structure.key]
    structure = counted.key if counted else None
    timed = planned.efficiency and outcomes[planned.efficiency.key]
    if timed:
        return RowState(
            Status.DONE if timed.good else timed.status,
            (),
            structure,
            why=timed.error,
            efficiency=timed.key if timed.good else None,
            efficiency_why=timed.error,
            efficiency_status=timed.status,
        )
    if not planned.runs and planned.evidence is Evidence.STRUCTURE and counted:
        status = Status.DONE if counted.good else counted.status
        return RowState(status, (), structure, why=counted.error)
    if not planned.runs:
        return RowState(
            Status.SKIPPED, (), structure, reason=planned.reason, why=planned.why
        )
    ended = [outcomes[run.key] for run in planned.runs]
    worst = min(ended, key=lambda outcome: _ORDER.index(outcome.status))
    why = worst.error
    if not worst.good and len(ended) > 1:
        good = sum(outcome.good for outcome in ended)
        why = f"{good} of {len(ended)} seeds are done; {why}"
    # A cached run is a done one: the report does not change with it.
    status = Status.DONE if worst.good else worst.status
    keys = tuple(outcome.key for outcome in ended)
    return RowState(status, keys, structure, planned.runs[0].config, None, why)


def save_session(work_dir: Path, states: Iterable[TableState]) -> list[TableState]:
    """Add or replace tables; returns all tables of the work folder."""
    # Another session may add its own tables at the same time.
    with guard(work_dir):
        merged = {s.table: s for s in _load_if_there(work_dir)}
        merged |= {s.table: keep_speeds(merged.get(s.table), s) for s in states}
        tables = {table: _as_json(state) for table, state in sorted(merged.items())}
        write_json(session_path(work_dir), {"schema": SCHEMA, "tables": tables})
    return [merged[table] for table in sorted(merged)]


def keep_speeds(earlier: TableState | None, state: TableState) -> TableState:
    """A table's new state; speeds stand beside whatever else was asked for.

    Args:
        earlier: What the work folder had, if anything.
        state: What was asked for now.
    """
    if earlier is None or earlier.evidence is state.evidence is Evidence.EFFICIENCY:
        return state
    speeds, others = earlier, state
    if state.evidence is Evidence.EFFICIENCY:
        speeds, others = state, earlier
    rows = {
        row: _with_speed(own, speeds.rows[row]) if row in speeds.rows else own
        for row, own in others.rows.items()
    }
    return replace(others, rows=rows)


def _with_speed(row: RowState, timed: RowState) -> RowState:
    return replace(
        row,
        efficiency=timed.efficiency,
        efficiency_why=timed.efficiency_why,
        efficiency_status=timed.efficiency_status,
    )


def load_session(work_dir: Path) -> list[TableState]:
    """The tables of a work folder.

    Raises:
        DataError: If nothing was reproduced there, or by a later mmsia.
    """
    path = session_path(work_dir)
    if not path.is_file():
        raise DataError(
            f"{work_dir} is not a work folder of mmsia",
            expected=f"the file {path}",
            got="nothing",
            remedy="Name the folder that `mmsia reproduce --work-dir` wrote",
        )
    record = read_json(path)
    schema = record.get("schema") if isinstance(record, dict) else None
    if schema not in range(1, SCHEMA + 1):
        raise DataError(
            f"{path}",
            expected=f"schema {SCHEMA} or earlier",
            got=f"{schema!r}",
            remedy="Use the mmsia that wrote it, or run `mmsia reproduce` again",
        )
    try:
        return [_from_json(key, value) for key, value in record["tables"].items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path} is damaged",
            got=f"{type(error).__name__}: {error}",
            remedy="Run `mmsia reproduce` again; finished runs are kept",
        ) from error


def _load_if_there(work_dir: Path) -> list[TableState]:
    if not session_path(work_dir).is_file():
        return []
    try:
        return load_session(work_dir)
    except DataError:
        # Whatever was asked for earlier is lost, its runs are not.
        path = session_path(work_dir)
        path.rename(path.with_name(f"{path.name}.corrupt"))
        return []


def _as_json(state: TableState) -> dict[str, Any]:
    return {
        "evidence": state.evidence.value,
        "scale": state.scale.value,
        "seed": state.seed,
        "num_draws": state.num_draws,
        "command": state.command,
        "data": dict(state.data),
        "planned_effects": dict(state.planned_effects),
        "rows": _rows_as_json(state.rows),
        "beside": _rows_as_json(state.beside),
    }


def _rows_as_json(rows: Mapping[str, RowState]) -> dict[str, Any]:
    return {
        row: {
            "status": entry.status.value,
            "runs": list(entry.runs),
            "structure": entry.structure,
            "config": entry.config,
            "reason": entry.reason.value if entry.reason else None,
            "why": entry.why,
            "efficiency": entry.efficiency,
            "efficiency_why": entry.efficiency_why,
            "efficiency_status": entry.efficiency_status.value,
        }
        for row, entry in rows.items()
    }


def _rows_from_json(record: Mapping[str, Any]) -> dict[str, RowState]:
    return {
        row: RowState(
            Status(entry["status"]),
            _runs_of(entry),
            entry.get("structure"),
            entry["config"],
            # An earlier mmsia knew reasons that there are no more.
            Reason(entry["reason"]) if entry["reason"] in set(Reason) else None,
            entry["why"],
            entry.get("efficiency"),
            entry.get("efficiency_why", ""),
            # An earlier mmsia gave a reason for a failed run alone.
            Status(entry.get("efficiency_status", Status.FAILED.value)),
        )
        for row, entry in record.items()
    }


def _from_json(table: str, record: Mapping[str, Any]) -> TableState:
    return TableState(
        table=table,
        evidence=Evidence(record["evidence"]),
        scale=Scale(record["scale"]),
        seed=record["seed"],
        num_draws=record["num_draws"],
        command=record["command"],
        data={**_COCO, **record["data"]},
        rows=_rows_from_json(record["rows"]),
        beside=_rows_from_json(record.get("beside", {})),
        planned_effects=record.get("planned_effects", {}),
    )


def _runs_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of a row's runs; schema 1 knew one run a row."""
    if "runs" in row:
        return tuple(row["runs"])
    return (row["run"],) if row["run"] else ()
