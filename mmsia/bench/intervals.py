"""Bootstrap draws of a run's AP over images, and the intervals that they give.

Every run draws the same images in the same order (`IMAGE_SEED`, whatever the run's own
seed is), so that draw b of one run and draw b of another met the same images: rows
are compared draw by draw, without scoring anything again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmsia.bench.stats import interval
from mmsia.errors import InputError
from mmsia.evaluation.bootstrap import draw_weights, weighted_ap
from mmsia.evaluation.coco_matches import CocoMatches

IMAGE_SEED = 0
"""Of the draws of the images, the same for all runs of all tables."""

AREA_OF_SCORE = {"ap": "all", "ap_m": "medium", "ap_l": "large"}
"""Score of a run -> area range of its matches."""


def ap_draws(matches: CocoMatches, num_draws: int) -> dict[str, np.ndarray]:
    """Draws of AP, and of AP of medium and of large people.

    Args:
        matches: Matches of all images.
        num_draws: Draws of the bootstrap.

    Returns:
        Score -> (num_draws,) percent; NaN for a draw without people of that size.

    Raises:
        InputError: If there are no draws.
    """
    if num_draws < 1:
        raise InputError(
            "draws of the bootstrap", expected="1 or more", got=f"{num_draws}"
        )
    weights = draw_weights(len(matches.image_ids), num_draws, IMAGE_SEED)
    return {
        name: weighted_ap(matches, weights, area)
        for name, area in AREA_OF_SCORE.items()
        # COCO's -1: nobody of that size is there.
        if getattr(matches.scores, name) >= 0
    }


def intervals_of(
    draws: Mapping[str, np.ndarray],
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each score.

    Args:
        draws: As `ap_draws` gives them.
    """
    return {name: interval(values) for name, values in draws.items()}
