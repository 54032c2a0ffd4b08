"""Exact bootstrap of AP over images.

A draw of images with replacement is a vector of whole weights. AP is accumulated anew
from the stored matches under these weights, which equals COCO's AP of a data set in
which each image stands as often as its weight says.
"""

from __future__ import annotations

import numpy as np

from mmsia.errors import InputError
from mmsia.evaluation.coco_matches import AreaMatches, CocoMatches

_EPS = np.spacing(1)
_CHUNK = 1 << 21


def weighted_ap(
    matches: CocoMatches, weights: np.ndarray, area: str = "all"
) -> np.ndarray:
    """AP of a data set in which each image stands `weights` times.

    Args:
        matches: Matches of I images.
        weights: (B, I) whole numbers, one row a draw.
        area: An area range of the matches.

    Returns:
        (B,) AP in percent; NaN for a draw without people of that size.
    """
    weights = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    if weights.shape[1] != len(matches.image_ids):
        raise InputError(
            "weights of the images",
            expected=f"(B, {len(matches.image_ids)})",
            got=f"{weights.shape}",
        )
    part = matches.areas[area]
    rows = max(1, _CHUNK // max(1, len(part.image)))
    chunks = [
        _accumulate(part, matches.recall_thrs, weights[start : start + rows])
        for start in range(0, len(weights), rows)
    ]
    return np.concatenate(chunks) if chunks else np.zeros(0)


def draw_weights(num_images: int, num_draws: int, seed: int) -> np.ndarray:
    """How often each image stands in each bootstrap draw, (num_draws, num_images)."""
    rng = np.random.default_rng(seed)
    uniform = np.full(num_images, 1.0 / num_images)
    return rng.multinomial(num_images, uniform, size=num_draws)


def bootstrap_interval(
    matches: CocoMatches, *, num_draws: int = 1000, seed: int = 0, area: str = "all"
) -> tuple[float, float]:
    """As `bootstrap_ap`, from matches that are already there.

    Raises:
        InputError: If there are no draws, or none of them has people of that size.
    """
    if num_draws < 1:
        raise InputError("draws of the bootstrap", expected="1 or more", got=num_draws)
    weights = draw_weights(len(matches.image_ids), num_draws, seed)
    values = weighted_ap(matches, weights, area)
    values = values[np.isfinite(values)]
    if not len(values):
        raise InputError(
            "no interval",
            expected=f"people of area range '{area}' in at least one draw",
            got="none",
        )
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _accumulate(
    part: AreaMatches, recall_thrs: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """(B,) AP in percent of (B, I) weights."""
    people = weights @ part.num_people
    total = np.zeros(len(weights))
    with np.errstate(divide="ignore", invalid="ignore"):
        if len(part.image):
            counts = weights[:, part.image]
            for true, false in zip(part.true, part.false, strict=True):
                total += _precision_sum(counts, true, false, people, recall_thrs)
        mean = total / (len(part.true) * len(recall_thrs))
    return np.where(people > 0, 100.0 * mean, np.nan)


def _precision_sum(
    counts: np.ndarray,
    true: np.ndarray,
    false: np.ndarray,
    people: np.ndarray,
    recall_thrs: np.ndarray,
) -> np.ndarray:
    """(B,) interpolated precision summed over the recall levels, one threshold.

    A level belongs to the first detection whose recall reaches it, so each detection
    contributes its precision envelope times the number of levels that it opens.
    """
    hits = np.cumsum(counts * true, axis=1)
    misses = np.cumsum(counts * false, axis=1)
    precision = hits / (hits + misses + _EPS)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    opened = np.searchsorted(recall_thrs, hits / people[:, None], side="right")
    return envelope[:, 0] * opened[:, 0] + np.sum(
        envelope[:, 1:] * np.diff(opened, axis=1), axis=1
    )
