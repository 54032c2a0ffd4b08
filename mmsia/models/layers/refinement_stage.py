"""One refinement of DIR: image space, joint space, and back."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsia.errors import ConfigError
from mmsia.models.layers.dir_blocks import PreActivationResidual, draw_weights
from mmsia.models.layers.hand_decoder import HandDecoder, HandEstimate
from mmsia.models.layers.joint_block import JointBlock
from mmsia.models.layers.joint_projection import PAINTINGS, JointProjection

PROJECTIONS = (*PAINTINGS, "none", "shared")
"""Ways back to the image: see RefinementStage."""


class Refined(NamedTuple):
    """What a stage hands over.

    Attributes:
        estimate: The new estimate.
        maps: (B, channels, S, S) of the enhanced map; None of a stage without one.
    """

    estimate: HandEstimate
    maps: Tensor | None


class RefinementStage(nn.Module):
    """Fuse maps, relate joints, estimate anew, and enhance the map by the joints.

    Args:
        below_channels: Of the coarser map.
        skip_channels: Of the encoder's map.
        channels: Of the stage's own maps.
        joint_channels: As JointBlock.
        features: As JointBlock.
        graph: As JointBlock.
        transformer: As JointBlock.
        projection: How joint features come to the map: one of `PAINTINGS`; `'none'`,
            where the map is enhanced from itself alone; or `'shared'`, one space for
            joints and cells: both are tokens of the transformer, and what becomes of
            the cells stands for the painted map.
        enhance: Whether the map is enhanced at all; a last stage without auxiliary maps
            has no use for it.

    Raises:
        ConfigError: Another projection, or a shared space without a transformer.
    """

    def __init__(
        self,
        below_channels: int,
        skip_channels: int,
        channels: int = 256,
        joint_channels: int = 128,
        features: int = 64,
        graph: bool = True,
        transformer: bool = True,
        projection: str = "bones",
        enhance: bool = True,
    ) -> None:
        super().__init__()
        _check(projection, transformer)
        shared = projection == "shared"
        self.skip = PreActivationResidual(skip_channels, channels)
        self.fuse = PreActivationResidual(below_channels + channels, channels)
        self.joints = JointBlock(
            channels, joint_channels, features, graph, transformer, shared
        )
        self.projection: nn.Module | None = None
        self.enhance: nn.Module | None = None
        if enhance:
            if shared:
                self.projection = nn.Conv2d(joint_channels, channels, 1)
            elif projection != "none":
                self.projection = JointProjection(projection, features, channels)
            wide = channels if self.projection is None else 2 * channels
            self.enhance = PreActivationResidual(wide, channels)
        draw_weights(self)

    def forward(
        self, below: Tensor, skip: Tensor, before: HandEstimate, decode: HandDecoder
    ) -> Refined:
        """Refine.

        Args:
            below: (B, below_channels, S / 2, S / 2).
            skip: (B, skip_channels, S, S).
            before: The previous estimate; no gradients go back into it.
            decode: Makes hands of parameters.
        """
        below = F.interpolate(
            below, skip.shape[-2:], mode="bilinear", align_corners=False
        )
        maps = self.fuse(torch.cat([below, self.skip(skip)], dim=1))
        found = self.joints(maps, before)
        estimate = decode(found.parameters, found.offset)
        if self.enhance is None:
            return Refined(estimate, None)
        if isinstance(self.projection, JointProjection):
            # Not detached: the painting's shares pull joints to where they help.
            painted = self.projection(
                found.joints, estimate.hands.keypoints, maps.shape[-1]
            )
            maps = torch.cat([maps, painted], dim=1)
        elif self.projection is not None:
            maps = torch.cat([maps, self.projection(found.cells)], dim=1)
        return Refined(estimate, self.enhance(maps))


def _check(projection: str, transformer: bool) -> None:
    if projection not in PROJECTIONS:
        raise ConfigError(
            "RefinementStage: projection",
            expected=", ".join(PROJECTIONS),
            got=repr(projection),
        )
    if projection == "shared" and not transformer:
        raise ConfigError(
            "RefinementStage: a shared space is made by the transformer",
            expected="transformer=True with projection='shared'",
            got="transformer=False",
        )
