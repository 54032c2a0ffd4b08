"""DIR's first guess of both hands, from the encoder's last map alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmsia.models.layers.dir_blocks import draw_weights, map_head
from mmsia.models.layers.hand_decoder import NUM_PARAMETERS


class InitialHands(nn.Module):
    """For each hand an attention map, a mean weighted by it, and a linear layer.

    The offset between hands comes from the plain mean.

    Args:
        channels: Of the map.
    """

    def __init__(self, channels: int = 2048) -> None:
        super().__init__()
        self.attention = nn.ModuleList(
            map_head(channels, channels // 2, 1) for _ in range(2)
        )
        self.hands = nn.ModuleList(
            nn.Linear(channels, NUM_PARAMETERS) for _ in range(2)
        )
        self.offset = nn.Linear(channels, 3)
        draw_weights(self)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Guess.

        Args:
            maps: (B, channels, h, w).

        Returns:
            (B, 2, 64) parameters and (B, 3) offset.
        """
        cells = maps.flatten(2)
        parameters = []
        for attention, linear in zip(self.attention, self.hands, strict=True):
            weights = attention(maps).float().sigmoid().flatten(2)
            weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-8)
            parameters.append(linear((cells * weights).sum(dim=-1)))
        return torch.stack(parameters, dim=1), self.offset(cells.mean(dim=-1))
