"""Keypoints from maps of a square crop, and PCK at many thresholds (SIA-GCN, Eq. 5).

paper silent: everything about decoding but "argmax". As in the first author's earlier
code, cell k of a map of w cells lies at k * side / w of the crop, which is rounded down
to a whole pixel of the crop; a keypoint counts if it is strictly nearer than the
threshold. Perfect maps then have a ceiling: 66.5 % at 0.01 on 46 cells, 98.1 % on 64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmsia.errors import InputError

THRESHOLDS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08)
"""Those of Table 4; the other tables have the first six."""

_LEAST = 1e-12


def decode_floor_cells(maps: np.ndarray, side: np.ndarray | float) -> np.ndarray:
    """Position of the highest cell, in whole pixels of the crop.

    Args:
        maps: (..., K, h, w).
        side: Side of the crop, pixels, one for each of the leading axes or for all.

    Returns:
        (..., K, 2) float64 crop pixels, xy; NaN for a map with a value that is no
        number. Of equal cells the first in reading order.
    """
    cells, _ = _highest(maps)
    return np.floor(_to_crop(cells, maps, side))


def decode_sub_cells(maps: np.ndarray, side: np.ndarray | float) -> np.ndarray:
    """Top of the Gaussian through the highest cell and its neighbours.

    A parabola through the logarithm of three cells an axis, exact for a Gaussian; no
    step along an axis on which the highest cell lies at the border or has no top.

    Args:
        maps: (..., K, h, w).
        side: As `decode_floor_cells`.

    Returns:
        (..., K, 2) float64 crop pixels, xy, not rounded.
    """
    cells, flat = _highest(maps)
    height, width = maps.shape[-2:]
    step = np.zeros_like(cells)
    columns, rows = np.nan_to_num(cells).astype(np.int64).reshape(-1, 2).T
    index = np.arange(len(flat))
    for axis, (place, length) in enumerate(((columns, width), (rows, height))):
        inside = (place > 0) & (place < length - 1)
        shift = np.where(inside, 1, 0) * (1 if axis == 0 else width)
        middle = rows * width + columns
        before, at, after = (
            np.log(np.maximum(flat[index, middle + way * shift], _LEAST))
            for way in (-1, 0, 1)
        )
        bend = before - 2 * at + after
        fraction = np.where(bend < 0, (before - after) / np.where(bend < 0, bend, 1), 0)
        step.reshape(-1, 2)[:, axis] = 0.5 * np.clip(fraction, -1, 1)
    return _to_crop(cells + step, maps, side)


def pck_by_image(
    found: np.ndarray,
    truth: np.ndarray,
    labelled: np.ndarray,
    side: np.ndarray,
    thresholds: Sequence[float] = THRESHOLDS,
) -> np.ndarray:
    """Share of an image's keypoints that are near enough, at all thresholds at once.

    Args:
        found: (N, K, 2) pixels, xy; what is not finite is wrong.
        truth: (N, K, 2) pixels, finite where labelled.
        labelled: (N, K) bool, the keypoints that count.
        side: (N,) side of the crop, pixels.
        thresholds: (T,) shares of the side.

    Returns:
        (N, T) in [0, 1]; NaN for an image without a labelled keypoint.

    Raises:
        InputError: Shapes that do not fit, or sides or thresholds that are not above 0.
    """
    found, truth = np.asarray(found, np.float64), np.asarray(truth, np.float64)
    labelled, side = np.asarray(labelled, bool), np.asarray(side, np.float64)
    limits = np.asarray(thresholds, np.float64)
    _check(found, truth, labelled, side, limits)
    distance = np.linalg.norm(found - truth, axis=-1)
    near = distance[:, :, None] < limits * side[:, None, None]
    counted = labelled.sum(axis=1)
    right = np.count_nonzero(near & labelled[:, :, None], axis=1)
    share = right / np.maximum(counted, 1)[:, None]
    return np.where(counted[:, None] > 0, share, np.nan)


def mean_pck(
    values: np.ndarray,
    thresholds: Sequence[float],
    mean_thresholds: Sequence[float],
) -> np.ndarray:
    """The mean of PCK over some of the thresholds (mPCK).

    Args:
        values: (..., T) PCK at the thresholds.
        thresholds: (T,) shares of the side.
        mean_thresholds: Those that count.

    Raises:
        InputError: If one of them is not among the thresholds, or there is none.
    """
    known = list(thresholds)
    missing = [threshold for threshold in mean_thresholds if threshold not in known]
    if missing or not mean_thresholds:
        raise InputError(
            "mPCK: thresholds of the mean",
            expected=f"one at least, among {known}",
            got=str(list(mean_thresholds)),
        )
    index = [known.index(threshold) for threshold in mean_thresholds]
    return np.asarray(values)[..., index].mean(axis=-1)


def _check(
    found: np.ndarray,
    truth: np.ndarray,
    labelled: np.ndarray,
    side: np.ndarray,
    limits: np.ndarray,
) -> None:
    images, keypoints = labelled.shape if labelled.ndim == 2 else (-1, -1)
    shapes = [found.shape, truth.shape, labelled.shape, side.shape]
    wanted = [(images, keypoints, 2)] * 2 + [(images, keypoints), (images,)]
    if shapes != wanted:
        raise InputError(
            "PCK: keypoints, truth, labels and sides",
            expected="(N, K, 2), (N, K, 2), (N, K) and (N,)",
            got=", ".join(map(str, shapes)),
        )
    if not (side > 0).all() or limits.ndim != 1 or not (limits > 0).all():
        raise InputError(
            "PCK: sides and thresholds",
            expected="numbers above 0",
            got=f"sides {side[~(side > 0)][:3]}, thresholds {limits}",
        )
    if not np.isfinite(truth[labelled]).all():
        raise InputError(
            "PCK: labelled keypoints", expected="finite positions", got="others"
        )


def _highest(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells (..., K, 2) xy, and the maps as (..., cells) in one row each."""
    if maps.ndim < 3 or not maps.size:
        raise InputError(
            "maps to decode", expected="(..., K, h, w)", got=str(maps.shape)
        )
    flat = maps.reshape(-1, maps.shape[-2] * maps.shape[-1])
    rows, columns = np.divmod(flat.argmax(axis=1), maps.shape[-1])
    cells = np.stack((columns, rows), axis=-1).astype(np.float64)
    cells[np.isnan(flat).any(axis=1)] = np.nan
    return cells.reshape(*maps.shape[:-2], 2), flat.astype(np.float64)


def _to_crop(
    cells: np.ndarray, maps: np.ndarray, side: np.ndarray | float
) -> np.ndarray:
    size = np.array(maps.shape[:-3:-1], dtype=np.float64)
    side = np.asarray(side, dtype=np.float64)[..., None, None]
    return cells * side / size
