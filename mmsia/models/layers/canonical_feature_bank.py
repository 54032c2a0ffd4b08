"""Mean training feature of every part: which keypoint is which (KLPNet, Table 3, top).

"Nearest canonical feature as keypoint identification": paper silent on what a canonical
feature is; here the mean of the keypoint's features over the training set, for each
category and part, Euclidean distance. A part takes the keypoint that is nearest to its
mean, as in StarMap, of whose table the caption is. LIS uses the same bank.
"""

from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError


@MODELS.register_module()
class CanonicalFeatureBank(nn.Module):
    """Means of features, kept with the network's weights.

    Fill it in one process, after training, with the features of annotated keypoints.

    Args:
        num_classes: Categories C.
        num_parts: Parts K of the category that has most.
        feature_dim: D.

    Raises:
        ConfigError: Sizes that are not above 0.
    """

    def __init__(self, num_classes: int, num_parts: int, feature_dim: int) -> None:
        super().__init__()
        if min(num_classes, num_parts, feature_dim) < 1:
            raise ConfigError(
                "CanonicalFeatureBank",
                expected="sizes above 0",
                got=f"{num_classes}, {num_parts}, {feature_dim}",
            )
        shape = (num_classes, num_parts)
        # doubles: a sum over many thousand features
        self.register_buffer("sums", torch.zeros(*shape, feature_dim).double())
        self.register_buffer("counts", torch.zeros(shape, dtype=torch.int64))

    @property
    def means(self) -> Tensor:
        """(C, K, D); 0 for parts that were never seen."""
        return (self.sums / self.counts.clamp(min=1)[..., None]).float()

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor, parts: Tensor) -> None:
        """Take features of annotated keypoints in.

        Args:
            features: (P, D).
            labels: (P,) category.
            parts: (P,) part.

        Raises:
            InputError: Features that are not finite, or unknown categories or parts.
        """
        self._check(features)
        number, limits = len(features), self.counts.shape
        odd = number != len(labels) or number != len(parts)
        for values, limit in zip((labels, parts), limits, strict=True):
            odd = odd or bool(((values < 0) | (values >= limit)).any())
        if odd:
            raise InputError(
                "CanonicalFeatureBank: unknown keypoints",
                expected=f"{number} labels below {limits[0]} and parts below "
                f"{limits[1]}",
                got=f"labels {labels.tolist()[:5]}, parts {parts.tolist()[:5]}",
            )
        index = (labels.long(), parts.long())
        self.sums.index_put_(index, features.to(self.sums), accumulate=True)
        self.counts.index_put_(index, self.counts.new_ones(number), accumulate=True)

    def distances(self, features: Tensor, label: int) -> Tensor:
        """Euclidean distances (P, K) to a category's means; inf for unseen parts.

        Args:
            features: (P, D).
            label: Category.

        Raises:
            InputError: Features of another length, or that are not finite.
        """
        self._check(features)
        means = self.means[label].to(features)
        away = torch.cdist(features, means, compute_mode="donot_use_mm_for_euclid_dist")
        return away.masked_fill(self.counts[label] == 0, torch.inf)

    def identify(self, features: Tensor, label: int) -> Tensor:
        """The nearest part of each keypoint (P,); -1 if the category has none.

        Two keypoints can be the same part.

        Args:
            features: (P, D).
            label: Category.

        Raises:
            InputError: As `distances`.
        """
        nearest = self.distances(features, label).argmin(dim=1)
        return nearest if (self.counts[label] > 0).any() else nearest.fill_(-1)

    @staticmethod
    def choose(away: Tensor) -> Tensor:
        """The nearest keypoint of each part (K,); -1 if there is none, or no mean.

        Two parts can have the same keypoint.

        Args:
            away: (P, K) as `distances` gives them.
        """
        if not len(away):
            return away.new_full(away.shape[1:], -1, dtype=torch.int64)
        least, nearest = away.min(dim=0)
        return nearest.where(least.isfinite(), nearest.new_full((), -1))

    def _check(self, features: Tensor) -> None:
        length = self.sums.shape[-1]
        if features.ndim != 2 or features.shape[1] != length:
            raise InputError(
                "CanonicalFeatureBank: features",
                expected=f"(P, {length})",
                got=str(tuple(features.shape)),
            )
        if not torch.isfinite(features).all():
            raise InputError(
                "CanonicalFeatureBank: features",
                expected="finite numbers",
                got="NaN or inf",
                remedy="NaN comes from a diverged training or an overflow",
            )
