"""Pictures as every figure of a report needs them: one style, embedded, repeatable."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
STYLE = Path(__file__).with_name("plots.mplstyle")


def save_svg(canvas: Any) -> bytes:
    """Write a matplotlib figure as SVG; without a date, the same file each time.

    Args:
        canvas: A `matplotlib.figure.Figure`.
    """
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def save_png(canvas: Any) -> bytes:
    """Write a matplotlib figure as PNG of 256 colours, the same file each time.

    A report holds its pictures: this takes a third of the space of all colours.

    Args:
        canvas: A `matplotlib.figure.Figure`.
    """
    from PIL import Image

    drawn, packed = io.BytesIO(), io.BytesIO()
    canvas.savefig(drawn, format="png")
    with Image.open(drawn) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(packed, "png", optimize=True)
    return packed.getvalue()


_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def data_uri(picture: bytes, kind: str = "svg") -> str:
    """A picture as the address of an image in the page.

    Args:
        picture: The file's bytes.
        kind: `svg` or `png`.
    """
    return f"data:{_TYPES[kind]};base64,{base64.b64encode(picture).decode()}"


def draw_pairs(
    items: Sequence[Item],
    draw: Callable[[Any, Any, Item], None],
    *,
    num_columns: int,
    height: float,
) -> bytes:
    """A picture with two panels for each item, one below the other, as PNG.

    Args:
        items: What is shown.
        draw: Takes the upper panel, the lower one and the item.
        num_columns: Items beside each other.
        height: Of a pair, inches.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    num_rows = max(1, -(-len(items) // num_columns))
    with matplotlib.rc_context(fname=STYLE):
        canvas = Canvas(figsize=(2.6 * num_columns, height * num_rows), dpi=110)
        panels = canvas.subplots(2 * num_rows, num_columns, squeeze=False)
        for panel in panels.ravel():
            panel.set_axis_off()
        for place, item in enumerate(items):
            row, column = divmod(place, num_columns)
            draw(*panels[2 * row : 2 * row + 2, column], item)
        return save_png(canvas)


def empty_panel(
    panel: Any, across: tuple[float, float], down: tuple[float, float]
) -> None:
    """Make a panel a piece of an image's plane: one scale, no ticks, a frame.

    Args:
        panel: A matplotlib `Axes`.
        across: From left to right, pixels of the image.
        down: From top to bottom.
    """
    panel.set_xlim(*across)
    panel.set_ylim(*down[::-1])
    panel.set_aspect("equal")
    panel.grid(visible=False)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_facecolor("#fbfcfd")
    for side in ("top", "right"):
        panel.spines[side].set_visible(True)
