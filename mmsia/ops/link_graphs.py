"""Links among keypoints as adjacency (KLPNet, Section 3.3.1), and how good they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def true_links(
    parts: np.ndarray, mask: np.ndarray, links: Sequence[Sequence[tuple[int, int]]]
) -> np.ndarray:
    """Adjacency of nodes whose parts are known, from the categories' tables.

    Args:
        parts: (B, N) part of each node, -1 for a node that is none (a false peak).
        mask: (B, N) bool, where there is a node.
        links: Pairs of parts, of each instance's category.

    Returns:
        (B, N, N) float32 symmetric, 1 on the diagonal of nodes.
    """
    batch, number = parts.shape
    adjacency = np.zeros((batch, number, number), dtype=np.float32)
    highest = max(
        [-1, *parts.ravel(), *(p for some in links for pair in some for p in pair)]
    )
    for instance, pairs in enumerate(links):
        # the last row and column, which -1 reads, stand for no part
        table = np.zeros((highest + 2, highest + 2), dtype=np.float32)
        if len(pairs):
            first, second = np.asarray(pairs).T
            table[first, second] = table[second, first] = 1
        adjacency[instance] = table[parts[instance]][:, parts[instance]]
    adjacency *= mask[:, :, None] & mask[:, None, :]
    index = np.arange(number)
    adjacency[:, index, index] = mask
    return adjacency
