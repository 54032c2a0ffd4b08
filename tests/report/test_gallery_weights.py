"""The picture of the heads' weights and its table."""

import csv
import io

import numpy as np
import pytest

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.gallery_weights import HeadWeights
from mmsia.report.gallery_weights import draw_weights, weights_csv, weights_figure
from tests.report.hand_tables import hand_table

RECIPE = FigureRecipe("siagcn/w", "w.", "siagcn/table1", "ours", Kind.HEAD_WEIGHTS)
SOME = HeadWeights(
    np.array([7, 8, 9]), np.array([1, 2, 3]), np.array([[0.2, 0.8], [0.6, 0.4], [0, 1]])
)


def test_means_and_entropy_in_the_caption(tmp_path):
    state, store = hand_table(tmp_path)
    caption = weights_figure(RECIPE, state, store).caption
    assert "Row ours, 12 hands" in caption
    assert "Means of heads 1 to 2: 0.250, 0.750 (dashed" in caption
    # -(0.25 log2 0.25 + 0.75 log2 0.75)
    assert "0.811 on average, 0.811 at least" in caption


def test_lines_stand_in_the_order_of_the_picture():
    lines = list(csv.DictReader(io.StringIO(weights_csv(SOME))))
    assert [line["hand_id"] for line in lines] == ["8", "9", "7"]
    assert lines[1] == {
        "hand_id": "9", "image_id": "3", "head_1": "0.000000", "head_2": "1.000000",
        "evenness": "0.000000",
    }  # fmt: skip
    assert float(lines[2]["evenness"]) == pytest.approx(0.721928, abs=1e-6)


def test_same_weights_same_picture():
    picture = draw_weights(SOME)
    assert picture.startswith(b"\x89PNG") and picture == draw_weights(SOME)
    assert picture != draw_weights(SOME, narrow=True)
    other = HeadWeights(SOME.hand_ids, SOME.image_ids, SOME.weights[:, ::-1])
    assert picture != draw_weights(other)
