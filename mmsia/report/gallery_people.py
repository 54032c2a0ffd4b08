"""A figure of images with people: annotated ones in grey, found poses over them.

Without pixels, so that a report can be passed on whatever the images' licence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import rule_in_words
from mmsia.bench.gallery_people import Choice, choose_images
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.ops.limbs import get_limbs
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import (
    annotations_of,
    figure_words,
    run_of,
    seed_note,
)
from mmsia.report.pictures import STYLE, data_uri, empty_panel, save_png

_LIMBS = get_limbs("coco19")


def people_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """The chosen images side by side.

    Args:
        recipe: Whose predictions, and which images.
        state: What came of the table.
        store: Runs with their predictions.

    Raises:
        DataError: If annotations or predictions are not at hand any more.
    """
    rule = {"quantiles": recipe.quantiles, "num_worst": recipe.num_worst}
    records = load_coco_keypoints(annotations_of(state)).annotated()
    predictions = store.predictions(run_of(state, recipe.row, store).key)
    choices = choose_images(records[: state.data["num_used"]], predictions, **rule)
    return Figure(
        caption="Grey: annotated people. Colour: found poses. Images by rule, by the "
        f"mean best OKS of an image's people: {rule_in_words(**rule)}. No pixels are "
        f"shown.{seed_note(state, recipe.row)}",
        image=data_uri(draw_people(choices, num_columns=4), "png"),
        narrow_image=data_uri(draw_people(choices, num_columns=2), "png"),
        csv_text=people_csv(choices),
        **figure_words(recipe),
    )


def draw_people(choices: Sequence[Choice], *, num_columns: int) -> bytes:
    """The picture as PNG, the same bytes for the same choices.

    Args:
        choices: One panel each.
        num_columns: Panels beside each other.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    num_rows = -(-len(choices) // num_columns)
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(2.6 * num_columns, 2.5 * num_rows), dpi=110)
        panels = canvas.subplots(num_rows, num_columns, squeeze=False).ravel()
        for panel in panels[len(choices) :]:
            panel.set_axis_off()
        for panel, choice in zip(panels, choices, strict=False):
            _draw_image(panel, choice)
        return save_png(canvas)


def _draw_image(panel: Any, choice: Choice) -> None:
    record = choice.record
    empty_panel(panel, (0, record.width), (0, record.height))
    panel.set_title(
        f"{choice.why}: {choice.score:.2f}\nimage {record.image_id}", fontsize=8
    )
    for person in record.keypoints:
        _draw_person(panel, person, "#9aa4af", 3.0)
    for number, pose in enumerate(choice.poses):
        _draw_person(panel, pose, f"C{number % 7}", 1.1)


def _draw_person(panel: Any, person: np.ndarray, colour: str, width: float) -> None:
    """Limbs whose ends are both known, and every known keypoint as a dot."""
    known = person[:, 2] > 0
    for limb in _LIMBS[known[_LIMBS].all(axis=1)]:
        line = person[limb, :2]
        panel.plot(*line.T, color=colour, linewidth=width, marker="")
    points = person[known, :2]
    panel.plot(*points.T, color=colour, linestyle="", marker=".", markersize=2 * width)


def people_csv(choices: Sequence[Choice]) -> str:
    """One line an image."""
    return csv_text(
        ("image_id", "why", "score", "people", "poses"),
        (
            (
                choice.record.image_id,
                choice.why,
                f"{choice.score:.4f}",
                len(choice.record.keypoints),
                len(choice.poses),
            )
            for choice in choices
        ),
    )
