"""Hands of a figure: which, drawn over what, and their numbers."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.gallery_hands import FoundHand, HandChoice
from mmsia.errors import DataError
from mmsia.report.gallery_hands import hands_figure
from mmsia.report.hand_panels import Backdrop, draw_hands
from tests.report.hand_tables import PLACE, hand_table

RECIPE = FigureRecipe(
    "siagcn/fig3", "hands.", "siagcn/table1", "ours", Kind.HANDS, "base",
    quantiles=(0, 0.5, 1), num_worst=0,
)  # fmt: skip
FAILURES = replace(RECIPE, beside=None, quantiles=(), num_worst=8)


def choice(number, num_rows=2, keypoints=PLACE):
    found = tuple(FoundHand(keypoints + row, 0.1, 50.0) for row in range(num_rows))
    labelled, center = np.ones(21, bool), np.array([40.0, 40])
    return HandChoice(number, number, PLACE, labelled, center, 100.0, found, "worst 1")


def test_both_rows_of_the_hands_that_the_rule_picks(tmp_path):
    state, store = hand_table(tmp_path)
    figure = hands_figure(RECIPE, state, store)
    lines = list(csv.DictReader(io.StringIO(figure.csv_text)))
    assert [(line["hand_id"], line["row"]) for line in lines] == [
        ("111", "base"), ("111", "ours"), ("105", "base"), ("105", "ours"),
        ("100", "base"), ("100", "ours"),
    ]  # fmt: skip
    # hand i is found i pixels off, by the baseline 2 i, in a crop of 100
    assert [line["mean_distance"] for line in lines] == [
        "0.2200", "0.1100", "0.1000", "0.0500", "0.0000", "0.0000",
    ]  # fmt: skip
    assert lines[0]["mpck"] == "0.00" and lines[-1]["mpck"] == "100.00"
    assert figure.caption.startswith("Of each pair, base above, ours below. ")
    assert "quantiles 0, 0.5, 1 (0 the worst" in figure.caption
    assert figure.csv_name == "siagcn-fig3.csv"
    assert figure.image != figure.narrow_image


def test_the_worst_alone(tmp_path):
    state, store = hand_table(tmp_path)
    figure = hands_figure(FAILURES, state, store)
    lines = list(csv.DictReader(io.StringIO(figure.csv_text)))
    assert [line["hand_id"] for line in lines] == [str(111 - i) for i in range(8)]
    assert {line["row"] for line in lines} == {"ours"}
    assert "Hands by rule, by that distance in ours: the worst 8." in figure.caption
    assert "above" not in figure.caption


def test_only_pixels_that_mmsia_made_are_shown(tmp_path, caplog):
    state, store = hand_table(tmp_path)
    own = hands_figure(FAILURES, state, store)
    assert "Behind: images that mmsia made." in own.caption
    real = replace(state, data={**state.data, "simulated": False})
    foreign = hands_figure(FAILURES, real, store)
    assert "No pixels are shown." in foreign.caption
    # the same hands and numbers, whatever lies behind
    assert foreign.csv_text == own.csv_text
    assert len(foreign.image) < len(own.image)
    # an image that is gone or damaged costs the pixels, not the figure
    image = tmp_path / "data" / "imgs" / "11.png"
    for break_image in (lambda: image.write_bytes(b"no image"), image.unlink):
        break_image()
        assert hands_figure(FAILURES, state, store) == foreign
    assert caplog.text.count("images left out of a figure") == 2


def test_same_hands_same_picture():
    hands = [choice(1), choice(2)]
    behind = {1: Backdrop(np.full((9, 12), 200, np.uint8), (120, 90))}
    picture = draw_hands(hands, ["a", "b"], num_columns=4, backdrops=behind)
    assert picture.startswith(b"\x89PNG")
    options = {"num_columns": 4, "backdrops": behind}
    assert picture == draw_hands(hands, ["a", "b"], **options)
    assert picture != draw_hands(hands[::-1], ["a", "b"], **options)
    assert picture != draw_hands(hands, ["a", "b"], num_columns=4, backdrops={})


def test_five_fingers_and_what_was_not_found(tmp_path):
    """Each finger has a colour of its own; one without positions leaves none."""
    part = PLACE.copy()
    part[17:] = np.nan
    pictures = [
        draw_hands([choice(1, 1, points)], ["a"], num_columns=1, backdrops={})
        for points in (PLACE, part, np.full((21, 2), np.nan))
    ]
    colours = [colours_of(picture) for picture in pictures]
    fingers = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]
    assert [[name in seen for name in fingers] for seen in colours] == [
        [True] * 5, [True] * 4 + [False], [False] * 5,
    ]  # fmt: skip


def colours_of(picture):
    """Names of the colours of a PNG."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    return {f"#{bytes(row).hex()}" for row in np.unique(pixels, axis=0)}


def test_a_row_of_people_is_named(tmp_path):
    state, store = hand_table(tmp_path)
    store.save("base", {"scores": {}, "image_ids": []}, {}, [])
    with pytest.raises(DataError, match="row base: expected hands"):
        hands_figure(replace(FAILURES, row="base"), state, store)
