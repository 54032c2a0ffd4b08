"""How numbers are written in every output."""

from __future__ import annotations

from mmsia.bench.compare import Cell
from mmsia.bench.terms import Evidence

NOTHING = "–"
_MINUS = "\N{MINUS SIGN}"


def format_value(value: float | None, *, printed: bool = False) -> str:
    """Two decimals for ours, as many as the print had for printed numbers."""
    if value is None:
        return NOTHING
    return str(value) if printed else f"{value:.2f}"


def format_signed(value: float | None) -> str:
    """A difference with its sign."""
    return NOTHING if value is None else f"{value:+.2f}".replace("-", _MINUS)


def cell_interval(cell: Cell) -> str:
    """The interval of a cell: speeds have no common size, as percent and counts do."""
    decimals = 2 if cell.evidence is Evidence.EFFICIENCY else 1
    return format_interval(cell.ci_low, cell.ci_high, decimals=decimals)


def format_interval(low: float | None, high: float | None, *, decimals: int = 1) -> str:
    """Both ends with one decimal, or more."""
    if low is None or high is None:
        return NOTHING
    return f"{low:.{decimals}f} to {high:.{decimals}f}"
