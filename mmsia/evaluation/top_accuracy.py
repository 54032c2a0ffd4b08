"""Top-1 and top-5 accuracy of a classifier of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS


@METRICS.register_module()
class TopAccuracy(BaseMetric):
    """Share of images whose class is among the k with the highest scores, 0 to 1.

    Results are `accuracy/top1` and so on.

    Args:
        topk: The k.
        **options: As BaseMetric.
    """

    default_prefix = "accuracy"

    def __init__(self, topk: Sequence[int] = (1, 5), **options: Any) -> None:
        super().__init__(**options)
        self.topk = tuple(topk)

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Keep the rank of each image's class.

        Args:
            data_batch: Not looked at.
            data_samples: With `pred_score` (num_classes,) and `gt_label`.
        """
        for sample in data_samples:
            scores = torch.as_tensor(sample["pred_score"])
            own = scores[int(sample["gt_label"])]
            # of equal scores the own one counts as the last
            self.results.append(int((scores >= own).sum()) - 1)

    def compute_metrics(self, results: list[int]) -> dict[str, float]:
        """Share of ranks below each k.

        Args:
            results: Rank of each image's class, from 0.
        """
        ranks = torch.tensor(results)
        return {f"top{k}": (ranks < k).double().mean().item() for k in self.topk}
