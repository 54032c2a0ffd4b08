"""The picture of hands' errors over their overlap, and its table."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.scoring.hand_mesh import HandMesh
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Reason, Scale, Status
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError
from mmsia.files import sha256_file
from mmsia.report.gallery import galleries
from mmsia.report.gallery_hand_errors import hand_errors_figure
from tests.bench.made_hands import hand_predictions

RECIPE = FigureRecipe("dir/o", "o.", "dir/ablation", "whole", Kind.HAND_ERRORS)
NUM = 6


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Two seeds of a whole network, one row of another, one that was not run."""
    folder = tmp_path_factory.mktemp("hands")
    write_twohands(folder, NUM, 4, split="overfit")
    index = folder / "prepared" / "overfit.json"
    store, rng = Store(folder / "runs"), np.random.default_rng(0)
    scoring = HandMesh(stages=True)
    result = {
        "scores": {"mpjpe": 1.0},
        "scoring": scoring.settings(),
        "image_ids": list(range(NUM)),
    }
    for key, noise in (
        ("first", {"initial": 0.5, "answer": 0.2}),
        ("second", {"initial": 0.5, "answer": 0.2}),
        ("other", {"answer": 0.4}),
    ):
        predictions = hand_predictions(list(range(NUM)), rng, noise)
        store.save(key, result, {"start": "trained"}, predictions)
    rows = {
        "whole": RowState(Status.DONE, ("first", "second")),
        "other": RowState(Status.DONE, ("other",)),
        "not-run": RowState(Status.SKIPPED, reason=Reason.BUDGET),
    }
    data = {"path": str(index), "digest": "all", "simulated": True, "num_used": NUM}
    data |= {"annotations_digest": sha256_file(index), "name": "hands"}
    about = (Evidence.TRAINING, Scale.SMOKE, 0, 2, "mmsia x")
    return TableState("dir/ablation", *about, data, rows), store


def test_curves_are_of_all_rows_and_estimates(table) -> None:
    state, store = table
    figure = hand_errors_figure(RECIPE, state, store)
    assert f"MPJPE of {NUM} images, mean of 2 seeds" in figure.caption
    assert figure.csv_name == "dir-o.csv"
    lines = list(csv.DictReader(io.StringIO(figure.csv_text)))
    curves = list(dict.fromkeys(line["curve"] for line in lines))
    assert curves == ["whole: initial", "whole: stage1", "whole", "other"]
    for curve in curves:
        for metric in ("mpjpe", "miaa"):
            own = [x for x in lines if (x["curve"], x["metric"]) == (curve, metric)]
            assert sum(int(line["images"]) for line in own) == NUM
            assert all(
                float(x["low"]) <= float(x["mean"]) <= float(x["high"]) for x in own
            )
    stage1 = [x["mean"] for x in lines if x["curve"] == "whole: stage1"]
    assert stage1 == [x["mean"] for x in lines if x["curve"] == "whole"]
    assert hand_errors_figure(RECIPE, state, store) == figure
    assert figure.image != figure.narrow_image
    (shown,) = galleries([RECIPE], state, store)
    assert shown == figure


def test_it_is_left_out_where_the_truth_has_moved(table, tmp_path) -> None:
    state, store = table
    moved = {**state.data, "path": str(tmp_path / "gone.json")}
    away = TableState(
        state.table, state.evidence, state.scale, 0, 2, "mmsia x", moved, state.rows
    )
    with pytest.raises(DataError, match="annotations have moved"):
        hand_errors_figure(RECIPE, away, store)
    assert galleries([RECIPE], away, store) == []
