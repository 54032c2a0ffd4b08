"""Eq. (2) of SIA-GCN with real FFTs, forward and backward.

Copying maps to edges, filtering them and taking the mean at each node are all linear,
so that sums over edges can be taken of spectra. A layer then costs one forward and one
inverse transform a *node* instead of one an edge, for each image and head, and one
transform a kernel whatever the batch. The backward pass is the adjoint written out:
what autograd would do for a real transform is a complex one over twice the bins.

Products are summed edge by edge in place, so that the tensor of one spectrum an edge,
image and head never exists, which takes up to twenty times as long to write and read;
only where it is small (`LEAST_BINS`) is it faster than a loop.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

LEAST_BINS = 4096
"""Bins of an edge, over all images and heads, from which on edges are looped over.

Measured on a CPU: the loop pays 0.3 ms forward and 0.7 ms backward for its 61 calls.
"""

MOST_BINS = 2**20
"""Bins of the nodes of a batch, over the heads that a processor works on at once.

These are 8 MB of spectra. For tensors above 32 MB the C library asks the system for
fresh memory each time, which took longer than the transforms: eight images of 64 x 64
and ten heads trained 1.3 to 1.7 times as fast head by head. A GPU's memory is kept, and
fewer calls are better.
"""


class Edges(NamedTuple):
    """The directed edges of a graph.

    Attributes:
        pairs: Source and destination of each.
        sources: (E,) the same on the device of the maps.
        destinations: (E,).
    """

    pairs: tuple[tuple[int, int], ...]
    sources: Tensor
    destinations: Tensor


def fast_length(least: int) -> int:
    """The next length that FFT libraries are fast at.

    Multiples of four without prime factors above seven: of the lengths from 64 to 136
    the odd ones took MKL up to twice as long a point, those with one factor of two up
    to 1.3 times.

    Args:
        least: The transform needs this many points.
    """
    length = -4 * (-least // 4)
    while _has_large_factor(length):
        length += 4
    return length


def _has_large_factor(length: int) -> bool:
    for prime in (2, 3, 5, 7):
        while length % prime == 0:
            length //= prime
    return length > 1


def transform_size(map_size: tuple[int, int], kernel: tuple[int, int]) -> list[int]:
    """Points of the transforms, (h, w).

    A map and half a kernel are enough: what wraps around falls outside the crop.

    Args:
        map_size: (h, w) cells.
        kernel: (h, w) taps, odd, at most ``2 * map_size - 1``.
    """
    pairs = zip(map_size, kernel, strict=True)
    return [fast_length(cells + taps // 2) for cells, taps in pairs]


def kernel_spectra(kernels: Tensor, size: list[int]) -> Tensor:
    """Spectra of kernels, (M, E, h, w // 2 + 1) complex.

    Args:
        kernels: (M, E, kh, kw).
        size: Points of the transform, (h, w).
    """
    return torch.fft.rfft2(kernels, s=size)


def spectral_edge_sums(
    maps: Tensor, kernels: Tensor, edges: Edges, spectra: Tensor | None = None
) -> Tensor:
    """Filter each edge's map with its kernel and sum the edges that enter a node.

    Args:
        maps: (N, M, K, H, W) or, the same for all heads, (N, 1, K, H, W).
        kernels: (M, E, kh, kw), or (M, 1, kh, kw) for all edges; odd sizes of at most
            ``2 H - 1`` and ``2 W - 1``.
        edges: The E edges; every node has one that enters it.
        spectra: `kernel_spectra` of these kernels, if they are there already; then no
            gradient reaches the kernels.

    Returns:
        (N, M, K, H, W).
    """
    heads = _heads_at_once(maps, kernels)
    if heads >= len(kernels):
        return _EdgeSums.apply(maps, kernels, edges, spectra)
    # maps that all heads share are transformed anew each time, which still is less
    each = kernels.split(heads)
    own = maps.split(heads, dim=1) if maps.shape[1] > 1 else [maps] * len(each)
    kept = [None] * len(each) if spectra is None else spectra.split(heads)
    parts = zip(own, each, kept, strict=True)
    return torch.cat([_EdgeSums.apply(m, k, edges, s) for m, k, s in parts], dim=1)


def _heads_at_once(maps: Tensor, kernels: Tensor) -> int:
    if not maps.is_cpu:
        return len(kernels)
    height, width = transform_size(tuple(maps.shape[-2:]), tuple(kernels.shape[-2:]))
    bins = maps.shape[0] * maps.shape[2] * height * (width // 2 + 1)
    return max(1, MOST_BINS // max(bins, 1))


class _EdgeSums(torch.autograd.Function):
    """Sums of cross-correlations; a hat is a spectrum, g a gradient.

    forward   y_i = sum of x_j * f_e over e = (j -> i)    y^_i = sum x^_j conj(f^_e)
    backward  gx_j = sum of gy_i over e = (j -> i)        gx^_j = sum gy^_i f^_e
              gf_e = sum over images                      gf^_e = sum conj(gy^_i) x^_j
    """

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, kernels: Tensor, edges: Edges, spectra: Tensor | None
    ) -> Tensor:
        """Compute the sums; keeps spectra of nodes and kernels, none of edges."""
        height, width = maps.shape[-2:]
        taps = kernels.shape[-2:]
        size = transform_size((height, width), taps)
        if spectra is None:
            spectra = kernel_spectra(kernels, size)
        sources = torch.fft.rfft2(_place(maps, taps, size))
        sums = _sum_edges(sources, _one_an_edge(spectra, edges), edges)
        ctx.save_for_backward(sources, spectra)
        ctx.edges, ctx.size, ctx.taps = edges, size, taps
        return _inverse(sums, size, slice(height), slice(width))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The adjoint, without weights on bins: those of both transforms cancel."""
        sources, spectra = ctx.saved_tensors
        taps, size = ctx.taps, ctx.size
        height, width = grad.shape[-2:]
        top, left = taps[0] // 2, taps[1] // 2
        grads = torch.fft.rfft2(grad, s=size)
        grad_maps = grad_kernels = None
        if ctx.needs_input_grad[0]:
            kernels = _one_an_edge(spectra, ctx.edges)
            back = _spread_edges(grads, kernels, ctx.edges, sources.shape)
            place = slice(top, top + height), slice(left, left + width)
            grad_maps = _inverse(back, size, *place)
        if ctx.needs_input_grad[1]:
            pairs = _pair_edges(grads.conj_physical_(), sources, ctx.edges)
            if spectra.shape[1] == 1:
                pairs = pairs.sum(dim=1, keepdim=True)
            grad_kernels = _inverse(pairs, size, slice(taps[0]), slice(taps[1]))
        return grad_maps, grad_kernels, None, None


def _place(maps: Tensor, taps: torch.Size, size: list[int]) -> Tensor:
    """Zeros around maps, so that tap 0 of a kernel meets the first cell in range."""
    (height, width), (top, left) = maps.shape[-2:], (taps[0] // 2, taps[1] // 2)
    return F.pad(maps, (left, size[1] - width - left, top, size[0] - height - top))


def _inverse(spectra: Tensor, size: list[int], rows: slice, columns: slice) -> Tensor:
    """A part of the real inverse transform; other rows are spared the second pass."""
    kept = torch.fft.ifft(spectra, dim=-2)[..., rows, :]
    return torch.fft.irfft(kept, n=size[1])[..., columns]


def _one_an_edge(spectra: Tensor, edges: Edges) -> Tensor:
    return spectra.expand(-1, len(edges.pairs), -1, -1)


def _is_small(spectra: Tensor) -> bool:
    """Whether a tensor of spectra (N, M, K, h, f) is one of few bins a node."""
    return spectra.numel() // spectra.shape[2] < LEAST_BINS


def _sum_edges(sources: Tensor, spectra: Tensor, edges: Edges) -> Tensor:
    """(N, M, K, h, f) sums over the edges that enter each node."""
    shape = list(sources.shape)
    shape[1] = len(spectra)
    sums = sources.new_empty(shape)
    # conjugating the nodes' maps twice is cheaper than the edges' kernels once
    sources.conj_physical_()
    if _is_small(sums):
        pairs = sources[:, :, edges.sources] * spectra
        sums.zero_().index_add_(2, edges.destinations, pairs)
    else:
        started: set[int] = set()
        for edge, (source, destination) in enumerate(edges.pairs):
            total = sums[:, :, destination]
            pair = sources[:, :, source], spectra[:, edge]
            if destination in started:
                total.addcmul_(*pair)
            else:
                torch.mul(*pair, out=total)
            started.add(destination)
    sources.conj_physical_()
    return sums.conj_physical_()


def _spread_edges(
    grads: Tensor, spectra: Tensor, edges: Edges, shape: torch.Size
) -> Tensor:
    """Gradient of the nodes' spectra, of the shape that these have."""
    back = grads.new_zeros(shape)
    one_head = shape[1] < grads.shape[1]
    if _is_small(grads):
        pairs = grads[:, :, edges.destinations] * spectra
        pairs = pairs.sum(dim=1, keepdim=True) if one_head else pairs
        return back.index_add_(2, edges.sources, pairs)
    for edge, (source, destination) in enumerate(edges.pairs):
        total, pair = back[:, :, source], (grads[:, :, destination], spectra[:, edge])
        if one_head:
            total += torch.mul(*pair).sum(dim=1, keepdim=True)
        else:
            total.addcmul_(*pair)
    return back


def _pair_edges(grads: Tensor, sources: Tensor, edges: Edges) -> Tensor:
    """(M, E, h, f) gradient of the kernels' spectra, from conjugated gradients."""
    if _is_small(grads):
        pairs = grads[:, :, edges.destinations] * sources[:, :, edges.sources]
        return pairs.sum(dim=0)
    num_heads, bins = grads.shape[1], grads.shape[-2:]
    pairs = grads.new_empty(num_heads, len(edges.pairs), *bins)
    products = torch.empty_like(grads[:, :, 0])
    for edge, (source, destination) in enumerate(edges.pairs):
        pair = grads[:, :, destination], sources[:, :, source]
        if len(grads) == 1:
            torch.mul(pair[0][0], pair[1][0], out=pairs[:, edge])
        else:
            torch.sum(torch.mul(*pair, out=products), dim=0, out=pairs[:, edge])
    return pairs
