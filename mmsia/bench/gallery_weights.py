"""How a pointer network weighed the heads, from stored predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.errors import DataError


@dataclass(frozen=True)
class HeadWeights:
    """Weights of the heads on each image, the same order of images throughout.

    Attributes:
        hand_ids: (N,) numbers of the hands.
        image_ids: (N,) of their images.
        weights: (N, M), which sum to one.
    """

    hand_ids: np.ndarray
    image_ids: np.ndarray
    weights: np.ndarray

    @property
    def strongest(self) -> int:
        """The head of the largest mean weight, the first of equals; from 0."""
        return int(self.weights.mean(axis=0).argmax())

    @property
    def evenness(self) -> np.ndarray:
        """(N,) entropy over its largest value: 1 all heads alike, 0 one head alone."""
        logs = np.log(1 / np.where(self.weights > 0, self.weights, 1))
        return (self.weights * logs).sum(axis=1) / np.log(self.weights.shape[1])

    def by_head(self) -> np.ndarray:
        """(N,) order of the images: by their strongest head, then by its weight."""
        return np.lexsort((-self.weights.max(axis=1), self.weights.argmax(axis=1)))


def head_weights(predictions: Sequence[Mapping[str, Any]]) -> HeadWeights | None:
    """The weights that some predictions tell, or None: a network without a pointer.

    Args:
        predictions: What `CropSide.read` returned.

    Raises:
        DataError: If only some hands have weights, they differ in number, or one is
            no number.
    """
    hands = [hand for hand in predictions if "head_weights" in hand]
    if not hands:
        return None
    sizes = {len(hand["head_weights"]) for hand in hands}
    if len(hands) < len(predictions) or len(sizes) > 1 or min(sizes) < 2:
        raise DataError(
            "head_weights of predicted hands",
            expected="as many for every hand, two at least",
            got=f"{sorted(sizes)} for {len(hands)} of {len(predictions)} hands",
        )
    weights = np.array([hand["head_weights"] for hand in hands], dtype=np.float64)
    if not np.isfinite(weights).all():
        raise DataError(
            "head_weights of predicted hands", expected="numbers", got="none for some"
        )
    hand_ids = np.array([hand["id"] for hand in hands])
    return HeadWeights(
        hand_ids, np.array([hand["image_id"] for hand in hands]), weights
    )
