"""The papers' own arithmetic: every derived cell and every number of the prose again.

A difference is a mismatch only if no unrounded inputs that print the same could give
the printed number; what rounding explains is told apart from what agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mmsia.bench.expressions import Span, evaluate, mean_of
from mmsia.bench.printed import Printed
from mmsia.bench.published import Column, PublishedPaper, Row, Table
from mmsia.errors import DataError

_EPS = 1e-9


class Level(StrEnum):
    """What a recomputation says about a printed number."""

    AGREES = "agrees"
    ROUNDING = "ROUNDING"
    MISMATCH = "MISMATCH"


@dataclass(frozen=True)
class Check:
    """One printed number, recomputed.

    Attributes:
        id: `table#row.column`, or a statement's id; `~mean` where a row that is a
            difference of rows is also the mean of its own columns.
        kind: cell or statement.
        about: What the number is.
        printed: As printed.
        recomputed: From what it is derived from, as printed.
        low: Least result of unrounded inputs that print the same.
        high: Greatest.
    """

    id: str
    kind: str
    about: str
    printed: Printed
    recomputed: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Printed minus recomputed."""
        return self.printed - self.recomputed

    @property
    def level(self) -> Level:
        """Whether the two agree, and if not, whether rounding can be the reason."""
        half = self.printed.half_unit + _EPS
        if abs(self.difference) <= half:
            return Level.AGREES
        if self.low - half <= self.printed <= self.high + half:
            return Level.ROUNDING
        return Level.MISMATCH


def audit_paper(paper: PublishedPaper) -> list[Check]:
    """Every derived cell and every statement of a paper, recomputed.

    Raises:
        DataError: If a derivation refers to what is not printed.
    """
    checks: list[Check] = []
    for table in paper.tables:
        for row in table.rows:
            checks += _row_checks(table, row)
    for statement in paper.statements:
        span = evaluate(statement.expression, lambda cell: look_up(paper, cell))
        about = f"{statement.where}: {statement.about}"
        checks.append(_check(statement.id, "statement", about, statement.printed, span))
    return checks


def look_up(paper: PublishedPaper, cell: str) -> Span:
    """The printed cell `table#row.column` of a paper; the table without its key.

    Raises:
        DataError: If there is no such cell, or nothing is printed in it.
    """
    table_id, _, rest = cell.partition("#")
    row_id, _, column = rest.partition(".")
    key = f"{paper.paper.key}/{table_id}"
    for table in paper.tables:
        for row in table.rows:
            if (table.id, row.id) == (key, row_id):
                return _span(table, row, column)
    raise DataError(f"the cell {cell} of {paper.paper.key}", got="no such row")


def _row_checks(table: Table, row: Row) -> Iterator[Check]:
    """The checks of one row, by rows and by columns."""
    for column in table.columns:
        printed = row.values[column.name]
        if printed is None:
            continue
        name = f"{table.id}#{row.id}.{column.name}"
        if row.derived_from is not None:
            source = row.derived_from
            first, second = table.row(source.minuend), table.row(source.subtrahend)
            span = _span(table, first, column.name) - _span(table, second, column.name)
            about = f"{source.minuend} minus {source.subtrahend}"
            yield _check(name, "cell", about, printed, span)
        if column.derived is not None:
            suffix = "~mean" if row.derived_from is not None else ""
            span, about = _derived(table, row, column)
            yield _check(name + suffix, "cell", about, printed, span)


def _derived(table: Table, row: Row, column: Column) -> tuple[Span, str]:
    """What a derived column should be in a row, and how that is computed."""
    source = column.derived
    if source is not None and source.op == "difference_to_row":
        reference = _span(table, table.row(source.row), source.column)
        span = _span(table, row, source.column) - reference
        return span, f"{source.column} minus that of {source.row}"
    names = source.of if source is not None else ()
    given = [name for name in names if row.values[name] is not None]
    if not given:
        raise DataError(f"{table.id}, row {row.id}: {column.name} is a mean of nothing")
    return mean_of([_span(table, row, n) for n in given]), f"mean of {len(given)}"


def _span(table: Table, row: Row, column: str) -> Span:
    value = row.values.get(column)
    if value is None:
        raise DataError(
            f"{table.id}, row {row.id}: something is derived from {column}",
            expected="a printed number",
            got="no such column" if column not in row.values else "an empty cell",
        )
    return Span.of_print(value)


def _check(name: str, kind: str, about: str, printed: Printed, span: Span) -> Check:
    return Check(name, kind, about, printed, span.value, span.low, span.high)
