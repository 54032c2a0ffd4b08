"""When spectra of kernels are kept, when they are not, and which sizes they have."""

from __future__ import annotations

import copy
import io

import pytest
import torch

from mmsia.models.layers import EdgeGraphConv, edge_graph_conv, edge_spectra
from mmsia.models.layers.edge_rule import choose_implementation
from mmsia.models.layers.edge_spectra import fast_length, transform_size

MAPS = torch.randn(1, 21, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def counted(monkeypatch):
    """Numbers of kernels transformed, call by call."""
    calls = []
    original = edge_spectra.kernel_spectra

    def count(kernels, size):
        calls.append(len(kernels) * kernels.shape[1])
        return original(kernels, size)

    for module in (edge_spectra, edge_graph_conv):
        monkeypatch.setattr(module, "kernel_spectra", count)
    return calls


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return EdgeGraphConv("hand", 9, 2, impl="spectral", init="uniform")


@torch.no_grad()
def check(layer, maps=MAPS):
    """What the layer says, which must be what the direct form says."""
    output = layer(maps)
    plain = EdgeGraphConv("hand", 9, 2, impl="direct")
    plain.load_state_dict(layer.state_dict())
    torch.testing.assert_close(output, plain(maps), rtol=1e-5, atol=1e-5)


def test_training_transforms_kernels_once_a_step_whatever_the_batch(layer, counted):
    for batch in (1, 5):
        layer(MAPS.expand(batch, -1, -1, -1)).sum().backward()
    assert counted == [2 * 61, 2 * 61]
    assert layer._kept is None


def test_evaluation_transforms_them_once(layer, counted):
    layer.eval()
    for _ in range(3):
        check(layer)
    assert len(counted) == 1
    check(layer, torch.randn(1, 21, 20, 16))
    assert len(counted) == 2


def in_place(layer):
    with torch.no_grad():
        layer.weight.mul_(2)


def load(layer):
    layer.load_state_dict({"weight": torch.randn_like(layer.weight)})


def load_assigned(layer):
    state = {"weight": torch.randn_like(layer.weight)}
    layer.load_state_dict(state, assign=True)


def step(layer):
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(MAPS).square().sum().backward()
    optimizer.step()


def replace(layer):
    layer.weight = torch.nn.Parameter(layer.weight.detach() * 3)


def averaged(layer):
    """As mmengine's EMA hook swaps weights: unseen by the version, before `eval()`."""
    layer.weight.data.copy_(torch.randn_like(layer.weight))
    layer.eval()


def widened(layer):
    layer.double().float()


@pytest.mark.parametrize(
    "change", [in_place, load, load_assigned, step, replace, averaged, widened]
)
def test_changed_kernels_are_transformed_anew(layer, counted, change):
    layer.eval()
    check(layer)
    change(layer)
    before = len(counted)
    check(layer)
    assert len(counted) == before + 1


def test_gradients_are_never_cut_by_kept_spectra(layer):
    layer.eval()
    check(layer)
    layer(MAPS).sum().backward()
    assert layer.weight.grad.abs().sum() > 0
    # frozen kernels keep their spectra, and maps still get their gradient
    layer.requires_grad_(False)
    maps = MAPS.clone().requires_grad_()
    layer(maps).sum().backward()
    assert layer._kept is not None and maps.grad.abs().sum() > 0


def test_spectra_of_inference_mode_serve_outside_of_it(layer):
    layer.requires_grad_(False).eval()
    with torch.inference_mode():
        layer(MAPS)
    maps = MAPS.clone().requires_grad_()
    layer(maps).sum().backward()
    assert maps.grad.abs().sum() > 0
    with torch.inference_mode():
        check(copy.deepcopy(layer))


def test_copies_and_files_are_without_spectra(layer):
    layer.eval()
    check(layer)
    assert layer._kept is not None and copy.deepcopy(layer)._kept is None
    file = io.BytesIO()
    torch.save(layer, file)
    assert file.tell() < 1.2 * layer.weight.nbytes
    file.seek(0)
    loaded = torch.load(file, weights_only=False)
    assert loaded._kept is None
    check(loaded)


def test_first_layer_s_maps_are_transformed_once_for_all_heads(layer, monkeypatch):
    transformed = []
    original = torch.fft.rfft2

    def count(values, **options):
        transformed.append(values.shape[:-2].numel())
        return original(values, **options)

    monkeypatch.setattr(torch.fft, "rfft2", count)
    layer(MAPS)
    layer(MAPS[:, None].expand(-1, 2, -1, -1, -1))
    assert transformed == [2 * 61, 21, 2 * 61, 2 * 21]


def test_no_spectrum_an_edge_and_image_is_kept_or_made():
    """Saved for the backward pass: spectra of the nodes and of the kernels, no more."""
    layer = EdgeGraphConv("hand", 9, 2, impl="spectral")
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor
    ):
        layer(MAPS.expand(4, -1, -1, -1))
    sizes = sorted(t.shape[:-2].numel() for t in saved if t.is_complex())
    assert sizes == [4 * 21, 2 * 61]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("own_maps", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
def test_few_and_many_bins_give_the_same(monkeypatch, batch, own_maps, shared):
    """One tensor of all edges' products, and a loop over the edges."""
    torch.manual_seed(0)
    layer = EdgeGraphConv("hand", 9, 2, shared, "spectral", "uniform").double()
    maps = torch.randn(batch, *([2] if own_maps else []), 21, 8, 12).double()
    results = []
    for least in (0, 1 << 30):
        monkeypatch.setattr(edge_spectra, "LEAST_BINS", least)
        output = layer(maps.requires_grad_())
        grads = torch.autograd.grad(output.square().sum(), (maps, layer.weight))
        results.append((output, *grads))
    for loop, joint in zip(*results, strict=True):
        torch.testing.assert_close(loop, joint, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("most", [1, 2 * 3 * 21 * 20 * 11])
@pytest.mark.parametrize("own_maps", [False, True])
def test_heads_at_once_or_a_few_at_a_time_give_the_same(monkeypatch, most, own_maps):
    torch.manual_seed(0)
    layer = EdgeGraphConv("hand", 9, 5, impl="spectral", init="uniform")
    maps = torch.randn(3, *([5] if own_maps else []), 21, 16, 16, requires_grad=True)
    direction = torch.randn(3, 5, 21, 16, 16)
    found, calls = [], []
    original = edge_spectra.kernel_spectra
    for limit in (10**9, most):
        monkeypatch.setattr(edge_spectra, "MOST_BINS", limit)
        monkeypatch.setattr(
            edge_spectra,
            "kernel_spectra",
            lambda kernels, size: calls.append(len(kernels)) or original(kernels, size),
        )
        output = layer(maps)
        grads = torch.autograd.grad(output, (maps, layer.weight), direction)
        with torch.no_grad():
            kept = layer.eval()(maps)
        layer.train()
        found.append((output, kept, *grads))
    assert calls == [5, *([1] * 5 if most == 1 else [2, 2, 1])]
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_lengths_are_fast_and_long_enough():
    assert [fast_length(n) for n in (1, 20, 68, 86, 101)] == [4, 20, 72, 96, 108]
    for length in range(1, 300):
        fast = fast_length(length)
        assert fast >= length and fast % 4 == 0 and 2520**4 % fast == 0
    assert transform_size((46, 64), (45, 45)) == [72, 96]


@pytest.mark.parametrize(
    ("device", "taps", "cells", "learned", "expected"),
    [
        ("cpu", 45, 64, True, "spectral"),
        ("cpu", 45, 64, False, "spectral"),
        ("cpu", 9, 16, True, "spectral"),
        ("cpu", 9, 16, False, "direct"),
        ("cpu", 7, 64, True, "direct"),
        ("cpu", 15, 12, True, "direct"),
        ("cuda", 21, 64, True, "direct"),
        ("cuda", 45, 64, False, "spectral"),
        ("meta", 45, 64, True, "direct"),
    ],
)
def test_the_faster_one_is_chosen_by_size_and_device(
    device, taps, cells, learned, expected
):
    taps, cells = (taps, taps), (cells, cells)
    assert choose_implementation(device, taps, cells, learned=learned) == expected


def test_auto_follows_the_rule():
    layer = EdgeGraphConv("hand", 9)
    assert layer.implementation(MAPS) == "spectral"
    with torch.no_grad():
        assert layer.implementation(MAPS) == "direct"
    # a kernel larger than the maps counts by the taps that are used
    assert EdgeGraphConv("hand", 45).implementation(MAPS[..., :4]) == "direct"
