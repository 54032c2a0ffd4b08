"""Eq. (2) of SIA-GCN with a grouped convolution, as it is written."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def direct_edge_sums(
    maps: Tensor, kernels: Tensor, sources: Tensor, destinations: Tensor
) -> Tensor:
    """Filter each edge's map with its kernel and sum the edges that enter a node.

    Args:
        maps: (N, M, K, H, W) or, the same for all heads, (N, 1, K, H, W).
        kernels: (M, E, kh, kw), or (M, 1, kh, kw) for all edges; odd sizes.
        sources: (E,) node that each edge leaves.
        destinations: (E,) node that it enters.

    Returns:
        (N, M, K, H, W).
    """
    batch, _, num_nodes, height, width = maps.shape
    kernels = kernels.expand(-1, len(sources), -1, -1)
    num_heads, num_edges, *taps = kernels.shape
    channels = num_heads * num_edges
    broadcast = maps[:, :, sources].expand(-1, num_heads, -1, -1, -1)
    filtered = F.conv2d(
        broadcast.reshape(batch, channels, height, width),
        kernels.reshape(channels, 1, *taps),
        padding=[size // 2 for size in taps],
        groups=channels,
    ).reshape(batch, num_heads, num_edges, height, width)
    sums = maps.new_zeros(batch, num_heads, num_nodes, height, width)
    return sums.index_add(2, destinations, filtered)
