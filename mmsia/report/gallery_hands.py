"""A figure of hands in their crops: annotated in grey, five coloured fingers over it.

Without pixels, so that a report can be passed on whatever the images' licence; over the
image where mmsia made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import rule_in_words
from mmsia.bench.gallery_hands import HandChoice, choose_hands
from mmsia.bench.scoring.choose import scoring_named
from mmsia.bench.scoring.crop_side_pck import CropSide
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.errors import DataError
from mmsia.files import read_json
from mmsia.log import get_logger
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import (
    annotations_of,
    figure_words,
    run_of,
    seed_note,
)
from mmsia.report.hand_panels import Backdrop, draw_hands
from mmsia.report.pictures import data_uri

_logger = get_logger(__name__)
_CROP_PIXELS = 110
"""Of a picture behind a hand, across the crop."""


def hands_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """The chosen hands, those of the row beside above those of the row itself.

    Args:
        recipe: Whose predictions, and which hands.
        state: What came of the table.
        store: Runs with their predictions.

    Raises:
        DataError: If annotations, a row or its predictions are not at hand any more.
    """
    rows = [recipe.row] if recipe.beside is None else [recipe.beside, recipe.row]
    runs = [run_of(state, row, store) for row in rows]
    scoring = scoring_named(runs[-1].result.get("scoring"))
    if not isinstance(scoring, CropSide):
        raise DataError(f"row {recipe.row}", expected="hands", got=str(scoring))
    rule = {"quantiles": recipe.quantiles, "num_worst": recipe.num_worst}
    path = annotations_of(state)
    choices = choose_hands(
        scoring.open(path),
        runs[-1].result["image_ids"],
        [store.predictions(run.key) for run in runs],
        scoring,
        **rule,
    )
    backdrops = _own_images(path, choices) if state.data["simulated"] else {}
    wide, narrow = (
        draw_hands(choices, rows, num_columns=columns, backdrops=backdrops)
        for columns in (4, 2)
    )
    above = f"Of each pair, {rows[0]} above, {rows[1]} below. " if rows[1:] else ""
    truth = "White" if backdrops else "Grey"
    behind = "Behind: images that mmsia made." if backdrops else "No pixels are shown."
    return Figure(
        caption=f"{above}{truth}: annotated hands. Colour: found fingers, from the "
        "thumb on blue, red, green, pink, yellow. Panels are the network's crops. "
        "Percent: mean distance of the labelled keypoints, of the crop's side; a "
        "keypoint farther off, or not found, counts as one side. Hands by rule, by "
        f"that distance in {recipe.row}: {rule_in_words(**rule)}. {behind}"
        f"{seed_note(state, recipe.row)}",
        image=data_uri(wide, "png"),
        narrow_image=data_uri(narrow, "png"),
        csv_text=hands_csv(choices, rows),
        **figure_words(recipe),
    )


def _own_images(path: Path, choices: Sequence[HandChoice]) -> dict[int, Backdrop]:
    """Image id -> what lies behind its hand; nothing if one cannot be read.

    Only for images that mmsia made.
    """
    names = {image["id"]: image["file_name"] for image in read_json(path)["images"]}
    folder = path.parent.parent
    try:
        return {
            choice.image_id: _backdrop(folder / names[choice.image_id], choice.side)
            for choice in choices
        }
    except OSError as error:
        _logger.warning("images left out of a figure: %s", error)
        return {}


def _backdrop(path: Path, side: float) -> Backdrop:
    from PIL import Image

    # noise takes much of a report's space
    shrink = max(1.0, side / _CROP_PIXELS)
    with Image.open(path) as image:
        small = [max(1, round(length / shrink)) for length in image.size]
        grey = image.convert("L").resize(small, Image.Resampling.BOX)
        return Backdrop(np.asarray(grey), image.size)


def hands_csv(choices: Sequence[HandChoice], rows: Sequence[str]) -> str:
    """One line a hand and row; distances in shares of the crop's side, mPCK in percent.

    Args:
        choices: The hands.
        rows: Ids of the rows.
    """
    return csv_text(
        ("hand_id", "image_id", "why", "row", "mean_distance", "mpck"),
        (
            (
                *(choice.hand_id, choice.image_id, choice.why, row),
                *(f"{found.distance:.4f}", f"{found.mpck:.2f}"),
            )
            for choice in choices
            for row, found in zip(rows, choice.found, strict=True)
        ),
    )
