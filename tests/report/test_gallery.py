"""Figures stand where their script says, or are left out with a word."""

from dataclasses import replace

import pytest

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.store import Store
from mmsia.report.gallery import galleries
from mmsia.report.gallery_source import annotations_of
from tests.report.hand_tables import hand_table


def recipe(kind, row="ours", **options):
    return FigureRecipe("siagcn/fig9", "hands.", "siagcn/table1", row, kind, **options)


def test_figures_stand_where_their_script_says(make_states, tmp_path):
    store = Store(tmp_path / "runs")
    states = {state.table: state for state in make_states(store)}
    people = FigureRecipe("gog/fig9", "people", "gog/upper-bounds", "default")
    (figure,) = galleries([people], states["gog/upper-bounds"], store)
    lines = figure.csv_text.splitlines()
    # the stand-in found nobody: all images are as bad, the lowest numbers come first
    assert lines[1].split(",")[1:3] == ["worst 1", "0.0000"]
    assert len(lines) == 1 + 8 + 4
    assert galleries([people], states["gog/table3"], store) == []


def test_figure_without_its_annotations_is_left_out(make_states, tmp_path, caplog):
    store = Store(tmp_path / "runs")
    state = make_states(store)[0]
    people = FigureRecipe("gog/fig9", "people", state.table, "default")
    for change, word in (
        ({"path": str(tmp_path / "gone.json")}, "have moved"),
        ({"annotations_digest": "another"}, "have changed"),
    ):
        moved = replace(state, data={**state.data, **change})
        assert galleries([people], moved, store) == []
        assert f"gog/fig9 left out: its annotations {word}" in caplog.text.replace(
            state.data["path"] + " ", ""
        )


def test_annotations_of_a_session_before_there_were_two_digests(make_states, tmp_path):
    state = make_states(Store(tmp_path / "runs"))[0]
    data = {k: v for k, v in state.data.items() if k != "annotations_digest"}
    path = annotations_of(replace(state, data=data))
    assert str(path) == state.data["path"]


@pytest.mark.parametrize("kind", Kind)
def test_a_row_without_a_run_has_no_figure(tmp_path, kind, caplog):
    state, store = hand_table(tmp_path)
    assert (
        galleries([recipe(kind, "not-run"), recipe(kind, "no-row")], state, store) == []
    )
    assert caplog.text == ""


def test_what_is_missing_is_told(tmp_path, caplog):
    state, store = hand_table(tmp_path)
    (tmp_path / "runs" / "trained" / "weights.pth").unlink()
    asked = [
        recipe(Kind.HANDS, beside="not-run"),
        recipe(Kind.KERNELS),
        recipe(Kind.HEAD_WEIGHTS, "base"),
        recipe(Kind.HEAD_WEIGHTS),
    ]
    assert len(galleries(asked, state, store)) == 1
    words = [record.getMessage() for record in caplog.records]
    assert [word.startswith("siagcn/fig9 left out: ") for word in words] == [True] * 3
    assert "row not-run of siagcn/table1: expected a run" in words[0]
    assert "weights.pth are missing" in words[1]
    assert "make the run again" in words[2]


@pytest.mark.parametrize("kind", [Kind.HANDS, Kind.KERNELS, Kind.HEAD_WEIGHTS])
def test_which_of_several_seeds_is_shown(tmp_path, kind):
    state, store = hand_table(tmp_path)
    rows = {**state.rows, "ours": replace(state.rows["ours"], runs=("ours", "base"))}
    asked = [recipe(kind, quantiles=(), num_worst=1)]
    (one,) = galleries(asked, state, store)
    (several,) = galleries(asked, replace(state, rows=rows), store)
    assert several.caption == f"{one.caption} The first of 2 seeds."
