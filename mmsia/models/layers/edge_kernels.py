"""How the kernels of an edge-aware graph convolution start, and which taps count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmsia.errors import ConfigError

INITS = ("identity", "uniform")
NOISE = 1e-3


def fill_kernels(weight: Tensor, edges: np.ndarray, init: str) -> None:
    """Fill kernels in place, from torch's generator.

    paper silent: "identity" lets a layer pass its maps on, so that a network of trained
    maps starts where it was: a delta as high as the node's degree on loops, for the
    mean divides by it, and a delta of one on every edge into a node without a loop
    (and on a shared kernel), the mean of the neighbours; plus noise. "uniform" is what
    PyTorch gives a depthwise convolution, within 1/k, and scrambles the maps at first.

    Args:
        weight: (M, E, k, k), or (M, 1, k, k) of a shared kernel.
        edges: (2, E) sources and destinations.
        init: One of `INITS`.

    Raises:
        ConfigError: Another name.
    """
    size = weight.shape[-1]
    if init not in INITS:
        raise ConfigError(
            "start of the kernels", expected=" or ".join(INITS), got=repr(init)
        )
    with torch.no_grad():
        if init == "uniform":
            weight.uniform_(-1 / size, 1 / size)
            return
        height = np.ones(1) if weight.shape[1] == 1 else _peaks(*edges)
        weight.normal_(std=NOISE)
        weight[:, :, size // 2, size // 2] += torch.as_tensor(height).to(weight)


def _peaks(sources: np.ndarray, destinations: np.ndarray) -> np.ndarray:
    """(E,) height of each edge's delta."""
    degrees, loops = np.bincount(destinations), sources == destinations
    has_loop = np.isin(destinations, destinations[loops])
    return np.where(loops, degrees[destinations], np.where(has_loop, 0.0, 1.0))


def used_taps(weight: Tensor, map_size: Sequence[int]) -> Tensor:
    """The taps that can meet two cells of one map, a view.

    Args:
        weight: (M, E, k, k).
        map_size: (h, w) cells.

    Returns:
        (M, E, kh, kw), odd, at most ``2 h - 1`` and ``2 w - 1``.
    """
    middle = weight.shape[-1] // 2
    rows, columns = (min(middle, int(cells) - 1) for cells in map_size)
    return weight[
        :,
        :,
        middle - rows : middle + rows + 1,
        middle - columns : middle + columns + 1,
    ]
