"""The losses of a table's trainings, one line a row, seeds as thin lines beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.legends import lay_out, put_legend
from mmsia.report.pictures import STYLE, data_uri, save_svg

Curve = Sequence[tuple[float, float]]
"""(step, loss) of one training."""


def training_figure(table: str, curves: Mapping[str, Sequence[Curve]]) -> Figure:
    """Loss against step.

    Args:
        table: Id of the table.
        curves: Row label -> the curve of each seed.
    """
    return Figure(
        title="Training loss.",
        caption="One line for each seed, on a logarithmic scale; points are means over "
        "equal stretches of steps. Rows that decode one checkpoint share their lines.",
        image=data_uri(draw_training(curves)),
        narrow_image=data_uri(draw_training(curves, narrow=True)),
        csv_name=f"{table.replace('/', '-')}-training.csv",
        csv_text=csv_text(
            ("row", "seed", "step", "loss"),
            (
                (row, seed, step, f"{loss:.6g}")
                for row, seeds in curves.items()
                for seed, curve in enumerate(seeds, start=1)
                for step, loss in curve
            ),
        ),
    )


def draw_training(
    curves: Mapping[str, Sequence[Curve]], *, narrow: bool = False
) -> bytes:
    """The picture as SVG, the same bytes for the same curves.

    Args:
        curves: Row label -> the curve of each seed.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(fname=STYLE):
        width, height = (4.2, 3.2) if narrow else (9, 3.8)
        legend = lay_out(list(curves), width)
        canvas = Canvas(figsize=(width, height + legend.height))
        panel = canvas.subplots()
        for row, seeds in curves.items():
            first, *others = (list(zip(*curve, strict=True)) for curve in seeds)
            (line,) = panel.plot(
                *first, label=row, markevery=max(1, len(first[0]) // 8)
            )
            for points in others:
                panel.plot(*points, color=line.get_color(), linewidth=0.8, marker="")
        panel.set_yscale("log")
        panel.set_xlabel("step")
        panel.set_ylabel("loss")
        put_legend(canvas, panel, legend)
        return save_svg(canvas)
