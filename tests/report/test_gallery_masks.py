"""The picture of masks and its table."""

from __future__ import annotations

import csv
import io
import json

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.gallery_masks import MaskChoice
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.evaluation.mask_matches import results_of
from mmsia.files import sha256_file
from mmsia.report.gallery import galleries
from mmsia.report.gallery_masks import draw_masks, masks_csv, outlines


def make_choice(number, masks=1):
    people = np.zeros((2, 50, 70), dtype=bool)
    people[0, 10:30, number : number + 20] = people[1, 5:40, 50:60] = True
    return MaskChoice(number, (50, 70), people, people[:masks], 0.5, f"worst {number}")


def test_same_choices_same_picture():
    choices = [make_choice(1), make_choice(2, masks=0)]
    picture = draw_masks(choices, num_columns=4)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_masks(choices, num_columns=4)
    assert picture != draw_masks([make_choice(1, masks=2), choices[1]], num_columns=4)


def test_outlines_go_around_the_parts_of_a_mask():
    mask = np.zeros((20, 30), dtype=bool)
    mask[2:5, 3:9] = mask[10:12, 20:25] = True
    rings = outlines(mask)
    ends = sorted((*ring.min(axis=0), *ring.max(axis=0)) for ring in rings)
    assert ends == [(3.5, 2.5, 8.5, 4.5), (20.5, 10.5, 24.5, 11.5)]
    assert outlines(np.zeros((5, 5), dtype=bool)) == []


def test_every_image_has_its_line():
    rows = list(csv.DictReader(io.StringIO(masks_csv([make_choice(7, masks=2)]))))
    assert rows == [
        {"image_id": "7", "why": "worst 7", "score": "0.5000", "people": "2",
         "masks": "2"}
    ]  # fmt: skip


def test_figure_of_a_run(tmp_path):
    outline = [[10, 5, 20, 5, 20, 25, 10, 25]]
    annotation = dict(id=1, image_id=8, category_id=1, area=200, iscrowd=0)
    content = {
        "images": [{"id": 8, "width": 60, "height": 40}],
        "annotations": [
            {**annotation, "bbox": [10, 5, 10, 20], "segmentation": outline}
        ],
        "categories": [{"id": 1, "name": "person"}],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    mask = np.zeros((1, 40, 60), dtype=bool)
    mask[0, 5:25, 10:20] = True
    store = Store(tmp_path / "runs")
    result = {"scores": {"segm_ap": 100.0}, "image_ids": [8]}
    store.save("run", result, {}, results_of(8, mask, [0.9]))
    digest = sha256_file(path)
    state = TableState(
        "cganet/table6", Evidence.TRAINING, Scale.SMOKE, 0, 2, "mmsia x",
        {"path": str(path), "digest": digest, "annotations_digest": digest},
        {"ours": RowState(Status.DONE, ("run",))},
    )  # fmt: skip
    recipe = FigureRecipe("cganet/fig5", "masks.", state.table, "ours", Kind.MASKS)
    (figure,) = galleries([recipe], state, store)
    assert figure.csv_text.splitlines()[1] == "8,worst 1,1.0000,1,1"
    assert "mean best overlap (IoU)" in figure.caption
    assert figure.image.startswith("data:image/png;base64,")
