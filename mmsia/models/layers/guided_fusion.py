"""Guided Fusion Module and the two paths around it (CGANet, Figures 2 to 4).

ROIGuider works on the features of a box, TNet on those of an image, both the same way:
a forward path from fine to coarse (Eq. 5), then a reverse path in which each coarser
level says which channels of the finer one count (Eq. 1, 2, 6, 7).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from mmpose.models.backbones.resnet import BasicBlock, ResLayer
from torch import Tensor, nn

from mmsia.errors import ConfigError

SHUFFLE = 2
"""How much the pixel shuffle enlarges: c channels become c / 4."""


class GuidedFusion(BaseModule):
    """Weights the channels of features by a coarser level's global average.

    paper silent: W is square and without bias, f a 1 x 1 convolution without a second
    sigmoid; f starts at zero, so that the module starts as the identity.

    Args:
        guide_channels: Channels of the coarser level.
        channels: Channels of the features.
        num_identities: 1 as Eq. (2) has it; 2 adds the features once more, as Eq. (7)
            does after Eq. (2) has done so.
    """

    def __init__(
        self, guide_channels: int, channels: int, num_identities: int = 1
    ) -> None:
        super().__init__(init_cfg={"type": "Constant", "layer": "Conv2d", "val": 0})
        self.num_identities = num_identities
        self.mix = nn.Linear(guide_channels, guide_channels, bias=False)
        self.gate = nn.Conv2d(guide_channels, channels, 1)

    def forward(self, guide: Tensor, features: Tensor) -> Tensor:
        """Weight features.

        Args:
            guide: (N, guide_channels, ...) of any size.
            features: (N, channels, h, w).

        Returns:
            (N, channels, h, w).
        """
        descriptor = guide.mean(dim=(-2, -1))  # Eq. (1)
        gate = self.gate(self.mix(descriptor).sigmoid()[:, :, None, None])
        return features * (gate + self.num_identities)  # Eq. (2)


class ForwardPath(nn.Module):
    """Residual blocks from the finest level to the coarsest (Eq. 5).

    paper silent: basic blocks of two 3 x 3 convolutions, the first of a level with a
    stride; the finest level has as many as the others.

    Args:
        widths: Channels of each level, the finest first.
        num_blocks: Residual blocks a level.
    """

    def __init__(self, widths: Sequence[int], num_blocks: int) -> None:
        super().__init__()
        pairs = zip([widths[0], *widths[:-1]], widths, strict=True)
        self.levels = nn.ModuleList(
            ResLayer(BasicBlock, num_blocks, before, after, stride=1 if i == 0 else 2)
            for i, (before, after) in enumerate(pairs)
        )

    def forward(self, incoming: Sequence[Tensor | None]) -> list[Tensor]:
        """Run the blocks.

        Args:
            incoming: (N, widths[i], h / 2^i, w / 2^i) for each level i; None adds
                nothing, which the finest level cannot do without.

        Returns:
            Features of the same shapes.
        """
        features: list[Tensor] = []
        for blocks, added in zip(self.levels, incoming, strict=True):
            if not features:
                features.append(blocks(added))
                continue
            down = blocks(features[-1])
            features.append(down if added is None else down + added)
        return features


class ReversePath(BaseModule):
    """Guided fusion from the coarsest level to the finest (Eq. 6, 7).

    Args:
        widths: Channels of each level, the finest first; those of all but the finest
            are multiples of four.
        sequential: Fuse with the coarser level's output; else with its input, as the
            equations say.
        num_identities: As GuidedFusion.

    Raises:
        ConfigError: A width that the shuffle cannot divide.
    """

    def __init__(
        self, widths: Sequence[int], sequential: bool = False, num_identities: int = 1
    ) -> None:
        super().__init__()
        self.sequential = sequential
        outputs, guides = [widths[-1]], []
        for level in reversed(range(len(widths) - 1)):
            guides.append(outputs[-1] if sequential else widths[level + 1])
            if guides[-1] % SHUFFLE**2:
                raise ConfigError(
                    "ReversePath: the shuffle needs channels in fours",
                    expected=f"a multiple of {SHUFFLE**2} at level {level + 1}",
                    got=str(guides[-1]),
                )
            outputs.append(guides[-1] // SHUFFLE**2 + widths[level])
        self.out_channels = tuple(reversed(outputs))
        self.fusions = ModuleList(
            GuidedFusion(guide, channels, num_identities)
            for guide, channels in zip(
                reversed(guides), self.out_channels, strict=False
            )
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Fuse the levels.

        Args:
            features: (N, widths[i], h / 2^i, w / 2^i) for each level i.

        Returns:
            (N, out_channels[i], h / 2^i, w / 2^i) for each level i; the coarsest as it
            came.
        """
        outputs = [features[-1]]
        for level in reversed(range(len(self.fusions))):
            guide = outputs[-1] if self.sequential else features[level + 1]
            enlarged = F.pixel_shuffle(guide, SHUFFLE)
            joined = torch.cat([enlarged, features[level]], dim=1)  # Eq. (6)
            outputs.append(self.fusions[level](guide, joined))  # Eq. (7)
        return outputs[::-1]
