"""Ours minus printed with its interval, cell by cell, beside the margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import MARGINS
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.pictures import STYLE, data_uri, save_svg

COLOURS = {
    "match": "#009E73",
    "better": "#0072B2",
    "worse": "#D55E00",
    "inconclusive": "#666666",
    "partial": "#8e5aa8",
    "fitted": "#56B4E9",
    "differs": "#E69F00",
    "finding": "#000000",
}
"""Verdict -> its colour in every plot."""
MARKERS = {
    "match": "o",
    "better": "^",
    "worse": "v",
    "inconclusive": "s",
    "partial": "D",
    "fitted": "P",
    "differs": "X",
    "finding": "*",
}
"""Verdict -> its marker in every plot."""


@dataclass(frozen=True)
class Difference:
    """Ours minus printed of one cell.

    Attributes:
        name: Row and metric.
        cell: The cell.
        middle: Of the values.
        low: Of the interval's lower end.
        high: Of its upper end.
        margin: Half width of "the same", None if none is fixed.
    """

    name: str
    cell: Cell
    middle: float
    low: float
    high: float
    margin: float | None


def find_differences(entry: CatalogueEntry, cells: Sequence[Cell]) -> list[Difference]:
    """The cells that stand beside a printed number, with an interval.

    Args:
        entry: The published table.
        cells: Its cells, compared.
    """
    labels = {row.id: row.label for row in entry.table.rows}
    metrics = {column.name: column.metric for column in entry.table.columns}
    found = []
    for cell in cells:
        low, high, printed = cell.ci_low, cell.ci_high, cell.published
        middle, metric = cell.difference, metrics[cell.column]
        if middle is None or low is None or high is None or printed is None:
            continue
        name, margin = f"{labels[cell.row]}: {metric}", None
        if metric in MARGINS:
            margin = MARGINS[metric].at(printed)
        ends = (low - printed, high - printed)
        found.append(Difference(name, cell, middle, *ends, margin))
    return found


def differences_figure(entry: CatalogueEntry, cells: Sequence[Cell]) -> Figure | None:
    """One line for each cell that stands beside a printed number.

    Args:
        entry: The published table.
        cells: Its cells, compared.

    Returns:
        The figure, or None where nothing can be compared.
    """
    found = find_differences(entry, cells)
    if not found:
        return None
    return Figure(
        title="Ours minus printed.",
        caption="Bars are 95 % intervals over images; the band is the margin inside "
        "which a whole interval counts as a match.",
        image=data_uri(draw_differences(found)),
        narrow_image=data_uri(draw_differences(found, narrow=True)),
        csv_name=f"{entry.table.id.replace('/', '-')}-differences.csv",
        csv_text=differences_csv(found),
    )


def draw_differences(found: Sequence[Difference], *, narrow: bool = False) -> bytes:
    """The picture as SVG, the same bytes for the same cells.

    Args:
        found: One line each.
        narrow: Names above the lines, for narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(fname=STYLE):
        size = (
            (4.2, 0.9 + 0.62 * len(found)) if narrow else (9, 0.9 + 0.42 * len(found))
        )
        panel = (canvas := Canvas(figsize=size)).subplots()
        for place, difference in enumerate(found):
            _draw_line(panel, place, difference)
        names = [difference.name for difference in found]
        panel.set_yticks(range(len(found)), [""] * len(found) if narrow else names)
        for place, name in enumerate(names if narrow else []):
            where, axes = (0.01, place - 0.33), panel.get_yaxis_transform()
            panel.annotate(name, where, xycoords=axes, fontsize=8)
        panel.axvline(0, color="#333333", linewidth=0.8, marker="")
        panel.set_ylim(len(found) - 0.4, -0.6)
        panel.grid(axis="y", visible=False)
        panel.set_xlabel("ours minus printed, in the column's unit")
        return save_svg(canvas)


def _draw_line(panel: Any, place: int, difference: Difference) -> None:
    if difference.margin is not None:
        band, height = [-difference.margin, difference.margin], [place - 0.3] * 2
        panel.fill_between(
            band, height, [place + 0.3] * 2, color="#dfe5ec", linewidth=0
        )
    verdict = difference.cell.verdict.value
    colour, marker = COLOURS.get(verdict, "#333333"), MARKERS.get(verdict, "o")
    ends = [difference.low, difference.high]
    panel.plot(ends, [place, place], color=colour, marker="|")
    panel.plot([difference.middle], [place], color=colour, marker=marker)


def differences_csv(found: Sequence[Difference]) -> str:
    """One line a cell."""
    return csv_text(
        ("row", "column", "difference", "low", "high", "verdict"),
        (
            (
                each.cell.row,
                each.cell.column,
                *(f"{number:.4f}" for number in (each.middle, each.low, each.high)),
                each.cell.verdict,
            )
            for each in found
        ),
    )
