"""Pictures as every figure of a report needs them: one style, embedded, repeatable."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

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
