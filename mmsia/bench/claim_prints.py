"""What the printed numbers themselves say of a claim, before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mmsia.bench.audit import look_up
from mmsia.bench.claims import (
    BestInColumn,
    Claim,
    Difference,
    EachBeats,
    Monotone,
    Order,
    Types,
    Within,
)
from mmsia.bench.expressions import Span, evaluate
from mmsia.bench.printed import Printed
from mmsia.bench.published import PublishedPaper, Table

_EPS = 1e-9


def published_supports(claim: Claim, paper: PublishedPaper) -> bool | None:
    """Whether the printed numbers support a claim; None where they say nothing.

    Args:
        claim: The claim.
        paper: Its paper.
    """
    test = claim.test
    tables = {table.id: table for table in paper.tables}
    match test:
        case Order():
            table, pairs = tables[test.table], list(pairwise(test.rows))
            return _all(
                [_better(table, a, b, c) for a, b in pairs for c in test.columns]
            )
        case EachBeats():
            table = tables[test.table]
            rows, than = test.rows, test.than
            return _all(
                [_better(table, row, than, c) for row in rows for c in test.columns]
            )
        case Difference():
            table = tables[test.table]
            return _all([_difference(table, test, column) for column in test.columns])
        case BestInColumn():
            table = tables[test.table]
            best = [_best(table, test, column) for column in test.columns]
            return _all(best) if test.quantifier == "all" else _any(best)
        case Monotone():
            return _monotone(tables[test.table], test)
        case Within():
            return _within(evaluate(test.expression, lambda c: look_up(paper, c)), test)
        case Types():
            table = tables[test.table]
            return all(table.row(row).type == test.value for row in test.rows)
    return None


def _all(answers: Sequence[bool | None]) -> bool | None:
    """False if any is, None if none is but something is not printed."""
    if False in answers:
        return False
    return None if None in answers else True


def _any(answers: Sequence[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _cells(table: Table, rows: Sequence[str], column: str) -> list[Printed | None]:
    return [table.row(row).values[column] for row in rows]


def _sign(table: Table, column: str) -> int:
    (found,) = (c for c in table.columns if c.name == column)
    return 1 if found.higher_is_better else -1


def _better(table: Table, first: str, second: str, column: str) -> bool | None:
    one, other = _cells(table, (first, second), column)
    if one is None or other is None:
        return None
    return _sign(table, column) * (one - other) > 0


def _difference(table: Table, test: Difference, column: str) -> bool | None:
    one, other = _cells(table, (test.first, test.second), column)
    if one is None or other is None:
        return None
    found = Span.of_print(one) - Span.of_print(other)
    half = max(test.value.half_unit, test.tolerance) + _EPS
    if found.high < test.value - half:
        return False
    return test.kind == "difference_at_least" or found.low <= test.value + half


def _best(table: Table, test: BestInColumn, column: str) -> bool | None:
    mine = table.row(test.row).values[column]
    others = [v for v in _cells(table, test.among, column) if v is not None]
    if mine is None or not others:
        return None
    sign = _sign(table, column)
    return all(sign * mine >= sign * other for other in others)


def _monotone(table: Table, test: Monotone) -> bool | None:
    if test.along == "rows":
        series = [_cells(table, test.rows, column) for column in test.columns]
    else:
        series = [
            [table.row(row).values[column] for column in test.columns]
            for row in test.rows
        ]
    return _all([_has_shape(values, test.shape) for values in series])


def _has_shape(values: Sequence[Printed | None], shape: str) -> bool | None:
    given = [float(value) for value in values if value is not None]
    if len(given) < len(values):
        return None
    steps = [after - before for before, after in pairwise(given)]
    if shape == "rising":
        return all(step > 0 for step in steps)
    if shape == "falling":
        return all(step < 0 for step in steps)
    # Flat stretches are allowed here: the peak of a coarse grid is broad.
    top = given.index(max(given))
    rises, falls = steps[:top], steps[top:]
    return all(s >= 0 for s in rises) and all(s <= 0 for s in falls) and any(falls)


def _within(span: Span, test: Within) -> bool:
    above = test.low is None or span.high > test.low
    return above and (test.high is None or span.low < test.high)
