"""The gallery's picture and its table."""

import csv
import io
from dataclasses import replace

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import Choice
from mmsia.bench.store import Store
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.report.gallery import (
    draw_gallery,
    galleries,
    gallery_csv,
    gallery_figure,
)


def make_choice(number, poses=1):
    keypoints = np.random.default_rng(number).uniform(10, 190, (2, 17, 3))
    keypoints[..., 2] = 2
    record = ImageRecord(
        image_id=number, file_name="x", width=200, height=200, keypoints=keypoints,
        boxes=np.zeros((2, 4)), areas=np.full(2, 900.0), annotation_ids=np.arange(2),
    )  # fmt: skip
    return Choice(record, keypoints[:poses], 0.5, f"worst {number}")


def test_same_choices_same_picture():
    choices = [make_choice(1), make_choice(2, poses=0)]
    picture = draw_gallery(choices, num_columns=4)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_gallery(choices, num_columns=4)
    assert picture != draw_gallery(choices[::-1], num_columns=4)


def test_every_image_has_its_line():
    rows = list(csv.DictReader(io.StringIO(gallery_csv([make_choice(7, poses=2)]))))
    assert rows == [
        {"image_id": "7", "why": "worst 7", "score": "0.5000", "people": "2",
         "poses": "2"}
    ]  # fmt: skip


def test_figure_names_its_rule():
    figure = gallery_figure("gog/fig2", "found people", [make_choice(1)])
    assert figure.csv_name == "gog-fig2.csv"
    assert "worst eight" in figure.caption
    assert figure.image.startswith("data:image/png;base64,")


def test_figures_stand_where_their_script_says(make_states, tmp_path):
    store = Store(tmp_path / "runs")
    states = {state.table: state for state in make_states(store)}
    recipe = FigureRecipe("gog/fig9", "people", "gog/upper-bounds", "default")
    (figure,) = galleries([recipe], states["gog/upper-bounds"], store)
    lines = figure.csv_text.splitlines()
    # the stand-in found nobody: all images are as bad, the lowest numbers come first
    assert lines[1].split(",")[1:3] == ["worst 1", "0.0000"]
    assert len(lines) == 1 + 8 + 4
    assert galleries([recipe], states["gog/table3"], store) == []


def test_figure_without_its_annotations_is_left_out(make_states, tmp_path, caplog):
    store = Store(tmp_path / "runs")
    state = make_states(store)[0]
    recipe = FigureRecipe("gog/fig9", "people", state.table, "default")
    for change in ({"path": str(tmp_path / "gone.json")}, {"digest": "another"}):
        moved = replace(state, data={**state.data, **change})
        assert galleries([recipe], moved, store) == []
    assert "gog/fig9 left out" in caplog.text
