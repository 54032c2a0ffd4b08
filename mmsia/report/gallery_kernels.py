"""A figure of the kernels that SIA-GCN learned, one small picture for each edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery_kernels import LAYER, EdgeKernels, load_kernels, peak_taps
from mmsia.bench.gallery_weights import head_weights
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import figure_words, run_of, seed_note
from mmsia.report.pictures import STYLE, data_uri, save_png

_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
NODES = ("wrist", *(f"{name}{part}" for name in _FINGERS for part in range(1, 5)))
"""Names of MMPose's hand data sets."""
SHORT = ("W", *(f"{letter}{part}" for letter in "TFMRP" for part in range(1, 5)))
_INCH, _SCALE = 0.9, 0.55
"""Width of a picture with its gap, and height of the scale below."""
_GAP, _TITLE = 0.12, 0.32
"""Gaps beside and above, in sizes of a kernel."""
_COLOURS, _NUM_COLOURS = "RdBu_r", 101


def kernels_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """All kernels of the first layer and the head that counts most.

    Args:
        recipe: Whose weights.
        state: What came of the table.
        store: Runs with their predictions, and the trainings behind them.

    Raises:
        DataError: If the weights are not at hand any more, or have no such kernels.
    """
    run = run_of(state, recipe.row, store)
    kernels = load_kernels(store, run, head_weights(store.predictions(run.key)))
    return Figure(
        caption=f"Row {recipe.row}, layer {LAYER}, head {kernels.head + 1}, by rule "
        f"{kernels.why}. All edges from → to; W: wrist; T, F, M, R, P: thumb to pinky, "
        "1 the knuckle, 4 the tip. Twelve a finger: outwards, inwards, loops; the "
        "wrist's loop comes last. One scale for all, zero white; it ends "
        "where 99.5 % of all taps are nearer to zero. A tap right of the middle takes "
        f"from cells to the right.{seed_note(state, recipe.row)}",
        image=data_uri(draw_kernels(kernels, num_columns=12), "png"),
        narrow_image=data_uri(draw_kernels(kernels, num_columns=4), "png"),
        csv_text=kernels_csv(kernels),
        **figure_words(recipe),
    )


def draw_kernels(kernels: EdgeKernels, *, num_columns: int) -> bytes:
    """The picture as PNG, the same bytes for the same kernels.

    Args:
        kernels: One small picture each, in their order.
        num_columns: Pictures beside each other.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    num_edges, size, _ = kernels.taps.shape
    across, down = size * (1 + _GAP), size * (1 + _TITLE)
    num_rows = -(-num_edges // num_columns)
    limits = (-size * _GAP, num_columns * across, num_rows * down, -size * _TITLE)
    tap = _INCH / across
    width, height = (tap * (limits[1] - limits[0]), tap * (limits[2] - limits[3]))
    with matplotlib.rc_context(fname=STYLE):
        # laid out by hand: kernels to one scale, nothing to arrange
        canvas = Canvas(figsize=(width, height + _SCALE), dpi=110, layout="none")
        bottom = _SCALE / (height + _SCALE)
        panel = canvas.add_axes((0, bottom, 1, 1 - bottom))
        panel.axis(limits)
        panel.set_axis_off()
        limit = kernels.limit
        for place, (edge, taps) in enumerate(
            zip(kernels.edges, kernels.taps, strict=True)
        ):
            row, column = divmod(place, num_columns)
            corner = column * across, row * down
            picture = _draw_kernel(panel, corner, taps, limit)
            _name_edge(panel, (corner[0] + size / 2, corner[1]), edge)
        _draw_scale(canvas.add_axes((0.2, 0.6 * bottom, 0.6, 0.25 * bottom)), picture)
        return save_png(canvas)


def _draw_kernel(
    panel: Any, corner: tuple[float, float], taps: np.ndarray, limit: float
) -> Any:
    """One kernel, a unit of the panel to a tap."""
    import matplotlib
    from matplotlib.patches import Rectangle

    (left, top), size = corner, len(taps)
    panel.add_patch(
        Rectangle(corner, size, size, fill=False, edgecolor="#9aa4af", linewidth=0.8)
    )
    return panel.imshow(
        taps,
        cmap=matplotlib.colormaps[_COLOURS].resampled(_NUM_COLOURS),
        vmin=-limit,
        vmax=limit,
        extent=(left, left + size, top + size, top),
        interpolation="nearest",
        aspect="auto",
    )


def _name_edge(panel: Any, place: tuple[float, float], edge: Sequence[int]) -> None:
    name = "→".join(SHORT[node] for node in edge)
    panel.annotate(
        name, place, (0, 2), textcoords="offset points", ha="center", fontsize=7
    )


def _draw_scale(panel: Any, picture: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    options = {"orientation": "horizontal", "extend": "both"}
    panel.figure.colorbar(picture, cax=panel, ticks=MaxNLocator(4), **options)
    panel.tick_params(labelsize=7)
    panel.grid(visible=False)


def kernels_csv(kernels: EdgeKernels) -> str:
    """One line an edge: sum, norm, and the tap farthest from zero.

    Args:
        kernels: The kernels.
    """
    peaks = peak_taps(kernels.taps)
    return csv_text(
        ("layer", "head", "from", "to", "sum", "norm", "peak", "peak_x", "peak_y"),
        (
            (
                *(LAYER, kernels.head + 1, NODES[source], NODES[destination]),
                f"{taps.sum():.6g}",
                f"{(taps**2).sum() ** 0.5:.6g}",
                f"{peak:.6g}",
                *(int(column), int(row)),
            )
            for (source, destination), taps, (peak, column, row) in zip(
                kernels.edges, kernels.taps, peaks, strict=True
            )
        ),
    )
