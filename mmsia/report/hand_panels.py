"""Panels with a hand each: where it is, and five coloured fingers as found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mmsia.bench.gallery_hands import FoundHand, HandChoice
from mmsia.ops.graphs import HAND_LINKS
from mmsia.report.pictures import STYLE, empty_panel, save_png

_BONES = np.array(HAND_LINKS)
_LINE = 1.5
_ON_PAPER = (("#9aa4af", 3 * _LINE),)
_ON_PIXELS = (("#24292f", 2 * _LINE + 1), ("#ffffff", 2 * _LINE))
"""Colours and widths of the annotated hand: over pixels a white one with a rim."""
_GREYS = 32


class Backdrop(NamedTuple):
    """An image that may be shown.

    Attributes:
        grey: (h, w) uint8, no finer than a panel shows.
        size: (w, h) of the image, pixels.
    """

    grey: np.ndarray
    size: tuple[int, int]


def draw_hands(
    choices: Sequence[HandChoice],
    rows: Sequence[str],
    *,
    num_columns: int,
    backdrops: Mapping[int, Backdrop],
) -> bytes:
    """The picture as PNG, the same bytes for the same choices.

    Args:
        choices: A column of panels each, one panel a row.
        rows: Ids of the rows, from top to bottom.
        num_columns: Hands beside each other.
        backdrops: Image id -> what to draw behind, where anything may be.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    blocks = -(-len(choices) // num_columns)
    shape = (blocks * len(rows), num_columns)
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(2.1 * shape[1], 2.35 * shape[0]), dpi=110)
        panels = canvas.subplots(*shape, squeeze=False)
        # (hands, rows)
        panels = panels.reshape(blocks, len(rows), num_columns).swapaxes(1, 2)
        panels = panels.reshape(-1, len(rows))
        for panel in panels[len(choices) :].ravel():
            panel.set_axis_off()
        for choice, column in zip(choices, panels, strict=False):
            for panel, row, found in zip(column, rows, choice.found, strict=True):
                _draw_crop(panel, choice, backdrops.get(choice.image_id))
                _draw_found(panel, found)
                panel.set_title(_panel_title(choice, row, found, rows), fontsize=8)
        return save_png(canvas)


def _panel_title(
    choice: HandChoice, row: str, found: FoundHand, rows: Sequence[str]
) -> str:
    value = f"{100 * found.distance:.1f} %"
    if row != rows[0]:
        return f"{row}: {value}"
    first = f"{choice.why}, hand {choice.hand_id}"
    return f"{first}\n{row}: {value}" if rows[1:] else f"{first}: {value}"


def _draw_crop(panel: Any, choice: HandChoice, image: Backdrop | None) -> None:
    """The crop's frame, its pixels if they may be shown, and the annotated hand."""
    import matplotlib

    low, high = choice.center - choice.side / 2, choice.center + choice.side / 2
    empty_panel(panel, (low[0], high[0]), (low[1], high[1]))
    if image is not None:
        width, height = image.size
        panel.imshow(
            image.grey,
            cmap=matplotlib.colormaps["gray"].resampled(_GREYS),
            # black comes out as a grey on which lines still show
            vmin=-60,
            vmax=255,
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),
            interpolation="bilinear",
        )
    for colour, width in _ON_PAPER if image is None else _ON_PIXELS:
        _draw_hand(panel, choice.keypoints, choice.labelled, [colour] * 20, width)


def _draw_found(panel: Any, found: FoundHand) -> None:
    known = np.isfinite(found.keypoints).all(axis=1)
    colours = [f"C{finger}" for finger in range(5) for _ in range(4)]
    _draw_hand(panel, found.keypoints, known, colours, _LINE, dots=2.5)


def _draw_hand(
    panel: Any,
    points: np.ndarray,
    known: np.ndarray,
    colours: Sequence[str],
    width: float,
    dots: float = 1.0,
) -> None:
    """Bones whose ends are both known, and a dot at the outer end of each bone.

    `width` is in points, `dots` is the size of a dot beside it.
    """
    from matplotlib.collections import LineCollection

    bones = np.flatnonzero(known[_BONES].all(axis=1))
    own = [colours[bone] for bone in bones]
    lines = points[_BONES[bones]]
    panel.add_collection(
        LineCollection(lines, colors=own, linewidths=width, capstyle="round"),
        autolim=False,
    )
    tips = np.flatnonzero(known[_BONES[:, 1]])
    panel.scatter(
        *points[_BONES[tips, 1]].T,
        s=(dots * width) ** 2,
        c=[colours[bone] for bone in tips],
        linewidths=0,
        zorder=2,
    )
