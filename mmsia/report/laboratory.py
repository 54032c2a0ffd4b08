"""The codec laboratory's curves: AP against how much the perfect maps are degraded."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsia.report.figures import Figure

STYLE = Path(__file__).with_name("plots.mplstyle")
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
    picture = base64.b64encode(draw_curves(curves)).decode()
    return Figure(
        title="AP with ground-truth maps in place of the network, degraded.",
        caption="Level 0 is the ceiling with perfect maps; each panel adds one kind "
        "of damage to the responses alone, offsets stay perfect. The levels are "
        "stated, not yet fitted to a trained network.",
        image=f"data:image/svg+xml;base64,{picture}",
        csv_name=f"{table.replace('/', '-')}-laboratory.csv",
        csv_text=curves_csv(curves),
    )


def draw_curves(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """The picture as SVG, the same bytes for the same curves."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    kinds = list(dict.fromkeys(p["kind"] for rows in curves.values() for p in rows))
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(10.5, 4.2))
        panels = canvas.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
        for panel, kind in zip(panels, kinds, strict=True):
            for label, rows in curves.items():
                points = sorted(
                    (p["level"], p["ap"]) for p in rows if p["kind"] == kind
                )
                panel.plot(*zip(*points, strict=True), label=label)
            panel.set_xlabel(AXES.get(kind, kind))
        panels[0].set_ylabel("AP (%)")
        lines, labels = panels[0].get_legend_handles_labels()
        canvas.legend(lines, labels, loc="outside upper center", ncols=len(labels))
        buffer = io.BytesIO()
        # Without a date, the same curves give the same file.
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def curves_csv(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """One line a point."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["row", "kind", "level", "ap", "ar"])
    for label, rows in curves.items():
        for point in rows:
            numbers = [f"{point[name]:.4f}" for name in ("ap", "ar")]
            writer.writerow([label, point["kind"], point["level"], *numbers])
    return buffer.getvalue()
