"""Learned kernels of SIA-GCN, one for each edge of the hand, from a run's weights.

A run that evaluates names the training that it started from; the weights lie there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmsia.bench.gallery_weights import HeadWeights
from mmsia.bench.store import Store, StoredRun
from mmsia.errors import DataError
from mmsia.ops.graphs import graph_edges, hand_adjacency

LAYER = 1
NAME = f"graph.layers.{LAYER - 1}.weight"


@dataclass(frozen=True)
class EdgeKernels:
    """The kernels of one layer and head.

    Attributes:
        edges: (E, 2) node that an edge leaves, and that it enters.
        taps: (E, k, k) rows, columns; a tap to the right of the middle takes from
            cells to the right of the one that it writes to.
        head: From 0.
        why: The rule that chose the head.
    """

    edges: np.ndarray
    taps: np.ndarray
    head: int
    why: str

    @property
    def limit(self) -> float:
        """End of the common scale: 99.5 % of all taps are nearer to zero."""
        return float(np.quantile(np.abs(self.taps), 0.995)) or 1.0


def edges_by_finger() -> np.ndarray:
    """Indices of the hand's 61 edges, finger by finger.

    Twelve a finger: outward, inward, loops, each from the palm to the tip. The loop of
    the wrist, which is no finger's, comes last.
    """
    sources, destinations = graph_edges(hand_adjacency())
    tip = np.maximum(sources, destinations)
    finger = np.where(tip == 0, 5, (tip - 1) // 4)
    group = np.select([destinations > sources, destinations < sources], [0, 1], 2)
    return np.lexsort((tip, group, finger))


def load_kernels(
    store: Store, run: StoredRun, weights: HeadWeights | None
) -> EdgeKernels:
    """The kernels of layer 1 behind a run, finger by finger.

    Args:
        store: Where the run and its training are.
        run: An evaluation.
        weights: How its heads were weighed: the strongest is shown, head 1 without.

    Raises:
        DataError: If the weights are not at hand any more, or have no such kernels.
    """
    from mmsia.models.weights.loading import find_state_dict, read_checkpoint

    path = weights_behind(store, run)
    stored = find_state_dict(read_checkpoint(path), path).get(NAME)
    order = edges_by_finger()
    if stored is None or stored.ndim != 4 or stored.shape[1] != len(order):
        raise DataError(
            f"kernels of edges in {path}",
            expected=f"{NAME} of {len(order)} edges",
            got="none" if stored is None else f"an array of {tuple(stored.shape)}",
        )
    head = 0 if weights is None else weights.strongest
    why = "the first" if weights is None else "that of the largest mean weight"
    edges = np.stack(graph_edges(hand_adjacency()), axis=1)
    return EdgeKernels(edges[order], stored[head].double().numpy()[order], head, why)


def peak_taps(taps: np.ndarray) -> np.ndarray:
    """The tap of each kernel that is farthest from zero, the first of equals.

    Args:
        taps: (E, k, k).

    Returns:
        (E, 3): its value, and its column and row from the middle, cells.
    """
    flat = taps.reshape(len(taps), -1)
    index = np.abs(flat).argmax(axis=1)
    rows, columns = np.divmod(index, taps.shape[-1])
    middle = taps.shape[-1] // 2
    values = flat[np.arange(len(flat)), index]
    return np.stack((values, columns - middle, rows - middle), axis=1)


def weights_behind(store: Store, run: StoredRun) -> Path:
    """The weights that an evaluation tested.

    Args:
        store: Where the run and its training are.
        run: The evaluation.

    Raises:
        DataError: If they came from elsewhere, are gone or were changed.
    """
    start = run.provenance.get("start")
    if start is None:
        raise DataError(
            f"the weights of the run {run.key}",
            expected="those of a training in the work folder",
            got="a file that was given from elsewhere",
        )
    problem = store.weights_problem(start)
    path = store.weights_path(start)
    if problem is not None or path is None:
        raise DataError(f"the weights of the run {run.key}", got=problem)
    return path
