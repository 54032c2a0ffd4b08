"""A legend above a figure: as many columns as its labels leave room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LINE = 0.25
"""Inches of a line of a legend."""
_SAMPLE, _LETTER = 0.6, 0.078
"""Inches of a curve's sample with its spaces, and of a letter on average."""
_MOST = 3


@dataclass(frozen=True)
class Legend:
    """How a legend is laid out.

    Attributes:
        labels: Shortened where one of them would not fit.
        columns: Beside each other.
        height: Inches.
    """

    labels: tuple[str, ...]
    columns: int
    height: float


def lay_out(labels: Sequence[str], width: float) -> Legend:
    """Choose columns and shorten what is too long for one.

    Args:
        labels: Of the curves.
        width: Of the figure, inches.
    """
    longest = int((width - _SAMPLE) / _LETTER)
    short = tuple(
        label if len(label) <= longest else f"{label[: longest - 1]}…"
        for label in labels
    )
    needed = _SAMPLE + _LETTER * max(map(len, short), default=0)
    columns = max(1, min(_MOST, len(short), int(width / needed)))
    return Legend(short, columns, _LINE * -(-len(short) // columns))


def put_legend(canvas: Any, panel: Any, legend: Legend) -> None:
    """Draw it above the panels.

    Args:
        canvas: A matplotlib `Figure`.
        panel: An `Axes` with the curves, in the order of the labels.
        legend: Its layout.
    """
    lines, _ = panel.get_legend_handles_labels()
    canvas.legend(
        lines, legend.labels, loc="outside upper center", ncols=legend.columns
    )
