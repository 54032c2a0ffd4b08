"""A figure of images chosen by rule: annotated people in grey, found poses over them.

Without pixels, so that a report can be passed on whatever the images' licence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery import Choice, choose_images
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.datasets.coco_keypoints import ImageRecord, load_coco_keypoints
from mmsia.files import sha256_file
from mmsia.log import get_logger
from mmsia.ops.limbs import get_limbs
from mmsia.report.figures import Figure
from mmsia.report.pictures import STYLE, data_uri, save_png

_logger = get_logger(__name__)
_LIMBS = get_limbs("coco19")


def galleries(
    recipes: Sequence[FigureRecipe], state: TableState, store: Store
) -> list[Figure]:
    """The figures that stand in the report of one table.

    A figure whose annotations are no longer at hand, or are no longer the same, is left
    out with a word in the log: predictions without people to compare show nothing.

    Args:
        recipes: All figure scripts.
        state: What came of the table.
        store: Runs with their predictions.
    """
    figures = []
    for recipe in recipes:
        row = state.rows.get(recipe.row) if recipe.table == state.table else None
        if row is None or row.run is None or row.status is not Status.DONE:
            continue
        records = _records_of(state)
        if not records:
            _logger.warning("%s left out: its annotations have moved", recipe.figure)
            continue
        choices = choose_images(records, store.predictions(row.run))
        figures.append(gallery_figure(recipe.figure, recipe.title, choices))
    return figures


def _records_of(state: TableState) -> Sequence[ImageRecord]:
    """The images that a table's runs read, none if the file is another one now."""
    path = Path(state.data["path"])
    if not path.is_file() or sha256_file(path) != state.data["digest"]:
        return ()
    return load_coco_keypoints(path).annotated()[: state.data["num_used"]]


def gallery_figure(figure_id: str, title: str, choices: Sequence[Choice]) -> Figure:
    """The chosen images side by side.

    Args:
        figure_id: Such as `gog/fig2`.
        title: What it shows.
        choices: In the order in which they are shown.
    """
    return Figure(
        title=f"{figure_id}: {title}",
        caption="Grey: annotated people. Colour: found poses. Image ids by rule: the "
        "worst eight of the mean best OKS of an image's people, then fixed quantiles "
        "of it. No pixels are shown.",
        image=data_uri(draw_gallery(choices, num_columns=4), "png"),
        narrow_image=data_uri(draw_gallery(choices, num_columns=2), "png"),
        csv_name=f"{figure_id.replace('/', '-')}.csv",
        csv_text=gallery_csv(choices),
    )


def draw_gallery(choices: Sequence[Choice], *, num_columns: int) -> bytes:
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
    panel.set_xlim(0, record.width)
    panel.set_ylim(record.height, 0)
    panel.set_aspect("equal")
    panel.grid(visible=False)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_facecolor("#fbfcfd")
    for side in ("top", "right"):
        panel.spines[side].set_visible(True)
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


def gallery_csv(choices: Sequence[Choice]) -> str:
    """One line an image."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["image_id", "why", "score", "people", "poses"])
    for choice in choices:
        people = len(choice.record.keypoints)
        score = f"{choice.score:.4f}"
        image_id = choice.record.image_id
        writer.writerow([image_id, choice.why, score, people, len(choice.poses)])
    return buffer.getvalue()
