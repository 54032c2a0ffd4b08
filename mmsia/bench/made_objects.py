"""Keypoints of made objects without pictures, for studies of links and of overlaps.

Places are projections of the simulated objects' models. Test objects have proportions
and elevations that those of training have not. Features are codes, one for each part of
each category, with noise: what a network's would be that tells parts apart so well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    OTHER_MODELS,
    TRAINING_MODELS,
    cad_model,
)
from mmsia.datasets.simulated.objects_viewpoint import Viewpoint

NAMES = tuple(CATEGORIES)
FEATURE_DIM = 16
_BEYOND = (12.0, 15.0)
"""Degrees that test objects are seen from lower or higher than any of training."""


@dataclass(frozen=True)
class MadeObject:
    """An object.

    Attributes:
        label: Its category, of `NAMES`.
        points: (P, 2) pixels, where keypoints were found.
        parts: (P,) which part each is; -1 for what is none.
        features: (P, FEATURE_DIM).
        box: (4,) xyxy around the whole object, pixels.
    """

    label: int
    points: np.ndarray
    parts: np.ndarray
    features: np.ndarray
    box: np.ndarray

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        """Pairs of linked parts."""
        return CATEGORIES[NAMES[self.label]].links

    def keep(self, chosen: np.ndarray) -> MadeObject:
        """The same object with some of its keypoints.

        Args:
            chosen: Bool, or numbers.
        """
        return MadeObject(
            self.label,
            self.points[chosen],
            self.parts[chosen],
            self.features[chosen],
            self.box,
        )


def draw_codes(rng: np.random.Generator) -> list[np.ndarray]:
    """(K, FEATURE_DIM) of each category's parts, of unit variance."""
    sizes = [len(category.keypoints) for category in CATEGORIES.values()]
    return [rng.normal(0, 1, (size, FEATURE_DIM)) for size in sizes]


def make_object(
    label: int,
    codes: Sequence[np.ndarray],
    noise: float,
    rng: np.random.Generator,
    *,
    unseen: bool,
    place: tuple[float, float] = (0.0, 0.0),
) -> MadeObject:
    """An object with all of its keypoints, some 100 pixels long.

    Args:
        label: Category.
        codes: As `draw_codes` gives them.
        noise: Deviation of each number of a feature; codes have 1.
        rng: Source of randomness.
        unseen: Whether training has no object of its proportions and elevation.
        place: Of its middle, pixels.
    """
    category = CATEGORIES[NAMES[label]]
    low, high = category.elevation
    number = int(rng.integers(TRAINING_MODELS))
    elevation = float(rng.uniform(low, high))
    if unseen:
        number = TRAINING_MODELS + int(rng.integers(OTHER_MODELS))
        below, above = _BEYOND
        share = float(rng.uniform(-below, above))
        elevation = low + share if share < 0 else high + share
    view = Viewpoint(
        azimuth=float(rng.uniform(0, 360)),
        elevation=elevation,
        theta=0.0,
        distance=float(rng.uniform(3.5, 5)),
        px=place[0],
        py=place[1],
        viewport=400.0,
    )
    model = cad_model(category.name, number)
    outline = view.project(model.vertices)
    parts = np.arange(len(category.keypoints))
    return MadeObject(
        label,
        view.project(model.keypoints),
        parts,
        codes[label] + rng.normal(0, noise, codes[label].shape),
        np.concatenate([outline.min(axis=0), outline.max(axis=0)]),
    )
