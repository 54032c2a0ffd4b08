"""Centre lines of boxes as maps (CGANet, Center Line Regression).

Cell u of a map with stride s stands for position u of the box divided by s, as the
paper's floors have it, without a half-pixel shift.
"""

from __future__ import annotations

import numpy as np

from mmsia.errors import InputError


def box_radius(size: np.ndarray, min_iou: float) -> np.ndarray:
    """How far both corners of a box may move the same way (paper's r).

    The smaller root of r^2 - b r + c = 0, at which the moved box still overlaps with
    an intersection over union of `min_iou`.

    Args:
        size: (N, 2) width and height.
        min_iou: Above 0, at most 1.

    Returns:
        (N,) in the unit of `size`.
    """
    width, height = np.asarray(size, dtype=np.float64).T
    b = width + height
    c = width * height * (1 - min_iou) / (1 + min_iou)
    return (b - np.sqrt(b * b - 4 * c)) / 2


def line_width(radius: np.ndarray) -> np.ndarray:
    """Width d of a centre line in cells, (N,) int64.

    The paper's floor(r / 6 + 0.5) draws nothing for radii below 3: at least 1 here.

    Args:
        radius: (N,) cells.
    """
    return np.maximum(np.floor(radius / 6 + 0.5), 1).astype(np.int64)


def draw_center_lines(
    boxes: np.ndarray,
    map_size: tuple[int, int],
    stride: int = 4,
    sigma: float = 1.4,
    min_iou: float = 0.3,
) -> np.ndarray:
    """Draw the horizontal and the vertical centre line of each box.

    A line is made of the whole cells between two ends of a box, d wide around the cell
    of its centre; a cell of the map has the Gaussian of its distance to the nearest
    cell of any line.

    paper silent: the largest counts where lines meet; a line of even width has its
    additional cell to the right or below; a box between two cells has one cell.

    Args:
        boxes: (N, 4) xyxy pixels.
        map_size: (w, h) cells.
        stride: Pixels a cell.
        sigma: Standard deviation in cells.
        min_iou: Of `box_radius`, which sets d.

    Returns:
        (2, h, w) float32 in [0, 1]: horizontal lines M_x, vertical lines M_y.

    Raises:
        InputError: Boxes of another shape, or that are no numbers.
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise InputError(
            "boxes",
            expected="finite numbers of shape (N, 4)",
            got=f"shape {boxes.shape}, {np.isfinite(boxes).sum()} finite numbers",
        )
    low, high = boxes[:, :2] / stride, boxes[:, 2:] / stride
    centre = np.floor((low + high) / 2)
    width = line_width(box_radius(np.maximum(high - low, 0), min_iou))[:, None]
    # first and last cell of a line: along it, and across it
    ends = np.ceil(low), np.floor(high)
    between = ends[0] > ends[1]
    along = tuple(np.where(between, centre, end) for end in ends)
    across = centre - (width - 1) // 2, centre + width // 2
    near = _fall_off(*along, map_size, sigma), _fall_off(*across, map_size, sigma)
    maps = np.zeros((2, map_size[1], map_size[0]), dtype=np.float32)
    for x, y, thin_x, thin_y in zip(*near[0], *near[1], strict=True):
        np.maximum(maps[0], thin_y[:, None] * x, out=maps[0])
        np.maximum(maps[1], y[:, None] * thin_x, out=maps[1])
    return maps


def _fall_off(
    first: np.ndarray, last: np.ndarray, map_size: tuple[int, int], sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian of the distance from spans of cells, (N, w) in x and (N, h) in y."""
    parts = []
    for axis, number in enumerate(map_size):
        cell = np.arange(number)
        before = first[:, axis, None] - cell
        after = cell - last[:, axis, None]
        distance = np.maximum(np.maximum(before, after), 0)
        parts.append(np.exp(-(distance**2) / (2 * sigma**2)).astype(np.float32))
    return parts[0], parts[1]
