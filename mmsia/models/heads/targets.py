"""What GOG's head is trained towards, collected from a batch of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mmsia.errors import ConfigError


class Targets(NamedTuple):
    """Maps of a batch, all of one size.

    Attributes:
        heatmaps: (B, K, h, w) in [0, 1].
        offsets: (B, 2L, h, w) input pixels, infinite where unsupervised.
        scales: (B, L, h, w) input pixels, root of the person's box area.
        refinement: (B, 2, h, w) input pixels, infinite where unsupervised, or None.
        mask: (B, 1, h, w) bool, where the losses look, or None for everywhere.
    """

    heatmaps: Tensor
    offsets: Tensor
    scales: Tensor
    refinement: Tensor | None
    mask: Tensor | None


def stack_targets(samples: Sequence[Any], *, refinement: bool) -> Targets:
    """Stack the `gt_fields` of samples.

    Args:
        samples: B PoseDataSamples as PackPoseInputs makes them.
        refinement: Whether refinement offsets are needed.

    Raises:
        ConfigError: A map that the codec of the pipeline did not draw.
    """
    fields = [sample.gt_fields for sample in samples]

    def stack(name: str) -> Tensor:
        if name not in fields[0]:
            raise ConfigError(
                f"the training pipeline draws no {name}",
                expected="GenerateTarget with the head's own codec, boxes included",
                got=", ".join(sorted(fields[0].keys())),
            )
        return torch.stack([getattr(field, name) for field in fields])

    return Targets(
        heatmaps=stack("heatmaps"),
        offsets=stack("offsets"),
        scales=stack("instance_scales"),
        refinement=stack("refinement_offsets") if refinement else None,
        mask=stack("heatmap_mask") if "heatmap_mask" in fields[0] else None,
    )
