"""The intervals of a run's AP over images, as every measurement states them."""

from __future__ import annotations

from mmsia.evaluation.bootstrap import bootstrap_interval
from mmsia.evaluation.keypoint_matches import KeypointMatches

_AREAS = (("ap", "all"), ("ap_m", "medium"), ("ap_l", "large"))


def ap_intervals(
    matches: KeypointMatches, *, num_draws: int, seed: int
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of AP, and of AP of medium and of large people.

    Args:
        matches: Matches of all images.
        num_draws: Draws of the bootstrap.
        seed: Of the draws.
    """
    return {
        name: bootstrap_interval(matches, num_draws=num_draws, seed=seed, area=area)
        for name, area in _AREAS
        # COCO's -1: nobody of that size is there.
        if getattr(matches.scores, name) >= 0
    }
