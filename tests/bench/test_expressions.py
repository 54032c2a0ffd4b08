"""Arithmetic on printed cells: right values, honest intervals, nothing executed."""

from __future__ import annotations

import pytest

from mmsia.bench.expressions import Span, evaluate, mean_of
from mmsia.bench.printed import Printed
from mmsia.errors import DataError

CELLS = {
    "table1#10-head.pck@0.01": Printed(37.97, 2),
    "table1#base-line.pck@0.01": Printed(35.85, 2),
    "table4#d3w64.sps": Printed(503, 0),
    "table4#hrnet-w32.sps": Printed(235, 0),
}


def _look_up(cell: str) -> Span:
    return Span.of_print(CELLS[cell])


@pytest.mark.parametrize(
    ("expression", "value", "low", "high"),
    [
        ("64 * 64", 4096, 4096, 4096),
        ("1 + 2 * 3 - 4 / 2", 5, 5, 5),
        ("-(1 + 2) * 3", -9, -9, -9),
        (
            "table1#10-head.pck@0.01 - table1#base-line.pck@0.01",
            *(2.12, 2.11, 2.13),
        ),
        (
            "table4#d3w64.sps / table4#hrnet-w32.sps",
            *(503 / 235, 502.5 / 235.5, 503.5 / 234.5),
        ),
        (
            "-(table4#d3w64.sps + 1) * table4#hrnet-w32.sps",
            *(-504 * 235, -504.5 * 235.5, -503.5 * 234.5),
        ),
    ],
)
def test_values_and_intervals(expression, value, low, high) -> None:
    span = evaluate(expression, _look_up)
    assert (span.value, span.low, span.high) == pytest.approx((value, low, high))


@pytest.mark.parametrize(
    "expression",
    [
        *("", "1 +", "1 / 0", "2 ** 3", "abs(1)", "[1][0]", "x", "'1' * 3", "True + 1"),
        "__import__('os').getcwd()",
        "table4#d3w64.sps / (1 - 1)",
        "table4#d3w64.sps if 1 else 2",
    ],
)
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(DataError, match="the expression"):
        evaluate(expression, _look_up)


def test_the_mean_of_rounded_numbers_is_as_sure_as_each() -> None:
    span = mean_of([Span.of_print(Printed(x, 1)) for x in (1.0, 2.0, 6.0)])
    assert (span.value, span.low, span.high) == pytest.approx((3.0, 2.95, 3.05))
