"""Which images a figure shows: chosen by rule, never by eye.

Figure evidence: a figure of the paper made again with images at fixed quantiles of the
per-image score, or the worst ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

QUANTILES = (0.25, 0.5, 0.75, 1.0)
NUM_WORST = 8


@dataclass(frozen=True)
class Pick:
    """One image that the rule chose.

    Attributes:
        index: Its place among the images.
        why: The rule that chose it.
    """

    index: int
    why: str


def pick_images(
    scores: Sequence[float] | np.ndarray,
    ids: Sequence[int] | np.ndarray,
    *,
    quantiles: Sequence[float] = QUANTILES,
    num_worst: int = NUM_WORST,
) -> list[Pick]:
    """The worst images, then those at fixed quantiles of the score.

    Ties are broken by the image's number; an image is picked once.

    Args:
        scores: (N,) the higher the better, finite.
        ids: (N,) numbers of the images.
        quantiles: Of the score, 0 the worst, 1 the best.
        num_worst: How many of the worst.
    """
    order = np.lexsort((np.asarray(ids), np.asarray(scores))).tolist()
    ranks = {rank: f"worst {rank + 1}" for rank in range(min(num_worst, len(order)))}
    for quantile in quantiles if order else ():
        rank = round(quantile * (len(order) - 1))
        ranks.setdefault(rank, f"quantile {quantile:g}")
    return [Pick(order[rank], why) for rank, why in ranks.items()]


def rule_in_words(quantiles: Sequence[float], num_worst: int) -> str:
    """The rule as a caption states it.

    Args:
        quantiles: As `pick_images`.
        num_worst: As `pick_images`.
    """
    listed = ", ".join(f"{quantile:g}" for quantile in quantiles)
    worst = f"the worst {num_worst}" if num_worst else ""
    fixed = f"those at quantiles {listed} (0 the worst, 1 the best)" if listed else ""
    return ", then ".join(part for part in (worst, fixed) if part)
