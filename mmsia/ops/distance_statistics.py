"""How far apart the parts of a category lie, from training data (KLPNet, 3.3.4).

"The inferred node's distance and certain fixed nodes of the object part should not
change greatly among targets with the same category label": distances are taken over
the diagonal of the instance's box; their mean and deviation are kept for each pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmsia.errors import InputError

MIN_COUNT = 2
MIN_DEVIATION = 0.01
"""Of the diagonal; two training instances that agree do not make a pair rigid."""


@dataclass(frozen=True)
class DistanceStatistics:
    """Distances of C categories with K parts at most.

    Attributes:
        mean: (C, K, K) over the box's diagonal.
        deviation: (C, K, K) at least MIN_DEVIATION.
        counts: (C, K, K) instances that had both parts; mean and deviation hold from
            MIN_COUNT on.
    """

    mean: np.ndarray
    deviation: np.ndarray
    counts: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """(C, K, K) bool, pairs of two parts that were seen together often enough."""
        return (self.counts >= MIN_COUNT) & ~np.eye(self.mean.shape[1], dtype=bool)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays by name, to be written."""
        names = ("mean", "deviation", "counts")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> DistanceStatistics:
        """The opposite of `to_arrays`."""
        return cls(*(np.asarray(arrays[n]) for n in ("mean", "deviation", "counts")))


def box_diagonals(boxes: np.ndarray) -> np.ndarray:
    """(N,) pixels of (N, 4) xyxy boxes; 0 where a side is not above 0."""
    size = np.maximum(np.asarray(boxes, np.float64)[:, 2:] - boxes[:, :2], 0)
    return np.where(size.all(axis=1), np.hypot(*size.T), 0)


def learn_distances(
    keypoints: np.ndarray,
    visible: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
) -> DistanceStatistics:
    """Mean and deviation of all pairs; instances with a box of zero area are left out.

    Args:
        keypoints: (N, K, 2) pixels, padded to the category with most parts.
        visible: (N, K) bool, what is annotated.
        boxes: (N, 4) xyxy pixels.
        labels: (N,) category.
        num_classes: C.

    Raises:
        InputError: Shapes that do not fit, or annotated keypoints that are not finite.
    """
    keypoints, visible = np.asarray(keypoints, np.float64), np.asarray(visible, bool)
    boxes, labels = np.asarray(boxes, np.float64), np.asarray(labels)
    number, parts = visible.shape
    shapes = (keypoints.shape, boxes.shape, labels.shape)
    odd = (labels < 0) | (labels >= num_classes)
    if shapes != ((number, parts, 2), (number, 4), (number,)) or odd.any():
        raise InputError(
            "distances of parts",
            expected=f"keypoints ({number}, {parts}, 2), boxes ({number}, 4), labels "
            f"({number},) below {num_classes}",
            got=", ".join(map(str, shapes)),
        )
    if not np.isfinite(keypoints[visible]).all() or not np.isfinite(boxes).all():
        raise InputError(
            "distances of parts", expected="finite keypoints and boxes", got="others"
        )
    diagonal = box_diagonals(boxes)
    both = visible[:, :, None] & visible[:, None, :] & (diagonal > 0)[:, None, None]
    places = np.where(visible[..., None], keypoints, 0)
    away = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1)
    away = np.where(both, away / np.maximum(diagonal, 1e-12)[:, None, None], 0)
    counts = np.zeros((num_classes, parts, parts), dtype=np.int64)
    sums, squares = np.zeros(counts.shape), np.zeros(counts.shape)
    np.add.at(counts, labels, both)
    np.add.at(sums, labels, away)
    mean = sums / np.maximum(counts, 1)
    np.add.at(squares, labels, np.where(both, away - mean[labels], 0) ** 2)
    deviation = np.sqrt(squares / np.maximum(counts - 1, 1))
    return DistanceStatistics(mean, np.maximum(deviation, MIN_DEVIATION), counts)
