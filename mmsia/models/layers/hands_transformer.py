"""DIR's transformer between hands: all joints of both hands attend to each other.

The released network makes four blocks, of which three act; three are made here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

NUM_TOKENS = 42


class HandsTransformer(nn.Module):
    """Pre-norm blocks, with one shared norm after each of them.

    Args:
        features: Numbers a token.
        num_blocks: Blocks, all of which act.
        num_heads: Heads of the attention.
    """

    def __init__(self, features: int, num_blocks: int = 3, num_heads: int = 4) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.zeros(1, NUM_TOKENS, features))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                features,
                num_heads,
                2 * features,
                dropout=0.0,
                activation="gelu",
                layer_norm_eps=1e-6,
                batch_first=True,
                norm_first=True,
            )
            for _ in range(num_blocks)
        )
        self.norm = nn.LayerNorm(features, eps=1e-6)

    def forward(self, joints: Tensor, cells: Tensor | None = None) -> Tensor:
        """Let tokens attend to each other.

        Args:
            joints: (B, 42, features), left hand first.
            cells: (B, N, features) of more tokens, which have no learnt place.

        Returns:
            (B, 42 + N, features).
        """
        tokens = joints + self.place
        if cells is not None:
            tokens = torch.cat([tokens, cells], dim=1)
        for block in self.blocks:
            tokens = self.norm(block(tokens))
        return tokens
