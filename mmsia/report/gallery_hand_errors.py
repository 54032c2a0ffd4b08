"""A figure of hands' errors over their overlap: estimates of a row, and all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery_hand_errors import HandErrorCurves, hand_error_curves
from mmsia.bench.scoring.choose import scoring_named
from mmsia.bench.scoring.hand_mesh import HandMesh
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.errors import DataError
from mmsia.evaluation.hand_overlap import OverlapBin
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import annotations_of, figure_words, run_of
from mmsia.report.legends import lay_out, put_legend
from mmsia.report.pictures import STYLE, data_uri, save_svg

_SHOWN = "mpjpe"
_COLUMNS = (
    *("curve", "metric", "overlap_from", "overlap_to"),
    *("images", "mean", "low", "high"),
)


def hand_errors_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """Errors over overlap of all rows that were run.

    Args:
        recipe: Whose estimates are shown beside the rows.
        state: What came of the table.
        store: Runs with their predictions.

    Raises:
        DataError: If the annotations have moved, or runs looked at other images.
    """
    run = run_of(state, recipe.row, store)
    scoring = scoring_named(run.result.get("scoring"))
    if not isinstance(scoring, HandMesh):
        raise DataError(f"the run {run.key}", expected="hand meshes", got="others")
    keys = {
        row: [key for key in entry.runs if store.load(key) is not None]
        for row, entry in state.rows.items()
        if entry.status is Status.DONE and entry.runs
    }
    rows = {
        row: [store.predictions(key) for key in own] for row, own in keys.items() if own
    }
    found = hand_error_curves(
        scoring.open(annotations_of(state)),
        scoring,
        rows[recipe.row],
        rows,
        run.result["image_ids"],
    )
    return Figure(
        caption=_caption(found, recipe.row, len(rows[recipe.row])),
        image=data_uri(draw_hand_errors(found, recipe.row)),
        narrow_image=data_uri(draw_hand_errors(found, recipe.row, narrow=True)),
        csv_text=hand_errors_csv(found, recipe.row),
        **figure_words(recipe),
    )


def _caption(found: HandErrorCurves, row: str, num_seeds: int) -> str:
    sizes = ", ".join(str(own.num_images) for own in found.estimates[_SHOWN])
    seeds = f", mean of {num_seeds} seeds" if num_seeds > 1 else ""
    return (
        f"MPJPE of {found.num_images} images{seeds}, by the overlap of the two true "
        "hands' silhouettes: pixels in both over pixels in either. Images without any "
        f"are a point of their own, the others are dealt evenly (images: {sizes}). "
        f"First: estimates of {row}, shaded: 95 % interval over images. Second: the "
        "answers of all rows."
    )


def draw_hand_errors(
    found: HandErrorCurves, row: str, *, narrow: bool = False
) -> bytes:
    """The picture as SVG, the same bytes for the same curves.

    Args:
        found: The curves.
        row: Whose estimates they are.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    rows = found.rows[_SHOWN]
    with matplotlib.rc_context(fname=STYLE):
        width, height = (4.2, 7.5) if narrow else (9, 4)
        legend = lay_out(list(rows[0].means), width)
        canvas = Canvas(figsize=(width, height + legend.height))
        panels = canvas.subplots(*((2, 1) if narrow else (1, 2)), sharey=True)
        _curves(panels[0], found.estimates[_SHOWN], f"estimates of {row}", shade=True)
        panels[0].legend(fontsize="x-small")
        _curves(panels[1], rows, "rows", shade=False)
        put_legend(canvas, panels[1], legend)
        panels[0].set_ylabel("MPJPE (mm)")
        if narrow:
            panels[1].set_ylabel("MPJPE (mm)")
        return save_svg(canvas)


def _curves(panel: Any, bins: Sequence[OverlapBin], title: str, *, shade: bool) -> None:
    places = [own.middle for own in bins]
    for name in bins[0].means:
        (line,) = panel.plot(places, [own.means[name] for own in bins], label=name)
        if shade:
            low, high = zip(*(own.intervals[name] for own in bins), strict=True)
            panel.fill_between(
                places, low, high, color=line.get_color(), alpha=0.15, linewidth=0
            )
    panel.set(xlabel="overlap of the hands", title=title)


def hand_errors_csv(found: HandErrorCurves, row: str) -> str:
    """One line a curve, metric and bin.

    Args:
        found: The curves.
        row: Whose estimates they are.
    """
    groups = [(f"{row}: ", found.estimates), ("", found.rows)]
    return csv_text(
        _COLUMNS,
        (
            (
                f"{prefix}{name}",
                metric,
                f"{own.low:.4f}",
                f"{own.high:.4f}",
                own.num_images,
                *(f"{v:.4f}" for v in (own.means[name], *own.intervals[name])),
            )
            for prefix, curves in groups
            for metric, bins in curves.items()
            for name in bins[0].means
            for own in bins
        ),
    )
