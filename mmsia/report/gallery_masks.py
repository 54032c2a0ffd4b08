"""A figure of masks of people: annotated ones in grey, found ones over them.

Without pixels, as `gallery_people`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import rule_in_words
from mmsia.bench.gallery_masks import MaskChoice, choose_masks
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.datasets.coco_masks import load_coco_masks
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import (
    annotations_of,
    figure_words,
    run_of,
    seed_note,
)
from mmsia.report.pictures import STYLE, data_uri, empty_panel, save_png


def masks_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """The chosen images side by side.

    Args:
        recipe: Whose predictions, and which images.
        state: What came of the table.
        store: Runs with their predictions.

    Raises:
        DataError: If annotations or predictions are not at hand any more.
    """
    rule = {"quantiles": recipe.quantiles, "num_worst": recipe.num_worst}
    run = run_of(state, recipe.row, store)
    truth = load_coco_masks(annotations_of(state))
    predictions = store.predictions(run.key)
    choices = choose_masks(truth, predictions, run.result["image_ids"], **rule)
    return Figure(
        caption="Grey: annotated people. Colour: found masks, of the highest scores as "
        "many as people are annotated. Images by rule, by the mean best overlap (IoU) "
        f"of an image's people: {rule_in_words(**rule)}. No pixels are "
        f"shown.{seed_note(state, recipe.row)}",
        image=data_uri(draw_masks(choices, num_columns=4), "png"),
        narrow_image=data_uri(draw_masks(choices, num_columns=2), "png"),
        csv_text=masks_csv(choices),
        **figure_words(recipe),
    )


def draw_masks(choices: Sequence[MaskChoice], *, num_columns: int) -> bytes:
    """The picture as PNG, the same bytes for the same choices.

    Args:
        choices: One panel each.
        num_columns: Panels beside each other.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    num_rows = max(1, -(-len(choices) // num_columns))
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(2.6 * num_columns, 2.5 * num_rows), dpi=110)
        panels = canvas.subplots(num_rows, num_columns, squeeze=False).ravel()
        for panel in panels[len(choices) :]:
            panel.set_axis_off()
        for panel, choice in zip(panels, choices, strict=False):
            _draw_image(panel, choice)
        return save_png(canvas)


def _draw_image(panel: Any, choice: MaskChoice) -> None:
    height, width = choice.size
    empty_panel(panel, (0, width), (0, height))
    panel.set_title(
        f"{choice.why}: {choice.score:.2f}\nimage {choice.image_id}", fontsize=8
    )
    for person in choice.people:
        for ring in outlines(person):
            panel.fill(*ring.T, color="#9aa4af", alpha=0.45, linewidth=0)
    for number, mask in enumerate(choice.masks):
        for ring in outlines(mask):
            colour = f"C{number % 7}"
            panel.fill(*ring.T, facecolor=colour, alpha=0.25, linewidth=0)
            closed = np.concatenate([ring, ring[:1]])
            panel.plot(*closed.T, color=colour, linewidth=1.1, marker="")


def outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Outer outlines (P, 2) of a mask's parts, through the middles of its pixels.

    Args:
        mask: (h, w) bool.
    """
    rings, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    return [ring[:, 0] + 0.5 for ring in rings]


def masks_csv(choices: Sequence[MaskChoice]) -> str:
    """One line an image."""
    return csv_text(
        ("image_id", "why", "score", "people", "masks"),
        (
            (
                choice.image_id,
                choice.why,
                f"{choice.score:.4f}",
                len(choice.people),
                len(choice.masks),
            )
            for choice in choices
        ),
    )
