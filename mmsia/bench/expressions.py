"""Arithmetic on printed cells, with how far rounding lets the result move.

An expression such as `table1#ours.ap - table1#theirs.ap` is read into Python's syntax
tree and only numbers, cells, the four operations, signs and brackets are walked:
nothing is executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmsia.bench.printed import Printed
from mmsia.errors import DataError

_CELL = re.compile(r"[^\s()+*/#]+#[^\s()]+")


@dataclass(frozen=True)
class Span:
    """A value, and the interval that its unrounded inputs allow.

    Attributes:
        value: From the numbers as printed.
        low: Least value of unrounded inputs that print the same.
        high: Greatest.
    """

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Span:
        """A number that was not rounded."""
        return cls(value, value, value)

    @classmethod
    def of_print(cls, number: Printed) -> Span:
        """A printed number: half a unit of its last digit either way."""
        return cls(float(number), number - number.half_unit, number + number.half_unit)

    def __add__(self, other: Span) -> Span:
        return Span(
            self.value + other.value, self.low + other.low, self.high + other.high
        )

    def __neg__(self) -> Span:
        return Span(-self.value, -self.high, -self.low)

    def __sub__(self, other: Span) -> Span:
        return self + -other

    def __mul__(self, other: Span) -> Span:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(self.value * other.value, min(ends), max(ends))

    def __truediv__(self, other: Span) -> Span:
        if other.low <= 0.0 <= other.high:
            raise ZeroDivisionError("the divisor may be zero")
        inverse = Span(1 / other.value, 1 / other.high, 1 / other.low)
        return self * inverse


def mean_of(spans: Sequence[Span]) -> Span:
    """The mean of one or more spans."""
    total = sum(spans[1:], start=spans[0])
    return total / Span.exact(len(spans))


def evaluate(expression: str, look_up: Callable[[str], Span]) -> Span:
    """Compute an expression.

    Args:
        expression: Numbers, cells `table#row.column`, + - * / and brackets; operators
            stand between spaces, as ids have signs of their own.
        look_up: Gives the span of a cell.

    Raises:
        DataError: If it is no such expression, or divides by zero.
    """
    cells: list[str] = []

    def name(found: re.Match[str]) -> str:
        cells.append(found.group())
        return f"cell_{len(cells) - 1}"

    plain = _CELL.sub(name, expression)
    names = {f"cell_{index}": cell for index, cell in enumerate(cells)}
    try:
        tree = ast.parse(plain, mode="eval").body
        return _walk(tree, {key: look_up(cell) for key, cell in names.items()})
    except (SyntaxError, ZeroDivisionError, TypeError, ValueError) as error:
        raise DataError(
            f"the expression {expression!r}",
            expected="numbers and cells `table#row.column` with + - * / and brackets",
            got=str(error),
        ) from error


def _walk(node: ast.expr, cells: dict[str, Span]) -> Span:
    if isinstance(node, ast.Constant):
        # True is an int to Python, and no number here.
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return Span.exact(float(node.value))
    if isinstance(node, ast.Name) and node.id in cells:
        return cells[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_walk(node.operand, cells)
    if isinstance(node, ast.BinOp):
        left, right = _walk(node.left, cells), _walk(node.right, cells)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
    raise TypeError(f"{ast.unparse(node)!r} is not allowed")
