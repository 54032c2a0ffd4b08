"""The codec laboratory's curves: AP against how much the perfect maps are degraded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.pictures import STYLE, data_uri, save_svg

AXES = {
    "gain": "gain: deviation of a smooth random factor",
    "blur": "blur: deviation, input pixels",
    "noise": "noise: deviation of additive white noise",
}
"""Kind of damage -> label of its axis."""


def laboratory_figure(
    table: str, curves: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Figure:
    """One panel for each kind of damage, one line for each row.

    Args:
        table: Id of the table.
        curves: Row label -> points with kind, level, ap and ar.
    """
    return Figure(
        title="AP with ground-truth maps in place of the network, degraded.",
        caption="Level 0 is the ceiling with perfect maps; each panel adds one kind "
        "of damage to the responses alone, offsets stay perfect. The levels are "
        "stated, not yet fitted to a trained network.",
        image=data_uri(draw_curves(curves)),
        narrow_image=data_uri(draw_curves(curves, stacked=True)),
        csv_name=f"{table.replace('/', '-')}-laboratory.csv",
        csv_text=curves_csv(curves),
    )


def draw_curves(
    curves: Mapping[str, Sequence[Mapping[str, Any]]], *, stacked: bool = False
) -> bytes:
    """The picture as SVG, the same bytes for the same curves.

    Args:
        curves: Row label -> points with kind, level, ap and ar.
        stacked: Whether the panels stand one below the other, for narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    kinds = list(dict.fromkeys(p["kind"] for rows in curves.values() for p in rows))
    with matplotlib.rc_context(fname=STYLE):
        num_panels = len(kinds)
        canvas = Canvas(figsize=(4.2, 3.1 * num_panels) if stacked else (10.5, 4.2))
        shape = (num_panels, 1) if stacked else (1, num_panels)
        panels = canvas.subplots(*shape, sharey=True, squeeze=False).ravel()
        for panel, kind in zip(panels, kinds, strict=True):
            for label, rows in curves.items():
                points = sorted(
                    (p["level"], p["ap"]) for p in rows if p["kind"] == kind
                )
                panel.plot(*zip(*points, strict=True), label=label)
            panel.set_xlabel(AXES.get(kind, kind))
        for panel in panels if stacked else panels[:1]:
            panel.set_ylabel("AP (%)")
        lines, labels = panels[0].get_legend_handles_labels()
        columns = 3 if stacked else len(labels)
        canvas.legend(lines, labels, loc="outside upper center", ncols=columns)
        return save_svg(canvas)


def curves_csv(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """One line a point."""
    return csv_text(
        ("row", "kind", "level", "ap", "ar"),
        (
            (label, p["kind"], p["level"], f"{p['ap']:.4f}", f"{p['ar']:.4f}")
            for label, points in curves.items()
            for p in points
        ),
    )
