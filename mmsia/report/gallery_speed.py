"""Speed against accuracy: as printed, and as measured here, in panels of their own.

The print has one device and measured accuracy; here speeds are measured, and accuracy
is as printed until networks are trained on the paper's data. Axes say which is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmsia.bench.efficiency_cells import device_words
from mmsia.bench.efficiency_scores import FPS, FPS_FIXED, score_name
from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.published import Table, load_all_published
from mmsia.bench.session import TableState
from mmsia.bench.store import Store, StoredRun
from mmsia.errors import DataError
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import figure_words
from mmsia.report.numbers import NOTHING
from mmsia.report.pictures import STYLE, data_uri, save_svg
from mmsia.report.view import plain_label

COLUMN, ACCURACY = "fps", "ap"
AVERAGE, FIXED = "images as they are", "images of one size"
OTHERS = ("baseline", "external")
"""Kinds of rows that are not the paper's own."""

_COLOURS = {AVERAGE: "#0072B2", FIXED: "#009E73"}
"""As in the paper: blue and green."""


@dataclass(frozen=True)
class Point:
    """One row at one kind of speed.

    Attributes:
        label: Of the row.
        kind: `AVERAGE` or `FIXED`.
        ours: Whether it is the paper's own method.
        speed: Images a second.
        interval: 95 % of it, where it was measured.
        accuracy: AP as printed.
    """

    label: str
    kind: str
    ours: bool
    speed: float
    interval: tuple[float, float] | None
    accuracy: float


def speed_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """Draw the printed trade-off beside the measured one.

    Args:
        recipe: The figure script.
        state: What came of the table.
        store: Where its efficiency run is.

    Raises:
        DataError: If that run is not there.
    """
    key = state.rows[recipe.row].efficiency
    run = store.load(key) if key else None
    if run is None:
        raise DataError(
            f"speeds of {state.table}", expected="an efficiency run", got="none"
        )
    table = _published(state.table)
    printed, measured = printed_points(table), measured_points(table, run)
    device = device_words(run.result["device"])
    theirs = str(table.conditions.get("gpu", "the paper's device"))
    return Figure(
        **figure_words(recipe),
        caption=f"Left: speed and AP as printed, on {theirs}. Right: speed measured "
        f"here, on {device}, against the AP that the paper prints: no accuracy was "
        "measured for it. Lines join the rows of the paper's own method; the paper "
        "prints its speed on images of one size for one row alone, in the abstract. "
        "Rows whose networks are other groups' are on the left only.",
        image=data_uri(draw_trade_off(printed, measured, theirs)),
        narrow_image=data_uri(draw_trade_off(printed, measured, theirs, narrow=True)),
        csv_text=_csv(printed, measured),
    )


def _published(table: str) -> Table:
    paper = table.partition("/")[0]
    found = next(p for p in load_all_published() if p.paper.key == paper)
    return next(one for one in found.tables if one.id == table)


def printed_points(table: Table) -> list[Point]:
    """Rows that print a speed and an AP, and statements of the prose on such a row.

    Args:
        table: The published table.
    """
    points = []
    for row in table.rows:
        speed, accuracy = row.values[COLUMN], row.values[ACCURACY]
        if speed is not None and accuracy is not None:
            label, ours = plain_label(row.label), row.kind not in OTHERS
            points.append(
                Point(label, AVERAGE, ours, float(speed), None, float(accuracy))
            )
    paper = table.id.partition("/")[0]
    published = next(p for p in load_all_published() if p.paper.key == paper)
    short = table.id.partition("/")[2]
    for said in published.statements:
        named, _, column = said.expression.partition(".")
        if column == COLUMN and named.startswith(f"{short}#"):
            row = table.row(named.partition("#")[2])
            accuracy = row.values[ACCURACY]
            if accuracy is not None:
                label, speed = plain_label(row.label), float(said.printed)
                points.append(Point(label, FIXED, True, speed, None, float(accuracy)))
    return points


def measured_points(table: Table, run: StoredRun) -> list[Point]:
    """Rows that were timed and print an AP.

    Args:
        table: The published table.
        run: Its efficiency run.
    """
    points = []
    for kind, score in ((AVERAGE, FPS), (FIXED, FPS_FIXED)):
        for row in table.rows:
            name, accuracy = score_name(row.id, score), row.values[ACCURACY]
            speed = run.result["scores"].get(name)
            if speed is None or accuracy is None:
                continue
            low, high = run.result["intervals"][name]
            label, ours = plain_label(row.label), row.kind not in OTHERS
            points.append(Point(label, kind, ours, speed, (low, high), float(accuracy)))
    return points


def draw_trade_off(
    printed: Sequence[Point],
    measured: Sequence[Point],
    theirs: str,
    *,
    narrow: bool = False,
) -> bytes:
    """The picture as SVG, the same bytes for the same points.

    Args:
        printed: Points of the left panel.
        measured: Points of the right panel.
        theirs: The paper's device.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(4.2, 7.6) if narrow else (9.2, 4.4))
        shape = (2, 1) if narrow else (1, 2)
        left, right = canvas.subplots(*shape, squeeze=False).ravel()
        _draw_panel(left, printed)
        left.set_title("as printed")
        left.set_xlabel(f"images a second, {theirs}")
        left.set_ylabel("AP (as printed)")
        _draw_panel(right, measured)
        right.set_title("speed measured here")
        right.set_xlabel("images a second, this device")
        right.set_ylabel("AP (as printed)")
        shown: dict[str, Any] = {}
        for panel in (left, right):
            lines, labels = panel.get_legend_handles_labels()
            shown |= dict(zip(labels, lines, strict=True))
        canvas.legend(
            shown.values(),
            shown.keys(),
            loc="outside upper center",
            ncols=1 if narrow else 3,
        )
        return save_svg(canvas)


def _draw_panel(panel: Any, points: Sequence[Point]) -> None:
    for kind, colour in _COLOURS.items():
        own = [point for point in points if point.kind == kind]
        ours = [(p.speed, p.accuracy) for p in own if p.ours]
        ours.sort(key=lambda point: point[1])
        others = [point for point in own if not point.ours]
        if ours:
            panel.plot(*zip(*ours, strict=True), color=colour, label=f"ours, {kind}")
        if others:
            panel.plot(
                [p.speed for p in others],
                [p.accuracy for p in others],
                color=colour,
                marker="s",
                markerfacecolor="none",
                linestyle="",
                label=f"others, {kind}",
            )
        for point in own:
            if point.interval is not None:
                panel.plot(
                    point.interval, [point.accuracy] * 2, color=colour, marker=""
                )
    for point in points:
        if point.kind == AVERAGE:
            panel.annotate(
                point.label,
                (point.speed, point.accuracy),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=7,
            )
    panel.margins(0.12)


def _csv(printed: Sequence[Point], measured: Sequence[Point]) -> str:
    def lines():
        for source, points in (("printed", printed), ("measured", measured)):
            for p in points:
                low, high = p.interval or (NOTHING, NOTHING)
                yield source, p.label, p.kind, p.speed, low, high, p.accuracy

    header = ("speed", "row", "images", "images a second", "low", "high", "AP, printed")
    return csv_text(header, lines())
