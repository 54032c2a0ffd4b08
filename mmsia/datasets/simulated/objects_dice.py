"""Proportions drawn from ranges, of which training shapes see the inner part only."""

from __future__ import annotations

import numpy as np

from mmsia.datasets.simulated.objects_solids import Solid

Shape = tuple[Solid, dict[str, tuple[float, float, float]]]
"""A solid and its keypoints by name."""

INNER = 0.2
"""Shapes seen in training leave out this share of each range at both ends."""


class Dice:
    """Draws proportions.

    Args:
        rng: Source of randomness.
        outside: Whether the shape is to lie outside those of training: its first
            proportion does for certain, every other one with probability one half.
    """

    def __init__(self, rng: np.random.Generator, outside: bool) -> None:
        self.rng, self.outside, self.rolled = rng, outside, 0

    def __call__(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        beyond = self.outside and (self.rolled == 0 or self.rng.random() < 0.5)
        self.rolled += 1
        if beyond:
            share = float(self.rng.uniform(0, 2 * INNER))
            share = share if share < INNER else 1 - 2 * INNER + share
        else:
            share = float(self.rng.uniform(INNER, 1 - INNER))
        return low + (high - low) * share
