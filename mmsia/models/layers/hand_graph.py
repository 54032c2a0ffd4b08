"""DIR's graph convolution within a hand: weights for each joint, learnt shares.

A layer is out_j = W_j x_j + sum over neighbours k of s_jk V_k x_k + b, where s_j is
the softmax of a number for each of a joint's edges. The released layer also has a
number for each joint's edge to itself, which a softmax of one makes 1: it is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmsia.ops.graphs import HAND_LINKS

NUM_JOINTS = 21


class NodeGraphConv(nn.Module):
    """One layer for the 21 joints and 20 bones of a hand.

    Args:
        in_features: Numbers a joint before.
        out_features: Numbers a joint after.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        links = torch.tensor(HAND_LINKS)
        self.register_buffer(
            "directed", torch.cat([links, links.flip(1)]).T, persistent=False
        )
        self.edges = nn.Parameter(torch.ones(2 * len(HAND_LINKS)))
        self.weight = nn.Parameter(
            torch.empty(2, NUM_JOINTS, in_features, out_features)
        )
        self.bias = nn.Parameter(torch.zeros(out_features))
        # A joint's matrix is what Xavier's rule is about, not all 42 as one tensor.
        for matrix in self.weight.flatten(0, 1):
            nn.init.xavier_uniform_(matrix.data, gain=1.414)

    def forward(self, joints: Tensor) -> Tensor:
        """(B, 21, in_features) to (B, 21, out_features)."""
        own, sent = torch.einsum("bji,sjio->sbjo", joints, self.weight)
        return own + self.shares().to(sent.dtype) @ sent + self.bias

    def shares(self) -> Tensor:
        """(21, 21) what each joint, a row, takes of its neighbours; rows sum to 1."""
        numbers = self.edges.new_full((NUM_JOINTS, NUM_JOINTS), -torch.inf)
        to, of = self.directed
        return numbers.index_put((to, of), self.edges).softmax(dim=-1)


class HandGraph(nn.Module):
    """Graph convolutions in a row, each with a norm and ReLU; no residuals.

    Args:
        features: Numbers a joint, before and after.
        num_layers: How many.
    """

    def __init__(self, features: int, num_layers: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            NodeGraphConv(features, features) for _ in range(num_layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(features) for _ in range(num_layers))

    def forward(self, joints: Tensor) -> Tensor:
        """(B, 21, features), before and after."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            joints = norm(layer(joints).mT).mT.relu()
        return joints
