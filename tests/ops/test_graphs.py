"""Broadcast and aggregation against Algorithm 1 as it is printed, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmsia.errors import InputError
from mmsia.ops.graphs import (
    HAND_LINKS,
    broadcast_aggregate,
    graph_edges,
    hand_adjacency,
    link_adjacency,
)


def algorithm_1(matrix):
    """The printed procedure, line by line, with its counters from 1."""
    num_nodes = len(matrix)
    num_edges = sum(
        matrix[i][j] == 1 for i in range(num_nodes) for j in range(num_nodes)
    )
    broadcast = [[0] * num_nodes for _ in range(num_edges)]
    aggregate = [[0.0] * num_edges for _ in range(num_nodes)]
    ends = [0] * (num_edges + 1)
    m = 1
    for i in range(1, num_nodes + 1):
        for j in range(1, num_nodes + 1):
            if matrix[i - 1][j - 1] == 1:
                broadcast[m - 1][j - 1] = 1
                ends[m] = i
                m += 1
    for m in range(1, num_edges + 1):
        aggregate[ends[m] - 1][m - 1] = 1.0
    for row in aggregate:
        degree = sum(row)
        row[:] = [value / degree for value in row]
    return np.array(broadcast), np.array(aggregate)


def random_graph(rng, num_nodes):
    matrix = (rng.random((num_nodes, num_nodes)) < 0.3).astype(int)
    np.fill_diagonal(matrix, 1)
    return matrix


@pytest.mark.parametrize("num_nodes", [1, 2, 7, 21])
def test_agrees_with_the_printed_procedure(num_nodes):
    rng = np.random.default_rng(num_nodes)
    for matrix in (random_graph(rng, num_nodes), np.ones((num_nodes, num_nodes), int)):
        for ours, printed in zip(
            broadcast_aggregate(matrix), algorithm_1(matrix.tolist()), strict=True
        ):
            np.testing.assert_array_equal(ours, printed)


def test_directed_graph_by_hand():
    """0 -> 1, 2 -> 1, 1 -> 2 and a loop at 0; edges are counted by destination."""
    matrix = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0]])
    sources, destinations = graph_edges(matrix)
    assert sources.tolist() == [0, 0, 2, 1]
    assert destinations.tolist() == [0, 1, 1, 2]
    broadcast, aggregate = broadcast_aggregate(matrix)
    assert broadcast.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert aggregate.tolist() == [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]]


def test_hand_tree_has_61_edges_and_its_degrees():
    matrix = hand_adjacency()
    assert matrix.shape == (21, 21) and (matrix == matrix.T).all()
    broadcast, aggregate = broadcast_aggregate(matrix)
    assert broadcast.shape == (61, 21) and aggregate.shape == (21, 61)
    np.testing.assert_allclose(aggregate.sum(axis=1), 1, rtol=1e-15)
    assert (broadcast.sum(axis=1) == 1).all()
    degrees = (aggregate > 0).sum(axis=1)
    tips = [4, 8, 12, 16, 20]
    assert degrees[0] == 6 and (degrees[tips] == 2).all()
    assert (np.delete(degrees, [0, *tips]) == 3).all()
    # mean of the neighbours, for the first joint of the index finger
    mean = (aggregate @ broadcast)[5]
    assert {int(k): mean[k] for k in np.flatnonzero(mean)} == pytest.approx(
        {0: 1 / 3, 5: 1 / 3, 6: 1 / 3}
    )


def test_hand_tree_is_that_of_the_field_s_hand_data_sets():
    info = parse_pose_metainfo(
        {"from_file": "configs/_base_/datasets/panoptic_hand2d.py"}
    )
    theirs = {tuple(sorted(link)) for link in info["skeleton_links"]}
    assert theirs == set(HAND_LINKS)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones((2, 3)), r"expected \(K, K\).*got \(2, 3\)"),
        (np.ones((0, 0)), r"\(0, 0\)"),
        (np.ones(4), r"\(4,\)"),
        (np.array([[1, 2], [0, 1]]), "zeros and ones"),
        (np.array([[1, np.nan], [0, 1]]), "nan"),
        (np.array([[0, 1], [0, 0]]), r"none into nodes \[1\].*loops"),
    ],
)
def test_bad_matrices_are_named(matrix, words):
    with pytest.raises(InputError, match=words):
        broadcast_aggregate(matrix)


def test_bad_links_are_named():
    assert link_adjacency(2, [], loops=False).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(InputError, match=r"nodes 0 to 20.*\[\[20, 21\]\]"):
        link_adjacency(21, [(0, 1), (20, 21)])
    with pytest.raises(InputError, match="0 nodes"):
        link_adjacency(0, [])
