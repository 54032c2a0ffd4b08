"""PCK against its threshold, ours beside the print where the two can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.legends import lay_out, put_legend
from mmsia.report.pictures import STYLE, data_uri, save_svg

METRIC, PARAMETER = "PCK", "threshold"


@dataclass(frozen=True)
class PckCurve:
    """One row of a table.

    Attributes:
        label: Of the row.
        ours: Points (threshold, value, low, high).
        printed: Points (threshold, value); none if the two cannot be compared.
    """

    label: str
    ours: tuple[tuple[float, float, float, float], ...]
    printed: tuple[tuple[float, float], ...]


def find_curves(entry: CatalogueEntry, cells: Sequence[Cell]) -> list[PckCurve]:
    """The rows that have a value at two thresholds or more.

    Args:
        entry: The published table.
        cells: Its cells, compared.
    """
    thresholds = {
        column.name: float(column.params[PARAMETER])
        for column in entry.table.columns
        if column.metric == METRIC and PARAMETER in column.params
    }
    curves = []
    for row in entry.table.rows:
        own = [c for c in cells if c.row == row.id and c.column in thresholds]
        made = [c for c in own if c.value is not None]
        if len(made) < 2:
            continue
        ours = tuple(
            (thresholds[c.column], c.value, c.ci_low or c.value, c.ci_high or c.value)
            for c in made
        )
        printed = tuple(
            (thresholds[c.column], float(c.published))
            for c in made
            if c.difference is not None and c.published is not None
        )
        curves.append(PckCurve(row.label, ours, printed))
    return curves


def pck_figure(entry: CatalogueEntry, cells: Sequence[Cell]) -> Figure | None:
    """The curves of a table, or None where it has none.

    Args:
        entry: The published table.
        cells: Its cells, compared.
    """
    curves = find_curves(entry, cells)
    if not curves:
        return None
    shown = any(curve.printed for curve in curves)
    beside = " Dashed: as printed." if shown else ""
    return Figure(
        title="PCK against the threshold.",
        caption=f"Shaded: 95 % interval of ours.{beside}",
        image=data_uri(draw_pck(curves)),
        narrow_image=data_uri(draw_pck(curves, narrow=True)),
        csv_name=f"{entry.table.id.replace('/', '-')}-pck.csv",
        csv_text=_csv(curves),
    )


def draw_pck(curves: Sequence[PckCurve], *, narrow: bool = False) -> bytes:
    """The picture as SVG, the same bytes for the same curves.

    Args:
        curves: One line each.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(fname=STYLE):
        width, height = (4.2, 3.4) if narrow else (9, 4)
        legend = lay_out([curve.label for curve in curves], width)
        canvas = Canvas(figsize=(width, height + legend.height))
        panel = canvas.subplots()
        for curve in curves:
            places, values, low, high = zip(*sorted(curve.ours), strict=True)
            (line,) = panel.plot(places, values, label=curve.label)
            colour = line.get_color()
            panel.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
            if curve.printed:
                points = zip(*sorted(curve.printed), strict=True)
                panel.plot(*points, color=colour, linestyle="--", marker="")
        panel.set_xlabel("threshold")
        panel.set_ylabel("PCK (%)")
        put_legend(canvas, panel, legend)
        return save_svg(canvas)


def _csv(curves: Sequence[PckCurve]) -> str:
    def lines():
        for curve in curves:
            printed: Mapping[float, float] = dict(curve.printed)
            for place, *values in curve.ours:
                numbers = [f"{value:.4f}" for value in values]
                yield curve.label, place, *numbers, printed.get(place, "")

    return csv_text(("row", "threshold", "ours", "low", "high", "printed"), lines())
