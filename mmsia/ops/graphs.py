"""Graphs of keypoints, and the two matrices that move maps along their edges.

SIA-GCN, Section 3.2 and Algorithm 1: the broadcast matrix copies each node's map to the
edges that leave it, the aggregation matrix takes at each node the mean of the edges
that enter it. Both follow from the adjacency matrix and are never learned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmsia.errors import InputError

# paper silent: node 0 is the wrist, finger f owns nodes 4f + 1 (knuckle) to 4f + 4
# (tip), the order of the authors' earlier code and of MMPose's hand data sets
HAND_LINKS: tuple[tuple[int, int], ...] = tuple(
    (0 if part == 0 else 4 * finger + part, 4 * finger + part + 1)
    for finger in range(5)
    for part in range(4)
)
"""The 20 bones of a hand of 21 keypoints, from the wrist outwards."""


def link_adjacency(
    num_nodes: int, links: Sequence[tuple[int, int]], *, loops: bool = True
) -> np.ndarray:
    """Adjacency matrix of an undirected skeleton.

    Args:
        num_nodes: Number of keypoints K.
        links: Pairs of keypoints, each an edge in both directions.
        loops: Connect every node with itself as well.

    Returns:
        (K, K) int64 of zeros and ones; entry [i, j] is the edge from j to i.

    Raises:
        InputError: A link to a node that there is not.
    """
    pairs = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    wrong = pairs[((pairs < 0) | (pairs >= num_nodes)).any(axis=1)]
    if num_nodes < 1 or len(wrong):
        raise InputError(
            "links of a graph",
            expected=f"pairs of nodes 0 to {num_nodes - 1}",
            got=str(wrong[:3].tolist() or f"{num_nodes} nodes"),
        )
    adjacency = np.zeros((num_nodes, num_nodes), dtype=np.int64)
    adjacency[pairs[:, 0], pairs[:, 1]] = adjacency[pairs[:, 1], pairs[:, 0]] = 1
    if loops:
        np.fill_diagonal(adjacency, 1)
    return adjacency


def hand_adjacency() -> np.ndarray:
    """The hand tree of 21 nodes with loops, (21, 21): 61 directed edges."""
    return link_adjacency(21, HAND_LINKS)


def graph_edges(adjacency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directed edges of a graph, in the order in which Algorithm 1 meets them.

    Args:
        adjacency: (K, K) of zeros and ones; entry [i, j] is the edge from j to i.

    Returns:
        Sources and destinations, (E,) int64 each; destinations outer, sources inner.

    Raises:
        InputError: No such matrix, or a node that no edge enters.
    """
    matrix = np.asarray(adjacency)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(
            "adjacency matrix", expected="(K, K), K at least 1", got=str(matrix.shape)
        )
    if not np.isin(matrix, (0, 1)).all():
        odd = matrix[~np.isin(matrix, (0, 1))]
        raise InputError(
            "adjacency matrix",
            expected="zeros and ones",
            got=f"{odd.flat[0]!r} and {odd.size - 1} more of its kind",
        )
    isolated = np.flatnonzero(matrix.sum(axis=1) == 0)
    if len(isolated):
        raise InputError(
            "adjacency matrix: a mean over no edges",
            expected="at least one edge into every node",
            got=f"none into nodes {isolated[:8].tolist()}",
            remedy="Add loops: adjacency[i, i] = 1",
        )
    destinations, sources = np.nonzero(matrix)
    return sources, destinations


def broadcast_aggregate(adjacency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Build B and A_hat of Eq. (2) from an adjacency matrix (Algorithm 1).

    Args:
        adjacency: (K, K) of zeros and ones; entry [i, j] is the edge from j to i.

    Returns:
        Broadcast matrix (E, K), a single one in each row, and aggregation matrix
        (K, E), whose rows sum to one; float64.

    Raises:
        InputError: No such matrix, or a node that no edge enters.
    """
    sources, destinations = graph_edges(adjacency)
    edges = np.arange(len(sources))
    broadcast = np.zeros((len(edges), len(adjacency)))
    broadcast[edges, sources] = 1
    aggregate = np.zeros((len(adjacency), len(edges)))
    aggregate[destinations, edges] = 1
    aggregate /= aggregate.sum(axis=1, keepdims=True)
    return broadcast, aggregate
