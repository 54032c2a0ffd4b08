"""A figure of boxes before and after centre lines, as CGANet's Figure 1 (a) to (d).

Two panels an image, without pixels: above, the centre heatmap as predicted and its
boxes; below, the heatmap after Eq. (4), centre lines, and boxes before and after
Dichotomy Extended Area.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import rule_in_words
from mmsia.bench.gallery_boxes import MIN_IOU, BoxChoice, decode_boxes
from mmsia.bench.gallery_people import choose_images
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import (
    annotations_of,
    figure_words,
    run_of,
    seed_note,
)
from mmsia.report.pictures import data_uri, draw_pairs, empty_panel

_PERSON, _PLAIN, _EXTENDED, _OUTSIDE = "#9aa4af", "C0", "C2", "C1"


def boxes_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """The chosen images, each before and after.

    Args:
        recipe: Whose network, and which images.
        state: What came of the table.
        store: Runs with their predictions, and the trainings behind them.

    Raises:
        DataError: If annotations, images or weights are not at hand any more.
    """
    rule = {"quantiles": recipe.quantiles, "num_worst": recipe.num_worst}
    annotations = annotations_of(state)
    records = load_coco_keypoints(annotations).annotated()[: state.data["num_used"]]
    run = run_of(state, recipe.row, store)
    chosen = choose_images(records, store.predictions(run.key), **rule)
    choices = decode_boxes(chosen, store, run, _data_folder(annotations))
    return Figure(
        caption="Above: centre heatmap as predicted, peaks (dots) and boxes (blue) of "
        "it. Below: the heatmap after Eq. (4), centre lines (contours), and boxes "
        "before (dashed) and after Dichotomy Extended Area (green). Shown are the best "
        "boxes, as many as people are annotated. Grey: annotated keypoints; red: those "
        f"outside of their person's dashed box (IoU of {MIN_IOU:g} or more), crossed "
        "if outside of the green one as well. Images by rule, by the mean best OKS of "
        "an image's people: "
        f"{rule_in_words(**rule)}. No pixels are shown.{seed_note(state, recipe.row)}",
        image=data_uri(draw_boxes(choices, num_columns=4), "png"),
        narrow_image=data_uri(draw_boxes(choices, num_columns=2), "png"),
        csv_text=boxes_csv(choices),
        **figure_words(recipe),
    )


def _data_folder(annotations: Path) -> Path:
    """Above `annotations/`, as every data set of a run is laid out."""
    return annotations.parent.parent


def draw_boxes(choices: Sequence[BoxChoice], *, num_columns: int) -> bytes:
    """The picture as PNG, the same bytes for the same choices.

    Args:
        choices: Two panels each, one below the other.
        num_columns: Images beside each other.
    """

    def draw(above: Any, below: Any, choice: BoxChoice) -> None:
        _draw_before(above, choice)
        _draw_after(below, choice)

    return draw_pairs(choices, draw, num_columns=num_columns, height=4.7)


def _draw_before(panel: Any, choice: BoxChoice) -> None:
    picked, shown = choice.choice, len(choice.choice.record.keypoints)
    _draw_map(panel, choice, choice.center)
    panel.set_title(
        f"{picked.why}: {picked.score:.2f}\nimage {picked.record.image_id}", fontsize=8
    )
    boxes = choice.plain[:shown]
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    _draw_points(panel, middles, _PLAIN, 5)
    _draw_edges(panel, boxes, color=_PLAIN, linewidth=1.1)


def _draw_after(panel: Any, choice: BoxChoice) -> None:
    shown = len(choice.choice.record.keypoints)
    _draw_map(panel, choice, choice.alleviated)
    if choice.lines.max() > choice.lines.min():
        levels = np.linspace(choice.lines.min(), choice.lines.max(), 4)[1:-1]
        left, right, bottom, top = choice.extent
        panel.contour(
            choice.lines,
            levels=levels,
            extent=(left, right, top, bottom),
            colors="#6b7680",
            linewidths=0.5,
        )
    _draw_edges(
        panel, choice.inner[:shown], color=_PLAIN, linewidth=0.8, linestyle="dashed"
    )
    _draw_edges(panel, choice.extended[:shown], color=_EXTENDED, linewidth=1.1)
    _draw_points(panel, choice.outside(choice.inner), _OUTSIDE, 5)
    _draw_points(panel, choice.outside(choice.extended), _OUTSIDE, 6, marker="x")


def _draw_map(panel: Any, choice: BoxChoice, heat: np.ndarray) -> None:
    """An image's plane with a map and the annotated keypoints."""
    record = choice.choice.record
    panel.set_axis_on()
    # one scale for all; never black, so that points stay visible
    panel.imshow(heat, cmap="Greys", extent=choice.extent, vmin=0, vmax=1.2)
    empty_panel(panel, (0, record.width), (0, record.height))
    known = record.keypoints[record.keypoints[..., 2] > 0]
    _draw_points(panel, known[:, :2], _PERSON, 3)


def _draw_points(
    panel: Any, points: np.ndarray, colour: str, size: float, marker: str = "."
) -> None:
    panel.plot(*points.T, color=colour, linestyle="", marker=marker, markersize=size)


def _draw_edges(panel: Any, boxes: np.ndarray, **style: Any) -> None:
    for x1, y1, x2, y2 in boxes:
        panel.plot([x1, x2, x2, x1, x1], [y1, y1, y2, y2, y1], marker="", **style)


def boxes_csv(choices: Sequence[BoxChoice]) -> str:
    """One line an image."""
    header = ("image_id", "why", "score", "people", "with_box", "keypoints")
    return csv_text(
        (*header, "outside_before", "outside_after"),
        (
            (
                choice.choice.record.image_id,
                choice.choice.why,
                f"{choice.choice.score:.4f}",
                len(choice.choice.record.keypoints),
                len(choice.pairs),
                int(
                    (choice.choice.record.keypoints[choice.pairs[:, 0], :, 2] > 0).sum()
                ),
                len(choice.outside(choice.inner)),
                len(choice.outside(choice.extended)),
            )
            for choice in choices
        ),
    )
