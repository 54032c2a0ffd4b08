"""Kernels of a run's weights: which edge is which, which head, and lost weights."""

import numpy as np
import pytest
import torch

from mmsia.bench.gallery_kernels import (
    EdgeKernels,
    edges_by_finger,
    load_kernels,
    peak_taps,
)
from mmsia.bench.gallery_weights import head_weights
from mmsia.bench.store import Store
from mmsia.bench.weights import Weights
from mmsia.errors import DataError
from mmsia.ops.graphs import graph_edges, hand_adjacency


def store_run(store, state_dict, start="trained"):
    """An evaluation, and the training before it that left these weights."""
    folder = store.folder / "trained"
    folder.mkdir(parents=True)
    path = folder / "weights.pth"
    torch.save({"state_dict": state_dict}, path)
    result = {"scores": {}, "weights": Weights.of(path, folder).as_json()}
    store.save("trained", result, {}, [])
    return store.save("tested", {"scores": {}}, {"start": start}, [])


def numbered(num_heads=2, size=3):
    """Kernels whose taps are all 100 * head + edge, in the order of Algorithm 1."""
    values = 100 * torch.arange(num_heads)[:, None] + torch.arange(61)
    kernels = values[:, :, None, None].expand(-1, -1, size, size).float()
    return {"graph.layers.0.weight": kernels.clone(), "head.bias": torch.zeros(2)}


def test_edges_stand_finger_by_finger():
    edges = np.stack(graph_edges(hand_adjacency()), axis=1)[edges_by_finger()]
    assert edges.shape == (61, 2) and len(np.unique(edges, axis=0)) == 61
    # the thumb: outwards, inwards, loops; then the forefinger; at last the wrist
    thumb = [(0, 1), (1, 2), (2, 3), (3, 4), (1, 0), (2, 1), (3, 2), (4, 3)]
    thumb += [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert [tuple(edge) for edge in edges[:12].tolist()] == thumb
    assert edges[12].tolist() == [0, 5] and edges[16].tolist() == [5, 0]
    assert edges[-1].tolist() == [0, 0]


def test_every_edge_shows_its_own_kernel(tmp_path):
    store = Store(tmp_path)
    run = store_run(store, numbered())
    weights = head_weights([{"id": 1, "image_id": 1, "head_weights": [0.4, 0.6]}])
    kernels = load_kernels(store, run, weights)
    assert kernels.head == 1 and kernels.why == "that of the largest mean weight"
    sources, destinations = graph_edges(hand_adjacency())
    for (source, destination), taps in zip(kernels.edges, kernels.taps, strict=True):
        (edge,) = np.flatnonzero((sources == source) & (destinations == destination))
        assert (taps == 100 + edge).all()
    first = load_kernels(store, run, None)
    assert (first.head, first.why) == (0, "the first")


def test_a_tap_to_the_right_takes_from_the_right():
    """What the caption says, by the layer itself."""
    from mmsia.models.layers import EdgeGraphConv

    layer = EdgeGraphConv(np.eye(1, dtype=int), kernel_size=5, impl="direct")
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 2, 4] = 1
    peak, right, down = peak_taps(layer.weight[0].detach().numpy())[0]
    assert (peak, right, down) == (1, 2, 0)
    maps = torch.zeros(1, 1, 8, 8)
    maps[0, 0, 3, 6] = 1
    moved = layer(maps)[0, 0, 0]
    assert moved[3, 6 - 2] == 1 and moved.sum() == 1


def test_peaks_and_scale_by_hand():
    taps = np.zeros((2, 3, 3))
    taps[0, 0, 2], taps[0, 1, 1], taps[1, 2, 1] = -4, 3, 2
    assert peak_taps(taps).tolist() == [[-4, 1, -1], [2, 0, 1]]
    edges = np.zeros((2, 2), int)
    level = EdgeKernels(edges, np.full((2, 3, 3), -0.25), 0, "")
    assert level.limit == 0.25
    # a scale needs two ends
    assert EdgeKernels(edges, np.zeros((2, 3, 3)), 0, "").limit == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"head.bias": torch.zeros(2)}, "graph.layers.0.weight of 61 edges, got none"),
        ({"graph.layers.0.weight": torch.zeros(1, 1, 3, 3)}, r"\(1, 1, 3, 3\)"),
    ],
)
def test_weights_of_another_network_are_named(tmp_path, state, words):
    store = Store(tmp_path)
    run = store_run(store, state)
    with pytest.raises(DataError, match=words):
        load_kernels(store, run, None)


def test_lost_changed_or_given_weights_are_named(tmp_path):
    store = Store(tmp_path)
    run = store_run(store, numbered())
    path = tmp_path / "trained" / "weights.pth"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match="changed since"):
        load_kernels(store, run, None)
    path.unlink()
    with pytest.raises(DataError, match="missing"):
        load_kernels(store, run, None)
    (tmp_path / "trained" / "result.json").unlink()
    with pytest.raises(DataError, match="left no weights"):
        load_kernels(store, run, None)
    given = store.save("given", {"scores": {}}, {"start": None}, [])
    with pytest.raises(DataError, match="given from elsewhere"):
        load_kernels(store, given, None)
