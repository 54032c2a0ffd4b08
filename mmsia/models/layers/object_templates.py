"""What training data says of categories: features of parts, and their distances."""

from __future__ import annotations

import numpy as np
import torch
from mmpose.registry import MODELS
from torch import nn

from mmsia.models.layers.canonical_feature_bank import CanonicalFeatureBank
from mmsia.ops.distance_statistics import DistanceStatistics, learn_distances


@MODELS.register_module()
class ObjectTemplates(nn.Module):
    """The bank of part features and the distances of parts, kept with the weights.

    Args:
        num_classes: Categories C.
        num_parts: Parts K of the category that has most.
        feature_dim: Length of a feature.
    """

    def __init__(self, num_classes: int, num_parts: int, feature_dim: int) -> None:
        super().__init__()
        self.bank = CanonicalFeatureBank(num_classes, num_parts, feature_dim)
        shape = (num_classes, num_parts, num_parts)
        self.register_buffer("mean", torch.zeros(shape).double())
        self.register_buffer("deviation", torch.ones(shape).double())
        self.register_buffer("counts", torch.zeros(shape, dtype=torch.int64))

    def statistics(self) -> DistanceStatistics:
        """The distances as arrays."""
        names = ("mean", "deviation", "counts")
        return DistanceStatistics.from_arrays(
            {name: getattr(self, name).cpu().numpy() for name in names}
        )

    def forget(self) -> None:
        """Be as before any training."""
        self.bank.sums.zero_()
        self.bank.counts.zero_()
        self.mean.zero_()
        self.deviation.fill_(1)
        self.counts.zero_()

    def learn_distances(
        self,
        keypoints: list[np.ndarray],
        visible: list[np.ndarray],
        boxes: np.ndarray,
        labels: np.ndarray,
    ) -> None:
        """Learn the distances of annotated objects.

        Args:
            keypoints: (K_n, 2) pixels of each of N objects.
            visible: (K_n,) bool, what is annotated.
            boxes: (N, 4) xyxy pixels.
            labels: (N,) category.

        Raises:
            InputError: As `ops.distance_statistics.learn_distances`.
        """
        num_classes, num_parts = self.bank.counts.shape
        places = np.zeros((len(labels), num_parts, 2))
        seen = np.zeros((len(labels), num_parts), dtype=bool)
        for row, (points, flags) in enumerate(zip(keypoints, visible, strict=True)):
            places[row, : len(points)] = points
            seen[row, : len(flags)] = flags
        found = learn_distances(places, seen, boxes, labels, num_classes)
        for name, values in found.to_arrays().items():
            buffer = getattr(self, name)
            buffer.copy_(torch.from_numpy(values).to(buffer))
