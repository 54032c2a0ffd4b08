"""What a field-by-field schema of printed numbers cannot see, and where a slip is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmsia.bench.published import PublishedPaper, Row, Table


def contradictions(paper: PublishedPaper) -> list[str]:
    """What a field-by-field schema cannot see."""
    problems = _duplicates("table", [table.id for table in paper.tables])
    problems += _duplicates("statement", [s.id for s in paper.statements])
    for table in paper.tables:
        where = f"table {table.id}"
        if not table.id.startswith(f"{paper.paper.key}/"):
            problems.append(f"{where}: the id does not start with {paper.paper.key}/")
        names = [column.name for column in table.columns]
        problems += _duplicates(f"{where}, column", names)
        problems += _duplicates(f"{where}, row", [row.id for row in table.rows])
        for row in table.rows:
            missing = [name for name in names if name not in row.values]
            unknown = [name for name in row.values if name not in names]
            if missing:
                problems.append(f"{where}, row {row.id}: no value for {missing[0]!r}")
            if unknown:
                problems.append(f"{where}, row {row.id}: no column {unknown[0]!r}")
        problems += _dangling(table, names)
    return problems


def _dangling(table: Table, columns: Sequence[str]) -> list[str]:
    """References to rows and columns that are not there."""
    rows = [row.id for row in table.rows]
    problems = []
    for column in table.columns:
        where, source = f"table {table.id}, column {column.name}", column.derived
        if source is None:
            continue
        wanted = source.of if source.op == "mean" else (source.column,)
        lost = [name for name in wanted if name not in columns]
        problems += [f"{where}: derived from no column {name!r}" for name in lost]
        if source.op == "difference_to_row" and source.row not in rows:
            problems.append(f"{where}: derived from no row {source.row!r}")
    for row in table.rows:
        where = f"table {table.id}, row {row.id}"
        problems += [f"{where}: {problem}" for problem in _of_row(row, rows, columns)]
    return problems


def _of_row(row: Row, rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    source = row.derived_from
    problems = []
    if (row.kind == "derived") is not (source is not None):
        problems.append("kind and derived_from contradict each other")
    named = [source.minuend, source.subtrahend] if source else []
    named += [row.builds_on] if row.builds_on else []
    problems += [f"refers to no row {name!r}" for name in named if name not in rows]
    marks = [*row.bold, *row.quotes]
    problems += [f"a mark on no column {m!r}" for m in marks if m not in columns]
    return problems


def _duplicates(what: str, ids: Sequence[str]) -> list[str]:
    repeated = sorted({i for i in ids if ids.count(i) > 1})
    return [f"{what} {i!r} stands there twice" for i in repeated]


def place_of(raw: Any, loc: Sequence[int | str]) -> str:
    """`table gog/table1, row ours-1, column ap` from pydantic's index path."""
    singular = {"tables": "table", "rows": "row", "columns": "column"}
    words: list[str] = []
    here, parent = raw, ""
    for step in loc:
        if isinstance(step, int) and isinstance(here, list):
            here = here[step]
            name = here.get("id", here.get("name")) if isinstance(here, dict) else None
            words.append(f"{singular.get(parent, parent)} {name or step}")
        else:
            here = here.get(step) if isinstance(here, dict) else None
            if parent == "values":
                words.append(f"column {step}")
            elif step not in singular and step not in ("values", "float", "int"):
                words.append(f"key {step!r}")
            parent = str(step)
    return ", ".join(words) or "the top level"
