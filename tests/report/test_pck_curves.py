"""PCK curves from the cells of SIA-GCN's first table."""

from __future__ import annotations

import pytest

from mmsia.bench.compare import Cell
from mmsia.bench.terms import Evidence, Scale, Verdict
from mmsia.report.pck_curves import find_curves, pck_figure


def _cells(entry, verdict: Verdict, values: dict[str, float]) -> list[Cell]:
    row = entry.table.row("shg-baseline")
    return [
        Cell(
            table=entry.table.id, row=row.id, column=column.name,
            published=row.values[column.name], value=values.get(column.name),
            seeds=1, ci_low=values.get(column.name, 0) - 1,
            ci_high=values.get(column.name, 0) + 1, unit="%",
            evidence=Evidence.TRAINING, scale=Scale.PAPER, verdict=verdict,
            reason="", run="k",
        )
        for column in entry.table.columns
    ]  # fmt: skip


@pytest.fixture
def entry(catalogue):
    return catalogue["siagcn/table1"]


VALUES = {"pck@0.01": 35.0, "pck@0.02": 71.5, "mpck": 77.0}


def test_thresholds_come_from_the_columns(entry) -> None:
    (curve,) = find_curves(entry, _cells(entry, Verdict.MATCH, VALUES))
    assert curve.ours == ((0.01, 35.0, 34.0, 36.0), (0.02, 71.5, 70.5, 72.5))
    assert curve.printed == ((0.01, 35.85), (0.02, 71.47))
    figure = pck_figure(entry, _cells(entry, Verdict.MATCH, VALUES))
    lines = figure.csv_text.splitlines()
    assert lines[0] == "row,threshold,ours,low,high,printed"
    assert lines[1].endswith("0.01,35.0000,34.0000,36.0000,35.85")
    assert "Dashed" in figure.caption


def test_what_cannot_be_compared_has_no_printed_line(entry) -> None:
    cells = _cells(entry, Verdict.NOT_COMPARABLE, VALUES)
    assert find_curves(entry, cells)[0].printed == ()
    assert "Dashed" not in pck_figure(entry, cells).caption


def test_one_threshold_is_no_curve(entry, catalogue) -> None:
    assert pck_figure(entry, _cells(entry, Verdict.MATCH, {"pck@0.01": 35.0})) is None
    other = catalogue["gog/table2"]
    assert find_curves(other, []) == []
