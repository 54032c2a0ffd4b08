"""EdgeGraphConv against a plain loop over Eq. (2), and against worked cases."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from mmsia.errors import ConfigError, InputError
from mmsia.models.layers import EdgeGraphConv
from mmsia.ops.graphs import broadcast_aggregate, hand_adjacency

IMPLEMENTATIONS = ("direct", "spectral")
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def random_graph(seed: int, num_nodes: int = 4) -> np.ndarray:
    """A directed graph, not every node with a loop, but an edge into every node."""
    rng = np.random.default_rng(seed)
    matrix = (rng.random((num_nodes, num_nodes)) < 0.4).astype(int)
    matrix[np.arange(num_nodes), rng.integers(0, num_nodes, num_nodes)] = 1
    return matrix


def equation_2(adjacency, maps, weight):
    """A_hat ((B X) * F), edge by edge; a window's product with its kernel is a cell."""
    broadcast, aggregate = map(torch.from_numpy, broadcast_aggregate(adjacency))
    taps, images = weight.shape[-1], []
    for image in maps:
        heads = []
        for head, kernels in enumerate(weight):
            sent = torch.einsum(
                "ek,khw->ehw", broadcast, image[min(head, len(image) - 1)]
            )
            filtered = []
            for edge, one in enumerate(sent):
                windows = F.pad(one, [taps // 2] * 4).unfold(0, taps, 1)
                windows = windows.unfold(1, taps, 1)
                kernel = kernels[min(edge, len(kernels) - 1)]
                filtered.append(torch.einsum("hwab,ab->hw", windows, kernel))
            heads.append(torch.einsum("ke,ehw->khw", aggregate, torch.stack(filtered)))
        images.append(torch.stack(heads))
    return torch.stack(images)


@lru_cache
def case(height, width, taps, own_maps, shared):
    """A graph, maps, kernels, and the loop's output and gradients, in float64."""
    adjacency = random_graph(height + taps, 3)
    rng = torch.Generator().manual_seed(width)
    shape = [2, 2 if own_maps else 1, len(adjacency), height, width]
    maps = torch.randn(shape, generator=rng, dtype=torch.float64)
    number = 1 if shared else int(adjacency.sum())
    weight = torch.randn(2, number, taps, taps, generator=rng, dtype=torch.float64)
    weighting = torch.randn(2, 2, *shape[2:], generator=rng, dtype=torch.float64)
    maps.requires_grad_()
    weight.requires_grad_()
    output = equation_2(adjacency, maps, weight)
    grads = torch.autograd.grad((output * weighting).sum(), (maps, weight))
    tensors = (maps, weight, weighting, output, *grads)
    return adjacency, *(tensor.detach() for tensor in tensors)


def error(ours, reference):
    return ((ours.double() - reference).abs().max() / reference.abs().max()).item()


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("impl", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    ("height", "width", "taps", "own_maps", "shared"),
    [
        (46, 46, 45, True, False),
        (64, 64, 45, False, False),
        (46, 46, 45, False, True),
        (64, 40, 15, True, False),
        (12, 33, 45, True, False),
        (9, 2, 7, False, True),
        (5, 7, 1, True, False),
    ],
)
def test_agrees_with_a_loop_over_the_equation(
    height, width, taps, own_maps, shared, impl, dtype
):
    adjacency, maps, weight, weighting, *expected = case(
        height, width, taps, own_maps, shared
    )
    layer = EdgeGraphConv(adjacency, taps, 2, shared, impl).to(dtype)
    layer.load_state_dict({"weight": weight})
    maps = (maps if own_maps else maps[:, 0]).clone().to(dtype).requires_grad_()
    output = layer(maps)
    (output * weighting.to(dtype)).sum().backward()
    assert output.shape == (2, 2, len(adjacency), height, width)
    assert output.dtype == dtype
    grad = maps.grad if own_maps else maps.grad[:, None]
    for ours, reference in zip(
        (output, grad, layer.weight.grad), expected, strict=True
    ):
        assert error(ours, reference) < TOLERANCE[dtype]
    # the same from kept spectra
    with torch.no_grad():
        assert error(layer.eval()(maps), expected[0]) < TOLERANCE[dtype]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("own_maps", [False, True])
def test_gradients_by_finite_differences(shared, own_maps):
    layer = EdgeGraphConv(random_graph(1, 3), 5, 2, shared, "spectral").double()
    maps = torch.randn(2, *([2] if own_maps else []), 3, 4, 6, dtype=torch.float64)

    def run(maps, weight):
        return torch.func.functional_call(layer, {"weight": weight}, (maps,))

    weight = layer.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(run, (maps.requires_grad_(), weight))


@pytest.mark.parametrize("impl", IMPLEMENTATIONS)
@pytest.mark.parametrize("shared", [False, True])
def test_deltas_give_the_mean_of_the_neighbours(impl, shared):
    """Whole numbers: sums have no rounding, so that exactly means exactly."""
    adjacency = hand_adjacency()
    layer = EdgeGraphConv("hand", 45, 2, shared, impl).double()
    with torch.no_grad():
        layer.weight.zero_()[..., 22, 22] = 1
    maps = torch.randint(-9, 9, (1, 2, 21, 30, 46)).double()
    sums = torch.zeros_like(maps)
    for node, row in enumerate(adjacency):
        for neighbour in np.flatnonzero(row):
            sums[:, :, node] += maps[:, :, neighbour]
    degrees = torch.from_numpy(adjacency.sum(axis=1))[:, None, None]
    output = layer(maps)
    assert torch.equal((output * degrees).round(), sums)
    if impl == "direct" and not shared:
        assert torch.equal(output, sums / degrees)
    else:
        torch.testing.assert_close(output, sums / degrees, rtol=0, atol=1e-13)


@pytest.mark.parametrize("impl", IMPLEMENTATIONS)
def test_a_shifted_delta_moves_the_peak_along_its_edge(impl):
    """By hand: edge 0 -> 1 alone; the tap left of and above the middle moves right."""
    layer = EdgeGraphConv([[1, 0], [1, 0]], 5, impl=impl)
    with torch.no_grad():
        layer.weight.zero_()[0, 1, 1, 0] = 2.0
    maps = torch.zeros(1, 2, 6, 7)
    maps[0, 0, 3, 2] = 1
    expected = torch.zeros(1, 1, 2, 6, 7)
    expected[0, 0, 1, 4, 4] = 2
    torch.testing.assert_close(layer(maps), expected, rtol=0, atol=1e-6)


def test_builds_from_the_registry_with_the_paper_s_numbers():
    layer = MODELS.build(dict(type="EdgeGraphConv", adjacency="hand"))
    assert layer.weight.shape == (1, 61, 45, 45)
    assert 5 * layer.weight.numel() == 617_625
    shared = MODELS.build(dict(type="EdgeGraphConv", adjacency="hand", shared=True))
    assert 5 * sum(p.numel() for p in shared.parameters()) == 5 * 2025
    assert "weight=(1, 61, 45, 45)" in repr(layer)


def test_shapes_are_told_without_numbers():
    with torch.device("meta"):
        layer = EdgeGraphConv("hand", 45, 10)
        output = layer(torch.empty(2, 21, 46, 46))
    assert output.shape == (2, 10, 21, 46, 46) and output.is_meta


def test_state_dict_is_the_kernels_alone_whatever_the_implementation():
    torch.manual_seed(0)
    direct, spectral = (EdgeGraphConv("hand", 9, 2, impl=i) for i in IMPLEMENTATIONS)
    assert list(direct.state_dict()) == list(spectral.state_dict()) == ["weight"]
    spectral.load_state_dict(direct.state_dict())
    maps = torch.randn(1, 21, 16, 16)
    torch.testing.assert_close(direct(maps), spectral(maps), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shared", [False, True])
def test_starts_as_identity_or_scrambled(shared):
    """A shared kernel cannot do better than the mean of the neighbours."""
    torch.manual_seed(0)
    maps = torch.zeros(1, 21, 20, 20)
    maps[:, torch.arange(21), 5, torch.arange(20).repeat(2)[:21]] = 1
    mean = torch.tensor(np.matmul(*broadcast_aggregate(hand_adjacency())[::-1]))
    wanted = torch.einsum("ij,njhw->nihw", mean.float(), maps) if shared else maps
    output = EdgeGraphConv("hand", 15, shared=shared)(maps)[:, 0]
    assert (output - wanted).abs().max() < 0.02
    assert (output != wanted).any()
    uniform = EdgeGraphConv("hand", 15, shared=shared, init="uniform")
    assert 0.9 / 15 < uniform.weight.abs().max() <= 1 / 15


def test_without_loops_it_starts_as_the_mean_of_the_neighbours():
    layer = EdgeGraphConv([[0, 1, 1], [1, 0, 0], [0, 1, 1]], 3)
    middles = layer.weight[0, :, 1, 1]
    # edges into 0 from 1, 2; into 1 from 0; into 2 from 1 and from itself
    expected = torch.tensor([1.0, 1, 1, 0, 2])
    torch.testing.assert_close(middles, expected, rtol=0, atol=0.01)


@pytest.mark.parametrize("impl", IMPLEMENTATIONS)
def test_half_precision_is_not_used_inside(impl):
    torch.manual_seed(0)
    layer = EdgeGraphConv("hand", 9, impl=impl, init="uniform")
    maps = torch.randn(1, 21, 16, 16).bfloat16()
    expected = layer(maps.float())
    with torch.autocast("cpu", torch.bfloat16):
        output = layer(maps)
    assert output.dtype == torch.float32
    torch.testing.assert_close(output, expected)
    output.sum().backward()
    assert layer.weight.grad.dtype == torch.float32
    half = EdgeGraphConv("hand", 9, impl=impl, init="uniform").bfloat16()
    assert half(maps).dtype == torch.bfloat16


@pytest.mark.parametrize("impl", [*IMPLEMENTATIONS, "auto"])
@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 20, 8, 8), r"\(N, 2, 21, H, W\).*float32 \(1, 20, 8, 8\)"),
        ((1, 3, 21, 8, 8), r"\(1, 3, 21, 8, 8\)"),
        ((21, 8, 8), r"\(21, 8, 8\)"),
        ((1, 21, 1, 1), "at least 2"),
    ],
)
def test_maps_that_do_not_fit_are_named(impl, shape, words):
    with pytest.raises(InputError, match=words):
        EdgeGraphConv("hand", 3, 2, impl=impl)(torch.zeros(shape))


def test_maps_that_are_no_numbers_are_named():
    layer = EdgeGraphConv("hand", 3)
    maps = torch.zeros(1, 21, 8, 8)
    maps[0, 3, 2, 1], maps[0, 0, 0, 0] = float("nan"), float("inf")
    with pytest.raises(InputError, match="finite numbers, got 2 others"):
        layer(maps)
    with pytest.raises(InputError, match="int64"):
        layer(torch.zeros(1, 21, 8, 8, dtype=torch.int64))
    # a sum that overflows is no such map
    assert layer(torch.full((1, 21, 8, 8), 3e38) / 8).isfinite().all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(kernel_size=44), "odd number, got 44"),
        (dict(kernel_size=0), "got 0"),
        (dict(num_heads=0), "at least 1, got 0"),
        (dict(impl="fast"), "auto or direct or spectral"),
        (dict(init="zero"), "identity or uniform"),
        (dict(adjacency="foot"), '"hand" or a matrix, got foot'),
        (dict(adjacency=[[0, 1], [0, 0]]), r"none into nodes \[1\]"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises((ConfigError, InputError), match=words):
        EdgeGraphConv(**{"adjacency": "hand", **options})
