"""Draws a diagram a method: `python docs/figures/draw.py` makes docs/figures/*.svg.

What stands in them is `methods.yaml`; here is only how it is laid out. Text is text, in
a font that every browser has, and the ground is light whatever the page around it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import yaml

from mmsia.files import write_text_atomic

FOLDER = Path(__file__).resolve().parent
WIDTH, MARGIN, GAP, LINE = 560, 12, 32, 18
NAME_SIZE, NOTE_SIZE = 15, 13.5
KINDS = {
    "data": ("#000000", "#f3f3f3", "in and out"),
    "trained": ("#0072b2", "#dceefa", "trained"),
    "rule": ("#e69f00", "#fdf1d6", "computed, or read from buffers"),
    "training": ("#009e73", "#dff5ee", "while training only"),
}
"""Stroke (Okabe-Ito), fill and what the legend says; `training` is also dashed."""
STYLE = f"""<style>
text {{ font-family: 'DejaVu Sans', Verdana, sans-serif; font-size: {NOTE_SIZE}px;
  fill: #222; text-anchor: middle }}
.name {{ font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace;
  font-size: {NAME_SIZE}px; fill: #000 }}
.head {{ font-size: {NAME_SIZE}px; font-weight: bold; fill: #000 }}
.legend {{ text-anchor: start; font-size: 12.5px }}
path {{ stroke: #444; stroke-width: 1.6; fill: none }}
.dashed {{ stroke-dasharray: 5 3 }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"
  markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
<path d="M0 0 L8 4 L0 8 z" style="fill: #444; stroke: none"/></marker></defs>"""


class Box:
    """A box of a diagram, and where it stands."""

    def __init__(self, said: dict[str, Any], x: float, y: float, width: float) -> None:
        self.kind = said["kind"]
        self.lines = [("head", said["head"])] if "head" in said else []
        self.lines += [("name", name) for name in said.get("names", [])]
        self.lines += [("note", str(note)) for note in said.get("note", [])]
        self.x, self.y, self.width = x, y, width
        self.height = LINE * len(self.lines) + 14.0
        self.above = self.below = 0.0

    @property
    def top(self) -> float:
        """Where arrows from other rows meet it, or the frame around its row."""
        return self.y - self.above

    @property
    def bottom(self) -> float:
        """As `top`."""
        return self.y + self.height + self.below

    def draw(self) -> list[str]:
        """Lines of SVG, text in the middle."""
        middle = self.x + self.width / 2
        top = self.y + (self.height - LINE * len(self.lines)) / 2 + 13
        return [
            _rectangle(self.kind, self.x, self.y, self.width, self.height),
            *(
                f'<text class="{style}" x="{middle:g}" y="{top + LINE * number:g}">'
                f"{escape(text)}</text>"
                for number, (style, text) in enumerate(self.lines)
            ),
        ]


def draw_method(method: dict[str, Any]) -> str:
    """SVG of a method.

    Args:
        method: `title`, `rows` of boxes and `arrows`, as in `methods.yaml`.
    """
    boxes: dict[str, Box] = {}
    y = float(MARGIN)
    frames: list[str] = []
    for row in method["rows"]:
        framed = [said["frame"] for said in row if _is_box(said) and "frame" in said]
        y += 20 if framed else 0
        placed = _place(row, y)
        height = max(box.height for box in placed.values())
        for box in placed.values():
            box.height = height
            box.above, box.below = (26, 8) if framed else (0, 0)
        if framed:
            frames += _frame(framed[0], y, height)
        boxes |= placed
        y += height + GAP + (6 if framed else 0)
    drawn = frames + [line for box in boxes.values() for line in box.draw()]
    drawn += [_arrow(boxes[a], boxes[b], *at) for a, b, *at in method["arrows"]]
    drawn += _legend(y - 6)
    height = y + 2 * LINE + MARGIN
    title = escape(method["title"])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}"',
            f' width="{WIDTH}" height="{height:g}" role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            STYLE,
            f'<rect width="{WIDTH}" height="{height:g}" rx="8" fill="#fff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _is_box(said: Any) -> bool:
    return isinstance(said, dict)


def _place(row: list[Any], y: float) -> dict[str, Box]:
    """Boxes of a row beside each other; numbers and nulls are left empty."""
    weights = [
        said.get("w", 1.0) if _is_box(said) else 1.0 if said is None else said
        for said in row
    ]
    unit = (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / sum(weights)
    boxes, x = {}, float(MARGIN)
    for said, weight in zip(row, weights, strict=True):
        if _is_box(said):
            boxes[said["id"]] = Box(said, round(x, 1), y, round(unit * weight, 1))
        x += unit * weight + GAP
    return boxes


def _rectangle(kind: str, x: float, y: float, width: float, height: float) -> str:
    stroke, fill, _ = KINDS[kind]
    dashed = ' class="dashed"' if kind == "training" else ""
    return (
        f'<rect{dashed} x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'rx="6" fill="{fill}" stroke="{stroke}" stroke-width="2"/>'
    )


def _frame(text: str, y: float, height: float) -> list[str]:
    return [
        f'<rect x="4" y="{y - 26:g}" width="{WIDTH - 8}" height="{height + 34:g}" '
        'rx="8" fill="#fff" stroke="#888" stroke-width="1.2"/>',
        f'<text x="{WIDTH / 2:g}" y="{y - 9:g}">{escape(text)}</text>',
    ]


def _arrow(start: Box, end: Box, at: float | None = None) -> str:
    """Straight, from side to side in a row, else up or down where both stand."""
    if start.y == end.y:
        y = start.y + start.height / 2
        forward = start.x < end.x
        x1 = start.x + start.width if forward else start.x
        x2 = end.x if forward else end.x + end.width
        route = f"M{x1:g} {y:g} H{x2 - 1 if forward else x2 + 1:g}"
    else:
        left = max(start.x, end.x)
        right = min(start.x + start.width, end.x + end.width)
        down = start.y < end.y
        y1 = start.bottom if down else start.top
        y2 = end.top if down else end.bottom
        x = (left + right) / 2 if at is None else at
        route = f"M{x:g} {y1:g} V{y2 - 1 if down else y2 + 1:g}"
    dashed = "training" in (start.kind, end.kind)
    style = ' class="dashed"' if dashed else ""
    return f'<path{style} d="{route}" marker-end="url(#tip)"/>'


def _legend(y: float) -> list[str]:
    """Two by two: what the colours mean."""
    lines = []
    for number, (kind, (_, _, text)) in enumerate(KINDS.items()):
        x = MARGIN + (number % 2) * WIDTH / 2
        top = y + (number // 2) * (LINE + 4)
        lines += [
            _rectangle(kind, x, top, 22, 14),
            f'<text class="legend" x="{x + 30:g}" y="{top + 12:g}">{text}</text>',
        ]
    return lines


def draw_all() -> dict[str, str]:
    """SVG of every method, by its key."""
    said = yaml.safe_load((FOLDER / "methods.yaml").read_text(encoding="utf-8"))
    return {key: draw_method(method) for key, method in said.items()}


if __name__ == "__main__":
    for key, svg in draw_all().items():
        write_text_atomic(FOLDER / f"{key}.svg", svg)
