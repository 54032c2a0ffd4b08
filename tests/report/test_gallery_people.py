"""The picture of people and its table."""

import csv
import io

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery_people import Choice
from mmsia.bench.store import Store
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.report.gallery_people import draw_people, people_csv, people_figure


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
    picture = draw_people(choices, num_columns=4)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_people(choices, num_columns=4)
    assert picture != draw_people(choices[::-1], num_columns=4)


def test_every_image_has_its_line():
    rows = list(csv.DictReader(io.StringIO(people_csv([make_choice(7, poses=2)]))))
    assert rows == [
        {"image_id": "7", "why": "worst 7", "score": "0.5000", "people": "2",
         "poses": "2"}
    ]  # fmt: skip


def test_figure_names_its_rule(make_states, tmp_path):
    store = Store(tmp_path / "runs")
    state = make_states(store)[0]
    recipe = FigureRecipe("gog/fig2", "found people", state.table, "default")
    figure = people_figure(recipe, state, store)
    assert figure.csv_name == "gog-fig2.csv" and figure.title.startswith("gog/fig2")
    assert "the worst 8, then those at quantiles 0.25, 0.5, 0.75, 1" in figure.caption
    assert figure.image.startswith("data:image/png;base64,")
