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
    """Write a matplotlib figure as PNG, the same file each time.

    Args:
        canvas: A `matplotlib.figure.Figure`.
    """
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def data_uri(picture: bytes, kind: str = "svg") -> str:
    """A picture as the address of an image in the page.

    Args:
        picture: The file's bytes.
        kind: `svg` or `png`.
    """
    return f"data:{_TYPES[kind]};base64,{base64.b64encode(picture).decode()}"
