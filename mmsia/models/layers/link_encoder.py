"""Layers of CLPGM's encoder on graphs of different sizes (KLPNet, Eq. 6).

Each layer is tanh(A Z W + Z W_self). The paper prints tanh(A Z W); at test time no
links are known, so that A is complete, and a plain average over a complete graph makes
all nodes equal after one layer. The term of its own keeps them apart.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GraphLayer(nn.Module):
    """One layer, for graphs that are padded to one size.

    Args:
        in_features: Numbers a node before.
        out_features: Numbers a node after.
        keep_own: Whether there is a term of a node's own; without it as printed.
    """

    def __init__(
        self, in_features: int, out_features: int, keep_own: bool = True
    ) -> None:
        super().__init__()
        self.shared = nn.Linear(in_features, out_features, bias=not keep_own)
        nn.init.xavier_uniform_(self.shared.weight)
        self.own = None
        if keep_own:
            self.own = nn.Linear(in_features, out_features)
            nn.init.xavier_uniform_(self.own.weight)

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        """Next features (B, N, out_features).

        Args:
            nodes: (B, N, in_features).
            adjacency: (B, N, N) normalised, 0 where there is no node.
        """
        mixed = adjacency @ self.shared(nodes)
        return torch.tanh(mixed if self.own is None else mixed + self.own(nodes))


def normalise_adjacency(adjacency: Tensor) -> Tensor:
    """D^-1/2 A D^-1/2; nodes without links have zeros.

    Args:
        adjacency: (B, N, N) symmetric, at least 0, with ones on the diagonal of nodes.
    """
    scale = adjacency.sum(dim=-1).clamp(min=1e-12).rsqrt()
    scale = scale.where(adjacency.sum(dim=-1) > 0, torch.zeros_like(scale))
    return scale[:, :, None] * adjacency * scale[:, None, :]


def complete_graph(mask: Tensor) -> Tensor:
    """Adjacency (B, N, N) of every node with every node, and with itself.

    Args:
        mask: (B, N) bool, where there is a node.
    """
    return (mask[:, :, None] & mask[:, None, :]).float()
