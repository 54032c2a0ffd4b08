"""Figures of objects: links by how much they overlap, and what LIS changes.

As KLPNet's Figures 6 and 5: above, the confidence map; below, keypoints and links of
each object. Without pixels, so that a report can be passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import rule_in_words
from mmsia.bench.gallery_objects import (
    SLIGHT,
    FoundObject,
    SeenObjects,
    choose_images,
    look_at,
)
from mmsia.bench.reopened import reopen
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.datasets.object_annotations import load_object_annotations
from mmsia.errors import DataError
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import (
    annotations_of,
    figure_words,
    run_of,
    seed_note,
)
from mmsia.report.pictures import data_uri, draw_pairs, empty_panel

_TRUTH, _SHARED, _GONE = "#9aa4af", "#20262c", "C1"
_SAME = 1e-6

Draw = Callable[[Any, SeenObjects], None]


def objects_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """Keypoints and links by level of overlap (Figure 6).

    Args:
        recipe: Whose network, and which images.
        state: What came of the table.
        store: Runs with their predictions, and the trainings behind them.

    Raises:
        DataError: If annotations, images or weights are not at hand any more.
    """
    seen, rule = _seen(recipe, state, store, overlapping=False)
    caption = (
        "Above: confidence maps of the objects' crops, put back into the image. "
        "Below: keypoints and predicted links, a colour for each object. Grey: "
        "annotated keypoints. Overlap is slight up to an IoU of "
        f"{SLIGHT:g}. {rule}"
    )
    return _figure(recipe, seen, caption, _draw_links)


def overlaps_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """Owners of keypoints before and after LIS (Figure 5).

    Args:
        recipe: Whose network, and which images.
        state: What came of the table.
        store: Runs with their predictions, and the trainings behind them.

    Raises:
        DataError: As `objects_figure`, or if no objects of one category overlap.
    """
    seen, rule = _seen(recipe, state, store, overlapping=True)
    caption = (
        "Above: confidence maps; keypoints that one box alone holds have its colour, "
        "those of several boxes are dark. Below: keypoints and links after the "
        "location instability strategy; crossed: keypoints that no object kept. "
        f"{rule}"
    )
    return _figure(recipe, seen, caption, _draw_owners)


def _seen(
    recipe: FigureRecipe, state: TableState, store: Store, *, overlapping: bool
) -> tuple[list[SeenObjects], str]:
    rule = {"quantiles": recipe.quantiles, "num_worst": recipe.num_worst}
    annotations = annotations_of(state)
    run = run_of(state, recipe.row, store)
    truth = load_object_annotations(annotations)
    choices = choose_images(truth, store.predictions(run.key), **rule)
    if overlapping:
        choices = [c for c in choices if c.level.startswith("one category,")]
        choices = [c for c in choices if c.level.endswith("overlap")]
    if not choices:
        raise DataError(
            f"images of {recipe.figure}", expected="such objects", got="none"
        )
    opened = reopen(store, run, annotations.parent.parent)
    words = (
        "Images by rule, of each level, by the share of annotated keypoints with a "
        f"peak near by: {rule_in_words(**rule)}. No pixels are shown."
        f"{seed_note(state, recipe.row)}"
    )
    return look_at(choices, opened), words


def _figure(
    recipe: FigureRecipe, seen: Sequence[SeenObjects], caption: str, draw: Draw
) -> Figure:
    return Figure(
        caption=caption,
        image=data_uri(draw_objects(seen, draw, num_columns=4), "png"),
        narrow_image=data_uri(draw_objects(seen, draw, num_columns=2), "png"),
        csv_text=objects_csv(seen),
        **figure_words(recipe),
    )


def draw_objects(seen: Sequence[SeenObjects], draw: Draw, *, num_columns: int) -> bytes:
    """The picture as PNG, the same bytes for the same images.

    Args:
        seen: Two panels each, one below the other.
        draw: What stands in both.
        num_columns: Images beside each other.
    """

    def draw_both(above: Any, below: Any, each: SeenObjects) -> None:
        _prepare((above, below), each)
        draw((above, below), each)

    return draw_pairs(seen, draw_both, num_columns=num_columns, height=4.3)


def _prepare(pair: Any, seen: SeenObjects) -> None:
    """Titles, confidence above, annotated keypoints below."""
    above, below = pair
    height, width = seen.confidence.shape
    for panel in pair:
        panel.set_axis_on()
        empty_panel(panel, (0, width), (0, height))
    choice = seen.choice
    above.set_title(
        f"{choice.level}\n{choice.why}: {choice.score:.2f}, image {choice.image_id}",
        fontsize=8,
    )
    # never black, so that points stay visible
    above.imshow(
        seen.confidence, cmap="Greys", extent=(0, width, height, 0), vmin=0, vmax=1.2
    )
    below.plot(*choice.truth.T, color=_TRUTH, linestyle="", marker=".", markersize=6)


def _draw_links(pair: Any, seen: SeenObjects) -> None:
    for number, found in enumerate(seen.settled):
        _draw_object(pair[1], found, f"C{number % 7}")


def _draw_owners(pair: Any, seen: SeenObjects) -> None:
    above, below = pair
    for number, found in enumerate(seen.plain):
        holders = _holders(found.points, number, seen.plain)
        for holder in np.unique(holders).tolist():
            colour = _SHARED if holder < 0 else f"C{holder % 7}"
            points = found.points[holders == holder]
            above.plot(*points.T, color=colour, linestyle="", marker=".", markersize=5)
    kept = np.concatenate([found.points for found in seen.settled])
    for number, found in enumerate(seen.settled):
        _draw_object(below, found, f"C{number % 7}")
    for found in seen.plain:
        gone = found.points[~_among(found.points, kept)]
        below.plot(*gone.T, color=_GONE, linestyle="", marker="x", markersize=4)


def _holders(
    points: np.ndarray, number: int, objects: Sequence[FoundObject]
) -> np.ndarray:
    """(P,) whose box holds each point alone, -1: several; none: whose crop shows it."""
    boxes = np.stack([found.box for found in objects])
    inside = (points[:, None] >= boxes[:, :2]) & (points[:, None] <= boxes[:, 2:])
    inside = inside.all(axis=-1)
    counts = inside.sum(axis=1)
    alone = np.where(counts == 1, inside.argmax(axis=1), -1)
    return np.where(counts == 0, number, alone)


def _among(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(P,) bool whether a point is one of the others."""
    if not len(others):
        return np.zeros(len(points), dtype=bool)
    away = np.abs(points[:, None] - others).max(axis=-1)
    return away.min(axis=1, initial=np.inf) < _SAME


def _draw_object(panel: Any, found: FoundObject, colour: str) -> None:
    for first, second in found.links:
        ends = found.points[[first, second]]
        panel.plot(*ends.T, color=colour, linewidth=0.9, marker="")
    panel.plot(*found.points.T, color=colour, linestyle="", marker=".", markersize=4)


def objects_csv(seen: Sequence[SeenObjects]) -> str:
    """One line an image."""
    return csv_text(
        (
            *("image_id", "level", "why", "score", "objects"),
            *("keypoints", "keypoints_settled", "links"),
        ),
        (
            (
                each.choice.image_id,
                each.choice.level,
                each.choice.why,
                f"{each.choice.score:.4f}",
                len(each.plain),
                sum(len(found.points) for found in each.plain),
                sum(len(found.points) for found in each.settled),
                sum(len(found.links) for found in each.settled),
            )
            for each in seen
        ),
    )
