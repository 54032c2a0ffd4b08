"""DARK's sub-cell refinement for many peaks a map (GOG, Table 2).

The map is blurred, its logarithm taken, and one Newton step from each peak finds the
maximum of the Gaussian through it (DARK, Section 3.2). The paper only says that DARK
was "modified and applied to our system". # paper silent: the step is taken at each of
the k best peaks of the unsampled map; a step longer than one cell is not taken, since
neighbouring people bend the surface.
"""

from __future__ import annotations

import cv2
import numpy as np

from mmsia.ops.cells import cell_offset
from mmsia.ops.peaks import Peaks

FLOOR = 1e-10


def refine_dark(
    heatmaps: np.ndarray, peaks: Peaks, stride: int, kernel_size: int
) -> Peaks:
    """Refine peaks found on the cells of the maps.

    Args:
        heatmaps: (K, h, w).
        peaks: From ``find_cell_peaks`` on the same maps.
        stride: Output stride R.
        kernel_size: Edge of the blur in cells, odd.

    Returns:
        The peaks with refined positions, input pixels.
    """
    cells = (peaks.xy - cell_offset(stride)) / stride
    kind, rank = np.nonzero(peaks.present)
    column, row = np.rint(cells[kind, rank]).astype(np.int64).T
    logs = np.stack([_log_blurred(heatmap, kernel_size) for heatmap in heatmaps])
    logs = np.pad(logs, ((0, 0), (2, 2), (2, 2)), mode="edge")
    step = newton_step(logs, kind, column + 2, row + 2)
    xy = peaks.xy.copy()
    xy[kind, rank] += (step * stride).astype(np.float32)
    return Peaks(xy, peaks.scores, peaks.counts)


def _log_blurred(heatmap: np.ndarray, kernel_size: int) -> np.ndarray:
    """Logarithm of a map (h, w) blurred such that its maximum stays what it was."""
    heatmap = heatmap.astype(np.float64)
    blurred = cv2.GaussianBlur(
        heatmap, (kernel_size, kernel_size), 0, borderType=cv2.BORDER_CONSTANT
    )
    peak = blurred.max()
    if peak > 0:
        blurred *= max(heatmap.max(), 0) / peak
    return np.log(np.maximum(blurred, FLOOR))


def newton_step(
    surface: np.ndarray, kind: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """One Newton step towards the maximum of a surface.

    Args:
        surface: (K, h, w), at least two cells around every position.
        kind: (n,) which map.
        x: (n,) column.
        y: (n,) row.

    Returns:
        (n, 2) cells, xy; 0 where the surface has no maximum there or it is further
        than one cell away.
    """

    def at(dx: int, dy: int) -> np.ndarray:
        return surface[kind, y + dy, x + dx]

    gradient = np.stack((at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)), -1) / 2
    xx = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
    yy = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    xy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = xx * yy - xy * xy
    is_maximum = (determinant > 1e-12) & (xx < 0)
    safe = np.where(is_maximum, determinant, 1.0)
    step = np.stack(
        (
            xy * gradient[:, 1] - yy * gradient[:, 0],
            xy * gradient[:, 0] - xx * gradient[:, 1],
        ),
        axis=-1,
    )
    step /= safe[:, None]
    taken = is_maximum & (np.abs(step) <= 1).all(-1)
    return np.where(taken[:, None], step, 0.0)
