"""SIA-GCN's edge-aware graph convolution (Section 3.2, Eq. 2).

Each node of a graph carries a map and each directed edge a kernel of its own. A layer
sends a node's map along its edges, filters it with each edge's kernel, and takes at
each node the mean of what arrives. The kernels are the only parameters; the
non-linearity of Eq. (2) is applied outside. Several heads are computed at once.

paper silent: "convolution" is taken as the cross-correlation that deep learning means
by it; with learned kernels the two cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError
from mmsia.models.layers.edge_direct import direct_edge_sums
from mmsia.models.layers.edge_kernels import fill_kernels, used_taps
from mmsia.models.layers.edge_rule import choose_implementation
from mmsia.models.layers.edge_spectra import (
    Edges,
    kernel_spectra,
    spectral_edge_sums,
    transform_size,
)
from mmsia.ops.graphs import broadcast_aggregate, graph_edges, hand_adjacency

IMPLEMENTATIONS = ("auto", "direct", "spectral")


class _Kept(NamedTuple):
    """Spectra of kernels that did not change since."""

    weight: Tensor
    state: tuple[Any, ...]
    spectra: Tensor


@MODELS.register_module()
class EdgeGraphConv(nn.Module):
    """One kernel for each directed edge and head, mean at the nodes.

    `weight` is (M, E, k, k), or (M, 1, k, k) if shared, in the order of Algorithm 1
    (destinations outer, sources inner). The state dict holds nothing else, whatever
    the implementation. Maps and kernels are filtered in float32 or float64, also under
    autocast: half precision would lose sums of k * k terms.

    In evaluation, where no gradient is asked of the kernels, their spectra are kept
    (M * E * h * w complex numbers: 23 MB at 64 x 64, k = 45, ten heads) until the
    weight changes or the mode is set. Only writes through `weight.data` go unseen
    until `train()` or `eval()` is called next.

    Args:
        adjacency: (K, K) of zeros and ones, entry [i, j] the edge from j to i, or
            "hand", the tree of 21 nodes with loops.
        kernel_size: Edge k of the kernels, odd.
        num_heads: Number of heads M.
        shared: One kernel for all edges of a head (the paper's SharedWeight GCN).
        impl: "direct" (grouped convolution), "spectral" (FFT), or "auto", the faster
            one by a measured rule.
        init: "identity" or "uniform", see `fill_kernels`.

    Raises:
        ConfigError: Options that make no layer.
        InputError: No such graph, or a node that no edge enters.
    """

    mean: Tensor | None
    sources: Tensor
    destinations: Tensor
    degrees: Tensor

    def __init__(
        self,
        adjacency: str | Sequence[Sequence[int]] | np.ndarray,
        kernel_size: int = 45,
        num_heads: int = 1,
        shared: bool = False,
        impl: str = "auto",
        init: str = "identity",
    ) -> None:
        super().__init__()
        _check_options(kernel_size, num_heads, impl)
        matrix = hand_adjacency() if _is_hand(adjacency) else np.asarray(adjacency)
        sources, destinations = graph_edges(matrix)
        self.num_nodes, self.num_heads = len(matrix), num_heads
        self.shared, self.impl, self.init = shared, impl, init
        shape = (1 if shared else len(sources), kernel_size, kernel_size)
        self.weight = nn.Parameter(torch.empty(num_heads, *shape))
        fill_kernels(self.weight, np.array([sources, destinations]), init)
        mean, degrees = None, np.bincount(destinations)
        if shared:
            # the mean of maps filtered alike is the filtered mean: K maps, not E
            mean = np.matmul(*broadcast_aggregate(matrix)[::-1])
            sources = destinations = np.arange(len(matrix))
            degrees = np.ones(len(matrix))
        self.edges = tuple(zip(sources.tolist(), destinations.tolist(), strict=True))
        self._fix("mean", mean)
        self._fix("sources", sources)
        self._fix("destinations", destinations)
        self._fix("degrees", degrees[:, None, None])
        self._kept: _Kept | None = None

    def forward(self, maps: Tensor) -> Tensor:
        """Filter along the edges and take the mean at each node.

        Args:
            maps: (N, M, K, H, W), or (N, K, H, W), the same for all heads; finite
                (checked on the CPU alone: another device would have to be waited for).

        Returns:
            (N, M, K, H, W).

        Raises:
            InputError: Maps that do not fit the graph, or are not finite.
        """
        self._check(maps)
        maps = maps if maps.ndim == 5 else maps.unsqueeze(1)
        dtype = torch.promote_types(maps.dtype, self.weight.dtype)
        with _no_autocast(maps.device.type):
            filtered = self._filter(maps.to(torch.promote_types(dtype, torch.float32)))
        return filtered.to(dtype)

    def implementation(self, maps: Tensor) -> str:
        """Which implementation filters these maps, "direct" or "spectral".

        Args:
            maps: (N, M, K, H, W) or (N, K, H, W).
        """
        if self.impl != "auto":
            return self.impl
        map_size = maps.shape[-2:]
        taps = used_taps(self.weight, map_size).shape[-2:]
        return choose_implementation(
            maps.device.type, taps, map_size, learned=self._learns()
        )

    def _filter(self, maps: Tensor) -> Tensor:
        """Eq. (2) without its non-linearity, in the maps' precision."""
        kernels = used_taps(self.weight, maps.shape[-2:]).to(maps.dtype)
        implementation = self.implementation(maps)
        if self.mean is not None:
            maps = torch.einsum("ij,nmjhw->nmihw", self.mean.to(maps.dtype), maps)
        if implementation == "spectral":
            spectra = self._spectra(kernels, maps.shape[-2:])
            edges = Edges(self.edges, self.sources, self.destinations)
            sums = spectral_edge_sums(maps, kernels, edges, spectra)
        else:
            sums = direct_edge_sums(maps, kernels, self.sources, self.destinations)
        return sums if self.shared else sums / self.degrees

    def _keeps(self) -> bool:
        """Whether spectra of the kernels may outlive this call."""
        return not (self.training or self._learns() or self.weight.is_inference())

    def _learns(self) -> bool:
        return torch.is_grad_enabled() and self.weight.requires_grad

    def _spectra(self, kernels: Tensor, map_size: torch.Size) -> Tensor | None:
        """Spectra that are still good, or None if the kernels' gradient is wanted."""
        if not self._keeps():
            return None
        size = transform_size(tuple(map_size), tuple(kernels.shape[-2:]))
        state = (self.weight._version, kernels.dtype, tuple(size), tuple(map_size))
        kept = self._kept
        if kept is None or kept.weight is not self.weight or kept.state != state:
            # a tensor of inference mode could not be used outside of it
            with torch.inference_mode(False), torch.no_grad():
                spectra = kernel_spectra(kernels, size)
            self._kept = kept = _Kept(self.weight, state, spectra)
        return kept.spectra

    def train(self, mode: bool = True) -> EdgeGraphConv:
        """Set the mode; kept spectra are dropped."""
        self._kept = None
        return super().train(mode)

    def _apply(self, *args: Any, **options: Any) -> EdgeGraphConv:
        self._kept = None
        return super()._apply(*args, **options)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": None}

    def _fix(self, name: str, values: np.ndarray | None) -> None:
        """Keep an array that follows from the graph, outside of the state dict."""
        tensor = None if values is None else torch.as_tensor(values)
        self.register_buffer(name, tensor, persistent=False)

    def _check(self, maps: Tensor) -> None:
        nodes, heads = self.num_nodes, self.num_heads
        fits = (maps.ndim == 4 and maps.shape[1] == nodes) or (
            maps.ndim == 5 and maps.shape[1:3] == (heads, nodes)
        )
        if not fits or min(maps.shape[-2:]) < 2 or not maps.is_floating_point():
            raise InputError(
                f"maps of a graph of {nodes} nodes with {heads} heads",
                expected=f"floats (N, {heads}, {nodes}, H, W) or (N, {nodes}, H, W), "
                "H and W at least 2",
                got=f"{str(maps.dtype).removeprefix('torch.')} {tuple(maps.shape)}",
            )
        if maps.device.type == "cpu" and not maps.detach().sum().isfinite():
            wrong = int((~maps.isfinite()).sum())
            if wrong:
                raise InputError(
                    "maps of a graph", expected="finite numbers", got=f"{wrong} others",
                    remedy="One of them reaches every cell that its kernels reach",
                )  # fmt: skip

    def extra_repr(self) -> str:
        """What the layer was built with."""
        return (
            f"nodes={self.num_nodes}, weight={tuple(self.weight.shape)}, "
            f"shared={self.shared}, impl={self.impl!r}"
        )


def _no_autocast(device_type: str) -> AbstractContextManager[Any]:
    if not torch.amp.is_autocast_available(device_type):
        return nullcontext()
    return torch.autocast(device_type, enabled=False)


def _is_hand(adjacency: Any) -> bool:
    if isinstance(adjacency, str) and adjacency != "hand":
        raise ConfigError(
            "EdgeGraphConv: adjacency", expected='"hand" or a matrix', got=adjacency
        )
    return isinstance(adjacency, str)


def _check_options(kernel_size: int, num_heads: int, impl: str) -> None:
    for name, value in (("kernel_size", kernel_size), ("num_heads", num_heads)):
        odd = name == "kernel_size"
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or value < 1 or (odd and value % 2 == 0):
            raise ConfigError(
                f"EdgeGraphConv: {name}",
                expected="an odd number" if odd else "at least 1",
                got=repr(value),
            )
    if impl not in IMPLEMENTATIONS:
        raise ConfigError(
            "EdgeGraphConv: impl", expected=" or ".join(IMPLEMENTATIONS), got=repr(impl)
        )
