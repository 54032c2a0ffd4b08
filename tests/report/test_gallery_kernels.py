"""The picture of kernels and its table."""

import csv
import io

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.gallery_kernels import EdgeKernels
from mmsia.bench.store import Store
from mmsia.datasets.simulated.hands_skeleton import KEYPOINTS
from mmsia.report.gallery_kernels import (
    NODES,
    draw_kernels,
    kernels_csv,
    kernels_figure,
)
from tests.report.hand_tables import hand_table

RECIPE = FigureRecipe("siagcn/k", "kernels.", "siagcn/table1", "ours", Kind.KERNELS)


def test_names_are_those_of_the_data():
    assert NODES == KEYPOINTS


def test_the_head_that_counts_most(tmp_path):
    """The weights are 0.25 and 0.75: the second head."""
    state, store = hand_table(tmp_path)
    figure = kernels_figure(RECIPE, state, store)
    assert "head 2, by rule that of the largest mean weight" in figure.caption
    lines = list(csv.DictReader(io.StringIO(figure.csv_text)))
    assert len(lines) == 61 and {line["head"] for line in lines} == {"2"}
    assert (lines[0]["from"], lines[0]["to"]) == ("wrist", "thumb1")
    assert (lines[-1]["from"], lines[-1]["to"]) == ("wrist", "wrist")
    assert figure.image.startswith("data:image/png") and figure.narrow_image


def test_the_first_head_where_none_is_weighed(tmp_path):
    state, store = hand_table(tmp_path)
    store = Store(store.folder)
    recipe = FigureRecipe("siagcn/k", "kernels.", "siagcn/table1", "base", Kind.KERNELS)
    assert "head 1, by rule the first" in kernels_figure(recipe, state, store).caption


def kernels():
    taps = np.random.default_rng(0).normal(size=(61, 5, 5))
    edges = np.stack([np.arange(61) % 21, np.arange(61) % 20], axis=1)
    return EdgeKernels(edges, taps, 3, "the first")


def test_same_kernels_same_picture():
    some = kernels()
    picture = draw_kernels(some, num_columns=12)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_kernels(some, num_columns=12)
    assert picture != draw_kernels(some, num_columns=4)
    turned = EdgeKernels(some.edges, -some.taps, 3, "the first")
    assert picture != draw_kernels(turned, num_columns=12)


def test_every_edge_has_its_line():
    taps = np.zeros((1, 3, 3))
    taps[0, 0, 1], taps[0, 2, 2] = 3, -4
    text = kernels_csv(EdgeKernels(np.array([[5, 6]]), taps, 0, ""))
    (line,) = csv.DictReader(io.StringIO(text))
    assert line == {
        "layer": "1", "head": "1", "from": "forefinger1", "to": "forefinger2",
        "sum": "-1", "norm": "5", "peak": "-4", "peak_x": "1", "peak_y": "1",
    }  # fmt: skip
