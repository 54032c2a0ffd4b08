"""The figures that a paper's figure scripts ask for, each kind drawn by its module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.errors import DataError
from mmsia.log import get_logger
from mmsia.report.figures import Figure
from mmsia.report.gallery_boxes import boxes_figure
from mmsia.report.gallery_hand_errors import hand_errors_figure
from mmsia.report.gallery_hands import hands_figure
from mmsia.report.gallery_kernels import kernels_figure
from mmsia.report.gallery_masks import masks_figure
from mmsia.report.gallery_objects import objects_figure, overlaps_figure
from mmsia.report.gallery_people import people_figure
from mmsia.report.gallery_speed import speed_figure
from mmsia.report.gallery_weights import weights_figure

_logger = get_logger(__name__)
_KINDS: Mapping[Kind, Callable[[FigureRecipe, TableState, Store], Figure]] = {
    Kind.PEOPLE: people_figure,
    Kind.MASKS: masks_figure,
    Kind.BOXES: boxes_figure,
    Kind.HANDS: hands_figure,
    Kind.KERNELS: kernels_figure,
    Kind.HEAD_WEIGHTS: weights_figure,
    Kind.SPEED: speed_figure,
    Kind.OBJECTS: objects_figure,
    Kind.OVERLAPS: overlaps_figure,
    Kind.HAND_ERRORS: hand_errors_figure,
}


def galleries(
    recipes: Sequence[FigureRecipe], state: TableState, store: Store
) -> list[Figure]:
    """The figures that stand in the report of one table.

    A figure whose annotations, weights or second row are no longer at hand is left out
    with a word in the log; that its row was not run, the table says.

    Args:
        recipes: All figure scripts.
        state: What came of the table.
        store: Runs with their predictions.
    """
    figures = []
    for recipe in recipes:
        row = state.rows.get(recipe.row) if recipe.table == state.table else None
        if row is None or not _is_made(recipe, row):
            continue
        try:
            figures.append(_KINDS[recipe.kind](recipe, state, store))
        except DataError as error:
            _logger.warning("%s left out: %s", recipe.figure, error)
    return figures


def _is_made(recipe: FigureRecipe, row: RowState) -> bool:
    """Whether there is a run to make a figure from."""
    if recipe.kind is Kind.SPEED:
        return row.efficiency is not None
    return row.run is not None and row.status is Status.DONE
