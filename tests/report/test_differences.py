"""Ours minus printed: which cells are drawn, and where their ends lie."""

import csv
import io
from dataclasses import replace

import pytest

from mmsia.bench.compare import Cell
from mmsia.bench.terms import Evidence, Scale, Verdict
from mmsia.report.differences import (
    differences_csv,
    differences_figure,
    draw_differences,
    find_differences,
)


@pytest.fixture
def cell() -> Cell:
    return Cell(
        table="gog/upper-bounds", row="default", column="ap", published=86.6,
        value=86.1, seeds=1, ci_low=85.6, ci_high=86.4, unit="%",
        evidence=Evidence.ORACLE, scale=Scale.PAPER, verdict=Verdict.INCONCLUSIVE,
        reason="", run="k",
    )  # fmt: skip


def test_ends_by_hand(catalogue, cell):
    (found,) = find_differences(catalogue["gog/upper-bounds"], [cell])
    assert found.name == "theoretical upper bound: AP"
    assert (found.low, found.middle, found.high) == pytest.approx((-1.0, -0.5, -0.2))
    assert found.margin == 0.5
    (row,) = csv.DictReader(io.StringIO(differences_csv([found])))
    assert (row["low"], row["verdict"]) == ("-1.0000", "inconclusive")


@pytest.mark.parametrize(
    "change",
    [
        {"published": None},
        {"value": None},
        {"ci_low": None},
        {"verdict": Verdict.NOT_COMPARABLE},
    ],
)
def test_what_cannot_be_compared_is_not_drawn(catalogue, cell, change):
    entry = catalogue["gog/upper-bounds"]
    assert differences_figure(entry, [replace(cell, **change)]) is None


def test_same_cells_same_picture(catalogue, cell):
    found = find_differences(catalogue["gog/upper-bounds"], [cell])
    assert draw_differences(found) == draw_differences(found)
    other = find_differences(
        catalogue["gog/upper-bounds"], [replace(cell, ci_low=80.0)]
    )
    assert draw_differences(found) != draw_differences(other)
