"""Figure 1 of CGANet, top: prints and measurements each in a panel of their own."""

from __future__ import annotations

import csv

import pytest

from mmsia.bench.figure_recipe import Kind, load_figures
from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale
from mmsia.errors import DataError
from mmsia.report.gallery import galleries
from mmsia.report.gallery_speed import measured_points, printed_points, speed_figure

TABLE = "cganet/table3"
ABOUT = {
    **{"kind": "cpu", "name": "Some Processor", "threads": 1, "torch": "2.0"},
    **{"load": [0.0, 0.1], "rounds": {"total": 8}, "batches": {}, "people": {}},
    **{"boxes": 20, "sizes": [[640, 480]]},
}
SPEEDS = {"a-mask-rcnn-r50-fpn": 1.0, "g-ours-tnet-d1w64": 2.0, "h-ours-flip": 1.25}


def _execute(spec, request) -> Measurement:
    if spec.measure != "efficiency":
        return Measurement(scores={"params_mi": 26.9}, intervals={}, counts={})
    names = [(row, s, 1.1 * v) for row, v in SPEEDS.items() for s in ("fps_fixed",)]
    names += [(row, "fps", value) for row, value in SPEEDS.items()]
    scores = {f"{row}/{score}": value for row, score, value in names}
    intervals = {name: (0.9 * value, 1.1 * value) for name, value in scores.items()}
    return Measurement(scores=scores, intervals=intervals, counts={}, device=ABOUT)


@pytest.fixture
def recipe():
    return next(f for f in load_figures() if f.kind is Kind.SPEED)


@pytest.fixture
def made(catalogue, data, tmp_path):
    options = Options(Scale.SMOKE, Evidence.EFFICIENCY, num_draws=10)
    store = Store(tmp_path / "runs")
    plan = make_plan([catalogue[TABLE]], options, data)
    outcomes = run_plan(plan, data, store, command="c", execute=_execute)
    (state,) = table_states(plan, outcomes, options, data, "c")
    return state, store


def test_printed_points_are_the_tables_and_the_abstracts(catalogue) -> None:
    points = printed_points(catalogue[TABLE].table)
    assert len(points) == 10
    fixed = [p for p in points if p.kind == "images of one size"]
    assert [(p.speed, p.accuracy) for p in fixed] == [(25.4, 68.1)]
    ours = [p.speed for p in points if p.ours and p not in fixed]
    assert ours == [21.1, 12.4, 12.4]
    assert all(p.interval is None for p in points)


def test_measured_points_have_both_kinds_of_images(catalogue, made) -> None:
    state, store = made
    run = store.load(state.rows["h-ours-flip"].efficiency)
    points = measured_points(catalogue[TABLE].table, run)
    assert {(p.kind, p.speed) for p in points if p.accuracy == 68.1} == {
        ("images as they are", 2.0),
        ("images of one size", 2.2),
    }
    assert not any(p.ours for p in points if p.accuracy == 60.7)


def test_the_figure_says_which_is_which(recipe, made) -> None:
    (figure,) = galleries([recipe], *made)
    assert "as printed, on NVIDIA GTX 2080Ti" in figure.caption
    assert "Some Processor" in figure.caption
    assert "no accuracy was measured" in figure.caption
    lines = list(csv.DictReader(figure.csv_text.splitlines()))
    assert {line["speed"] for line in lines} == {"printed", "measured"}
    assert len(lines) == 10 + 2 * len(SPEEDS)
    assert figure.image != figure.narrow_image
    assert speed_figure(recipe, *made) == figure


def test_without_a_run_there_is_no_figure(recipe, made, tmp_path) -> None:
    state, _ = made
    with pytest.raises(DataError, match="efficiency run"):
        speed_figure(recipe, state, Store(tmp_path / "empty"))
