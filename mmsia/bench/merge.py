"""Stores made elsewhere join: whole runs are copied, conflicts are named."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmsia.bench.anchors import join_states, load_states
from mmsia.bench.locks import GUARD, LOCK
from mmsia.bench.server_scores import join_scores, load_scores
from mmsia.bench.session import (
    RowState,
    TableState,
    keep_speeds,
    load_session,
    save_session,
    session_path,
)
from mmsia.bench.store import RESULT, Store
from mmsia.bench.terms import Evidence, Status
from mmsia.errors import DataError


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes:
        copied: Keys of the runs that were copied.
        same: Keys that were there with the same result.
        conflicts: Keys, anchors and rows of the server that are there with another
            result; these were kept.
        damaged: `folder key` of results that cannot be believed.
        busy: Keys that another process makes here at the moment.
    """

    copied: tuple[str, ...]
    same: tuple[str, ...]
    conflicts: tuple[str, ...]
    damaged: tuple[str, ...]
    busy: tuple[str, ...]


def merge(sources: Sequence[Path], target: Path) -> Merged:
    """Copy the runs and tables of some work folders into another one.

    Args:
        sources: Work folders; earlier ones come first.
        target: Work folder to merge into; made if it is missing.

    Raises:
        DataError: If a source is no work folder, or the target cannot be written.
    """
    lists: dict[str, list[str]] = {
        name: [] for name in ("copied", "same", "conflicts", "damaged", "busy")
    }
    into = Store(target / "runs")
    sessions = [load_session(source) for source in sources]
    for source in sources:
        store = Store(source / "runs")
        for key in store.keys():
            if (found := store.load(key)) is None:
                lists["damaged"].append(f"{source} {key}")
                continue
            if into.acquire(key) is not None:
                lists["busy"].append(key)
                continue
            try:
                present = into.load(key)
                if present is None:
                    _copy(store.folder / key, into.folder / key)
                    lists["copied"].append(key)
                else:
                    name = "same" if present.result == found.result else "conflicts"
                    lists[name].append(key)
            finally:
                into.release(key)
    _merge_sessions(sessions, target)
    for source in sources:
        lists["conflicts"] += join_states(target, load_states(source))
        lists["conflicts"] += join_scores(target, load_scores(source))
    return Merged(**{name: tuple(keys) for name, keys in lists.items()})


def _copy(source: Path, target: Path) -> None:
    """Copy a run's folder, its result last: until then the run does not count."""
    try:
        for path in sorted(source.rglob("*"), key=lambda p: p.name == RESULT):
            if path.is_file() and path.name not in (LOCK, GUARD):
                place = target / path.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                part = place.with_name(f".{place.name}.part")
                shutil.copyfile(path, part)
                part.replace(place)
    except OSError as error:
        raise DataError(
            f"cannot copy {source} to {target}",
            got=error.strerror or str(error),
            remedy="Free space there, then merge again; what was copied is kept",
        ) from error


def _merge_sessions(sessions: Sequence[list[TableState]], target: Path) -> None:
    """Tables of all; a row that one of them made is taken from there."""
    tables: dict[str, TableState] = {}
    known = load_session(target) if session_path(target).is_file() else []
    for state in [*known, *(state for states in sessions for state in states)]:
        earlier = tables.get(state.table)
        tables[state.table] = state if earlier is None else _join(earlier, state)
    save_session(target, tables.values())


def _join(first: TableState, second: TableState) -> TableState:
    same = (first.evidence, first.scale, first.data.get("digest")) == (
        second.evidence,
        second.scale,
        second.data.get("digest"),
    )
    if not same and Evidence.EFFICIENCY in (first.evidence, second.evidence):
        return keep_speeds(first, second)
    if not same:
        return first
    return replace(
        first,
        rows=_join_rows(first.rows, second.rows),
        beside=_join_rows(first.beside, second.beside),
    )


def _join_rows(
    first: Mapping[str, RowState], second: Mapping[str, RowState]
) -> dict[str, RowState]:
    rows = dict(first)
    for row, state in second.items():
        made = row in rows and rows[row].status is Status.DONE
        if not made and (row not in rows or state.status is Status.DONE):
            speed = rows[row].efficiency if row in rows else None
            rows[row] = replace(state, efficiency=speed or state.efficiency)
        elif rows[row].efficiency is None:
            rows[row] = replace(rows[row], efficiency=state.efficiency)
    return rows
