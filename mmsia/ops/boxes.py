"""Boxes corrected by centre lines (CGANet, Center Line Branch, Algorithm 1, Eq. 4).

Boxes are (x1, y1, x2, y2) in input pixels; cell u of a map lies at pixel `stride * u`,
as the targets are drawn (mmsia/ops/center_lines.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmsia.errors import InputError

OUTWARD = np.array([[-1.0], [-1.0], [1.0], [1.0]])
"""Which way each boundary moves when a box grows."""

MAX_REACH = 4096
"""Cells that a boundary may move; a box that asks for more is no box of an image."""


def dichotomy_extend(
    boxes: np.ndarray,
    line_x: np.ndarray,
    line_y: np.ndarray,
    ratio: float = 0.09,
    thr: float = 0.08,
    iters: int = 10,
    *,
    stride: int = 4,
    as_printed: bool = False,
) -> np.ndarray:
    """Move each boundary out to where the person's centre line ends (Algorithm 1).

    A boundary starts half of `ratio` outside of the coarse box and is moved by half as
    much in every iteration: outwards where the line map is above `thr`, else inwards.
    Top and bottom look at `line_y` on the box's vertical axis, left and right at
    `line_x` on its horizontal one; all boundaries of all boxes move at once.

    paper silent: all four start from the coarse box, and maps are read bilinearly,
    beyond their edge as at the edge.

    Args:
        boxes: (N, 4) pixels.
        line_x: (h, w) horizontal centre lines, in [0, 1].
        line_y: (h, w) vertical centre lines.
        ratio: Largest extension of a boundary, over the box's side.
        thr: Of the line maps.
        iters: How often the step is halved; as printed, the loop runs once more.
        stride: Pixels a cell.
        as_printed: The algorithm's own sign: outwards where the line has ended, which
            moves boundaries away from people.

    Returns:
        (N, 4) float64 pixels.

    Raises:
        InputError: Boxes or maps of other shapes, or that are no numbers where they
            are read; boxes far larger than any image.
    """
    # boundaries first and contiguous: twice as fast as the boxes' own order
    edges = np.ascontiguousarray(_check_boxes(boxes).T) / stride
    _check_maps(line_x, line_y)
    reach = ratio * _sides(edges)
    first, values = _read_reach(edges, reach, line_x, line_y)
    pieces = values.shape[2] - 1
    slopes = values[:, :, 1:] - values[:, :, :-1]
    # each linear piece as a function of the distance from its window's first cell
    starts = (values[:, :, :-1] - slopes * np.arange(pieces)).ravel()
    slopes = slopes.ravel()
    window = (np.arange(edges.size) * pieces).reshape(edges.shape)
    step = OUTWARD / 2 * reach
    position = edges - first + step
    if as_printed:
        step = -step
    for _ in range(iters):
        step *= 0.5
        piece = position.astype(np.intp)
        piece += window
        value = slopes.take(piece)
        value *= position
        value += starts.take(piece)
        position += np.where(value > thr, step, -step)
    return (position + first).T * stride


def _sides(edges: np.ndarray) -> np.ndarray:
    """Width, height, width and height of boxes (4, N); at least 0."""
    size = np.maximum(edges[2:] - edges[:2], 0)
    return np.concatenate([size, size])


def _read_reach(
    edges: np.ndarray, reach: np.ndarray, line_x: np.ndarray, line_y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Read what each boundary may come by.

    Args:
        edges: (4, N) boundaries in cells.
        reach: (4, N) how far they may move outwards, cells.
        line_x: (h, w) map that the left and the right boundary look at.
        line_y: (h, w) map that the upper and the lower one look at.

    Returns:
        (4, N) the first cell of each window, and (4, N, n) values from there on.
    """
    furthest = reach.max(initial=0)
    if furthest > MAX_REACH:
        raise InputError(
            "boxes",
            expected=f"boundaries that may move by {MAX_REACH} cells at most",
            got=f"{furthest:.4g} cells",
            remedy="Clip boxes to the image first",
        )
    first = np.floor(edges - reach * (OUTWARD < 0))
    axis = (edges[1::-1] + edges[3:1:-1]) / 2
    # a cell on either side, one for a boundary between cells, one for rounding
    values = _read_windows(first, int(furthest) + 4, axis, line_x, line_y)
    if not np.isfinite(values).all():
        raise InputError(
            "centre line maps",
            expected="finite numbers",
            got="NaN or inf",
            remedy="Look for a diverged training or a half-precision overflow",
        )
    return first, values


def _read_windows(
    first: np.ndarray,
    number: int,
    axis: np.ndarray,
    line_x: np.ndarray,
    line_y: np.ndarray,
) -> np.ndarray:
    """Read (4, N, number) values along the axes (2, N) of boxes, y then x."""
    height, width = line_x.shape
    end = np.array([[width - 1], [height - 1]] * 2)
    along, across = np.array([[1], [width]] * 2), np.array([[width], [1]] * 2)
    axis = np.minimum(np.maximum(axis, 0), end[1::-1])
    axis = np.concatenate([axis, axis])
    row = axis.astype(np.intp)
    begin = row * across
    begin[1::2] += line_x.size
    cells = first.astype(np.intp)[:, :, None] + np.arange(number)
    np.minimum(np.maximum(cells, 0, out=cells), end[:, :, None], out=cells)
    cells *= along[:, :, None]
    cells += begin[:, :, None]
    # one array of both maps: a call on a few hundred numbers costs as one on ten
    maps = np.concatenate([line_x.ravel(), line_y.ravel()])
    values = maps.take(cells).astype(np.float64)
    cells += ((row < end[::-1]) * across)[:, :, None]
    # infinity times zero is for the caller to find
    with np.errstate(invalid="ignore"):
        values += (maps.take(cells) - values) * (axis - row)[:, :, None]
    return values


def extend_boxes(boxes: np.ndarray, ratio: float) -> np.ndarray:
    """Move every boundary outwards by a fixed share of the box's side.

    The baseline "Fixed Extend Area" of Table 1.

    Args:
        boxes: (N, 4) pixels.
        ratio: Extension of a boundary over the box's side.

    Returns:
        (N, 4) float64 pixels.

    Raises:
        InputError: Boxes of another shape, or that are no numbers.
    """
    edges = _check_boxes(boxes).T
    return (edges + ratio * OUTWARD * _sides(edges)).T


def alleviate_ambiguity(
    center: Any, line_x: Any, line_y: Any, alpha: float = 1.0, beta: float = 0.5
) -> Any:
    """Weaken centres that lie on no pair of centre lines (Eq. 4).

    paper silent: alpha and beta.

    Args:
        center: Centre heatmap in [0, 1], an array or tensor of any shape.
        line_x: Horizontal centre lines, of the same shape.
        line_y: Vertical centre lines, of the same shape.
        alpha: Exponent of the heatmap.
        beta: Exponent of the lines' product.
    """
    return center**alpha * (line_x * line_y) ** beta


def _check_boxes(boxes: np.ndarray) -> np.ndarray:
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise InputError(
            "boxes",
            expected="finite numbers of shape (N, 4)",
            got=f"shape {boxes.shape}, {np.isfinite(boxes).sum()} finite numbers",
        )
    return boxes


def _check_maps(line_x: np.ndarray, line_y: np.ndarray) -> None:
    if line_x.ndim != 2 or line_x.shape != line_y.shape or not line_x.size:
        raise InputError(
            "centre line maps",
            expected="two of shape (h, w)",
            got=f"{line_x.shape} and {line_y.shape}",
        )
