"""Every cell that can be compared is a point, in the panel of its unit."""

from __future__ import annotations

from mmsia.bench.compare import Cell
from mmsia.bench.terms import Evidence, Scale, Verdict
from mmsia.report.agreement import agreement_figure


def _cell(published, value, unit="%", verdict=Verdict.MATCH) -> Cell:
    return Cell(
        table="t", row="r", column="c", published=published, value=value, seeds=1,
        ci_low=None if unit == "M" else value, ci_high=None if unit == "M" else value,
        unit=unit, evidence=Evidence.TRAINING, scale=Scale.PAPER, verdict=verdict,
        reason="", run="k",
    )  # fmt: skip


def test_comparable_cells_are_drawn_and_listed() -> None:
    cells = [
        _cell(60.0, 61.0),
        _cell(28.5, 28.6, "M", Verdict.FITTED),
        _cell(50.0, 20.0, verdict=Verdict.NOT_COMPARABLE),
        _cell(None, 20.0, verdict=Verdict.NO_REFERENCE),
    ]
    figure = agreement_figure(cells)
    assert figure.csv_text.splitlines() == [
        "table,row,column,unit,published,reproduced,verdict",
        "t,r,c,%,60.0,61.0,match",
        "t,r,c,M,28.5,28.6,fitted",
    ]
    assert agreement_figure(cells) == figure
    assert figure.image != figure.narrow_image


def test_without_a_comparable_cell_there_is_no_figure() -> None:
    assert agreement_figure([_cell(50.0, 2.0, verdict=Verdict.NOT_COMPARABLE)]) is None
    assert agreement_figure([]) is None
