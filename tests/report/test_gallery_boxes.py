"""The picture of boxes before and after centre lines, from a network and its images."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.scales import load_scales
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.bench.weights import Weights
from mmsia.datasets.simulated import people
from mmsia.engine.overlay import apply_overlay
from mmsia.engine.run_config import load_run_config
from mmsia.files import sha256_file
from mmsia.paths import project_root
from mmsia.report.gallery import galleries

LINES = "configs/cganet/cganet_384_d1w64_alleviation.py"
NO_LINES = "configs/cganet/cganet_384_d1w64_guider.py"
ROWS = {"lines": LINES, "no-lines": NO_LINES}


def write_run(store, row, config):
    """An untrained network whose boxes have ten cells, and an evaluation of it."""
    overlay = load_scales("cganet").overlay(Scale.SMOKE, config)
    overlay = {**overlay, "train_split": "train2017", "val_split": "train2017"}
    init_default_scope("mmpose")
    torch.manual_seed(0)
    settings = apply_overlay(load_run_config(project_root() / config), overlay)
    model = MODELS.build(settings.model)
    model.init_weights()
    model.head.size.bias.data[:] = 10.0
    folder = store.folder / f"train-{row}"
    folder.mkdir(parents=True)
    torch.save({"state_dict": model.state_dict()}, folder / "weights.pth")
    weights = Weights.of(folder / "weights.pth", folder).as_json()
    store.save(f"train-{row}", {"scores": {}, "weights": weights}, {}, [])
    provenance = {
        "start": f"train-{row}",
        "config": config,
        "settings": {"config": config, "overlay": overlay},
    }
    store.save(row, {"scores": {"ap": 0.0}}, provenance, [])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    root = tmp_path_factory.mktemp("boxes")
    people.write_people(root / "data", 5, 3, preset="smoke")
    store = Store(root / "runs")
    for row, config in ROWS.items():
        write_run(store, row, config)
    path = root / "data" / "annotations" / "person_keypoints_train2017.json"
    digest = sha256_file(path)
    data = {"path": str(path), "digest": digest, "annotations_digest": digest}
    rows = {row: RowState(Status.DONE, (row,)) for row in ROWS}
    state = TableState(
        "cganet/table1", Evidence.TRAINING, Scale.SMOKE, 0, 2, "mmsia x",
        {**data, "num_used": 5}, rows,
    )  # fmt: skip
    return state, store


def figure_of(row, table):
    recipe = FigureRecipe(
        "cganet/fig1", "boxes.", "cganet/table1", row, Kind.BOXES, num_worst=2
    )
    return galleries([recipe], *table)


def test_the_network_looks_at_the_images_again(table):
    (figure,) = figure_of("lines", table)
    assert figure.image.startswith("data:image/png;base64,")
    assert figure.image != figure.narrow_image
    rows = list(csv.DictReader(io.StringIO(figure.csv_text)))
    assert rows[0]["why"] == "worst 1"
    for row in rows:
        assert int(row["with_box"]) <= int(row["people"]) > 0
        assert int(row["outside_before"]) <= int(row["keypoints"])
    assert "crossed if outside of the green one as well" in figure.caption
    (again,) = figure_of("lines", table)
    assert again == figure


def test_what_is_missing_is_told(table, caplog):
    store = table[1]
    assert figure_of("no-lines", table) == []
    assert "expected a row with a Center Line Branch" in caplog.text
    images = store.folder.parent / "data" / "train2017"
    images.rename(images.with_name("elsewhere"))
    assert figure_of("lines", table) == []
    assert "expected its file, got nothing at" in caplog.text
    images.with_name("elsewhere").rename(images)
    weights = store.folder / "train-lines" / "weights.pth"
    weights.write_bytes(np.zeros(9).tobytes())
    assert figure_of("lines", table) == []
    assert "were changed since they were made" in caplog.text
