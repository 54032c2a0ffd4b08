"""A report shows what stands beside the printed rows: below them, without a print."""

from __future__ import annotations

import json

import pytest

from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.report.write import write_report

TABLE = "siagcn/complexity"
ABOUT = "5 heads and a rotation network"


@pytest.fixture
def report(catalogue, data, tmp_path):
    store, options = Store(tmp_path / "runs"), Options(Scale.SMOKE, num_draws=10)
    plan = make_plan([catalogue[TABLE], catalogue["gog/table3"]], options, data)

    def count(spec, request):
        scores = {"size_vs_agmn": 12.5, "size_increase_vs_1-head": 34.5}
        return Measurement(scores, {}, {"num_images": 1})

    outcomes = run_plan(plan, data, store, command="mmsia x", execute=count)
    states = table_states(plan, outcomes, options, data, "mmsia x")
    return write_report(tmp_path, catalogue, states, store)


def test_page_and_text_show_it_below_the_rows(report) -> None:
    for name in ("index.html", "report.md"):
        text = (report.path.parent / name).read_text()
        assert ABOUT in text and "5-head-r-siapose" in text
        start = text.index("5-head-r-siapose")
        assert start > text.index("10-head-siapose")
        below = text[start:].partition("10-head-r-siapose")[0]
        assert "12.50" in below and "34.50" in below and "80.0" not in below
        assert "needs-server: test-dev" in text[text.index("in the other mode") :]


def test_its_cells_are_apart_from_the_printed_ones(report) -> None:
    results = json.loads((report.path.parent / "results.json").read_text())
    names = {cell["row"] for cell in results["beside"]}
    assert "5-head-r-siapose" in names and "ours-final-768-fixed-height" in names
    assert names.isdisjoint(cell["row"] for cell in results["cells"])
    assert {cell["published"] for cell in results["beside"]} == {None}
    assert len(report.beside) == len(results["beside"])
    assert "r-siapose" not in (report.path.parent / "cells.csv").read_text()
