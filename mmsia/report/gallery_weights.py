"""A figure of how the pointer network weighed the heads on each image."""

from __future__ import annotations

import numpy as np

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.gallery_weights import HeadWeights, head_weights
from mmsia.bench.session import TableState
from mmsia.bench.store import Store
from mmsia.errors import DataError
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.gallery_source import figure_words, run_of, seed_note
from mmsia.report.pictures import STYLE, data_uri, save_png


def weights_figure(recipe: FigureRecipe, state: TableState, store: Store) -> Figure:
    """The weights of all heads on all images, and their means.

    Args:
        recipe: Whose predictions.
        state: What came of the table.
        store: Runs with their predictions.

    Raises:
        DataError: If the predictions tell no weights.
    """
    run = run_of(state, recipe.row, store)
    found = head_weights(store.predictions(run.key))
    if found is None:
        raise DataError(
            f"weights of the heads in the run {run.key}",
            expected="head_weights of every hand",
            got="none",
            remedy="Predictions of earlier versions lack them: make the run again",
        )
    return Figure(
        caption=f"{_caption(found, recipe.row)}{seed_note(state, recipe.row)}",
        image=data_uri(draw_weights(found), "png"),
        narrow_image=data_uri(draw_weights(found, narrow=True), "png"),
        csv_text=weights_csv(found),
        **figure_words(recipe),
    )


def _caption(found: HeadWeights, row: str) -> str:
    num_images, num_heads = found.weights.shape
    means = found.weights.mean(axis=0)
    listed = ", ".join(f"{mean:.3f}" for mean in means)
    return (
        f"Row {row}, {num_images} hands, ordered by their strongest head, then by its "
        f"weight. Means of heads 1 to {num_heads}: {listed} (dashed: all alike). "
        f"Entropy of a hand's weights, over that of equal ones: "
        f"{found.evenness.mean():.3f} on average, {found.evenness.min():.3f} at least."
    )


def draw_weights(found: HeadWeights, *, narrow: bool = False) -> bytes:
    """The picture as PNG, the same bytes for the same weights.

    Args:
        found: The weights.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    num_images, num_heads = found.weights.shape
    heads = np.arange(1, num_heads + 1)
    height = 1.2 + 0.22 * num_heads
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(4.2, 2 * height) if narrow else (9, height), dpi=110)
        shape = (2, 1) if narrow else (1, 2)
        ratios = {} if narrow else {"width_ratios": (3, 1)}
        panel, means = canvas.subplots(*shape, **ratios)
        picture = panel.imshow(
            found.weights[found.by_head()].T,
            aspect="auto",
            cmap="cividis",
            vmin=0,
            extent=(0.5, num_images + 0.5, num_heads + 0.5, 0.5),
        )
        panel.grid(visible=False)
        panel.set(xlabel="hands, by strongest head", ylabel="head", yticks=heads)
        panel.xaxis.get_major_locator().set_params(integer=True)
        canvas.colorbar(picture, ax=panel, label="weight")
        means.barh(heads, found.weights.mean(axis=0), color="C0")
        means.axvline(1 / num_heads, color="C6", linestyle="--", linewidth=1, marker="")
        means.set(xlabel="mean weight", yticks=heads, axisbelow=True)
        means.grid(visible=False, axis="y")
        means.set_ylim(num_heads + 0.5, 0.5)
        return save_png(canvas)


def weights_csv(found: HeadWeights) -> str:
    """One line a hand, in the order of the picture.

    Args:
        found: The weights.
    """
    heads = range(1, found.weights.shape[1] + 1)
    order = found.by_head()
    return csv_text(
        ("hand_id", "image_id", *(f"head_{head}" for head in heads), "evenness"),
        (
            (
                *(found.hand_ids[index], found.image_ids[index]),
                *(f"{weight:.6f}" for weight in found.weights[index]),
                f"{found.evenness[index]:.6f}",
            )
            for index in order
        ),
    )
