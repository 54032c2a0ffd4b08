"""What dense heads are trained towards, collected from a batch of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mmsia.errors import ConfigError


class Targets(NamedTuple):
    """Maps of a batch for GOG's head, all of one size.

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
    """Stack what GOG's head learns from.

    Args:
        samples: B PoseDataSamples as PackPoseInputs makes them.
        refinement: Whether refinement offsets are needed.

    Raises:
        ConfigError: A map that the codec of the pipeline did not draw.
    """
    names = ["heatmaps", "offsets", "instance_scales"]
    names += ["refinement_offsets"] if refinement else []
    names += ["heatmap_mask"] if "heatmap_mask" in samples[0].gt_fields else []
    codec = "the head's own codec, boxes included"
    fields = stack_fields(samples, names, codec)
    return Targets(
        heatmaps=fields["heatmaps"],
        offsets=fields["offsets"],
        scales=fields["instance_scales"],
        refinement=fields.get("refinement_offsets"),
        mask=fields.get("heatmap_mask"),
    )


def stack_fields(
    samples: Sequence[Any], names: Sequence[str], codec: str
) -> dict[str, Tensor]:
    """Stack some of the `gt_fields` of samples.

    Args:
        samples: B PoseDataSamples as PackPoseInputs makes them.
        names: Of the fields.
        codec: Who draws them, for the message.

    Returns:
        Name -> (B, C, h, w).

    Raises:
        ConfigError: A map that the codec of the pipeline did not draw.
    """
    stacked = {}
    for name in names:
        if any(name not in sample.gt_fields for sample in samples):
            raise ConfigError(
                f"the training pipeline draws no {name}",
                expected=f"GenerateTarget with {codec}",
                got=", ".join(sorted(samples[0].gt_fields.keys())),
            )
        stacked[name] = torch.stack([getattr(s.gt_fields, name) for s in samples])
    return stacked
