"""Published against reproduced: every cell that can be compared, one panel a unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmsia.bench.compare import Cell
from mmsia.report.csv_text import csv_text
from mmsia.report.differences import COLOURS, MARKERS
from mmsia.report.figures import Figure
from mmsia.report.pictures import STYLE, data_uri, save_svg

_GREY = "#333333"


def agreement_figure(cells: Sequence[Cell]) -> Figure | None:
    """All cells of a report that stand beside a printed number, or None.

    Args:
        cells: All cells.
    """
    found = [cell for cell in cells if cell.difference is not None]
    if not found:
        return None
    return Figure(
        title="Published against reproduced.",
        caption="Each point is a cell; on the line the two are equal. Bars are 95 % "
        "intervals, colours and signs the verdicts.",
        image=data_uri(draw_agreement(found)),
        narrow_image=data_uri(draw_agreement(found, stacked=True)),
        csv_name="agreement.csv",
        csv_text=csv_text(
            ("table", "row", "column", "unit", "published", "reproduced", "verdict"),
            (
                (c.table, c.row, c.column, c.unit, c.published, c.value, c.verdict)
                for c in found
            ),
        ),
    )


def draw_agreement(cells: Sequence[Cell], *, stacked: bool = False) -> bytes:
    """The picture as SVG, the same bytes for the same cells.

    Args:
        cells: With a value and a printed number.
        stacked: Whether the panels stand one below the other, for narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    units = list(dict.fromkeys(cell.unit for cell in cells))
    with matplotlib.rc_context(fname=STYLE):
        number = len(units)
        size = (4.2, 4.2 * number + 0.5) if stacked else (max(9.2, 4.6 * number), 4.6)
        canvas = Canvas(figsize=size)
        shape = (number, 1) if stacked else (1, number)
        panels = canvas.subplots(*shape, squeeze=False).ravel()
        for panel, unit in zip(panels, units, strict=True):
            _draw_panel(panel, [cell for cell in cells if cell.unit == unit], unit)
        shown: dict[str, Any] = {}
        for panel in panels:
            lines, labels = panel.get_legend_handles_labels()
            shown |= dict(zip(labels, lines, strict=True))
        canvas.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=3)
        return save_svg(canvas)


def _draw_panel(panel: Any, cells: Sequence[Cell], unit: str) -> None:
    ends = [
        value
        for c in cells
        for value in (c.published, c.value, c.ci_low, c.ci_high)
        if value is not None
    ]
    room = 0.08 * (max(ends) - min(ends)) or 1.0
    limits = (min(ends) - room, max(ends) + room)
    panel.plot(limits, limits, color="#888888", linewidth=0.8, marker="")
    for verdict in dict.fromkeys(cell.verdict.value for cell in cells):
        own = [cell for cell in cells if cell.verdict.value == verdict]
        low, high = (
            [abs((end or c.value or 0.0) - (c.value or 0.0)) for c, end in pairs]
            for pairs in ([(c, c.ci_low) for c in own], [(c, c.ci_high) for c in own])
        )
        panel.errorbar(
            [cell.published for cell in own],
            [cell.value for cell in own],
            yerr=[low, high],
            fmt=MARKERS.get(verdict, "o"),
            color=COLOURS.get(verdict, _GREY),
            elinewidth=1,
            label=verdict,
        )
    panel.set(xlim=limits, ylim=limits, aspect="equal")
    panel.set_xlabel(f"published ({unit})" if unit else "published")
    panel.set_ylabel(f"reproduced ({unit})" if unit else "reproduced")
