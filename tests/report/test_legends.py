"""Legends have as many columns as fit, and no label runs out of the figure."""

from __future__ import annotations

import matplotlib
import pytest
from matplotlib.figure import Figure

from mmsia.report.legends import lay_out, put_legend
from mmsia.report.pictures import STYLE

LONG = "joint features summed into one plane (they mix)"


def test_columns_by_the_longest_label() -> None:
    short = lay_out(["a", "b", "c", "d"], 9)
    assert (short.columns, short.height) == (3, 0.5)
    assert lay_out(["a", "b"], 9).columns == 2
    # 0.6 + 47 * 0.078 = 4.3 inches: two fit into nine, one into 4.2 when shortened
    assert lay_out([LONG, "b", "c"], 9).columns == 2
    narrow = lay_out([LONG, "b", "c"], 4.2)
    assert narrow.columns == 1 and narrow.height == 0.75
    assert narrow.labels[0] == f"{LONG[:45]}…" and len(narrow.labels[0]) == 46
    assert lay_out([], 9).height == 0


@pytest.mark.parametrize("width", [4.2, 9])
@pytest.mark.parametrize("number", [2, 5, 11])
def test_nothing_runs_out_of_the_figure(width, number) -> None:
    with matplotlib.rc_context(fname=STYLE):
        labels = [f"{LONG} {n}"[: 12 + 5 * n] for n in range(number)]
        legend = lay_out(labels, width)
        canvas = Figure(figsize=(width, 3 + legend.height))
        panel = canvas.subplots()
        for number, label in enumerate(labels):
            panel.plot([0, 1], [number, number], label=label)
        put_legend(canvas, panel, legend)
        canvas.draw_without_rendering()
        box = canvas.legends[0].get_window_extent()
        assert box.x0 >= 0 and box.x1 <= canvas.bbox.x1
        looks = {
            (x.get_color(), x.get_marker(), x.get_linestyle()) for x in panel.lines
        }
        assert len(looks) == len(labels)
