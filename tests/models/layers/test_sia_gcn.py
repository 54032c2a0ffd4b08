"""Layers in a row: what lies between them, and the paper's size."""

from __future__ import annotations

import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import ConfigError
from mmsia.models.layers import SIAGCN


@pytest.mark.parametrize("relu_last", [False, True])
def test_is_layer_after_layer_with_relu_between(relu_last):
    torch.manual_seed(0)
    model = SIAGCN(2, 3, kernel_size=5, relu_last=relu_last, init="uniform").double()
    maps = torch.randn(2, 21, 10, 12, dtype=torch.float64)
    expected = maps
    for number, layer in enumerate(model.layers):
        expected = layer(expected)
        if number < 2 or relu_last:
            expected = expected.clamp_min(0)
    output = model(maps)
    assert output.shape == (2, 2, 21, 10, 12)
    torch.testing.assert_close(output, expected)
    assert (output < 0).any() != relu_last


def test_heads_are_independent_stacks():
    """Each head alone, with its own kernels, gives what it gives beside the others."""
    torch.manual_seed(0)
    model = SIAGCN(3, 2, kernel_size=5, init="uniform").double()
    maps = torch.randn(1, 21, 9, 9, dtype=torch.float64)
    together = model(maps)
    for head in range(3):
        alone = SIAGCN(1, 2, kernel_size=5).double()
        alone.load_state_dict(
            {name: w[head : head + 1] for name, w in model.state_dict().items()}
        )
        torch.testing.assert_close(alone(maps)[:, 0], together[:, head])


def test_implementations_agree_through_five_layers():
    torch.manual_seed(0)
    model = SIAGCN(1, init="uniform", impl="spectral")
    maps = torch.rand(1, 21, 24, 24)
    spectral = model(maps)
    for layer in model.layers:
        layer.impl = "direct"
    direct = model(maps)
    assert (spectral - direct).abs().max() < 1e-5 * direct.abs().max()
    assert torch.equal(spectral.flatten(3).argmax(-1), direct.flatten(3).argmax(-1))


def test_one_head_has_617_625_parameters():
    with torch.device("meta"):
        one, ten, shared = (
            MODELS.build(dict(type="SIAGCN", **options))
            for options in ({}, dict(num_heads=10), dict(shared=True))
        )
    counts = [sum(p.numel() for p in m.parameters()) for m in (one, ten, shared)]
    assert counts == [617_625, 6_176_250, 5 * 2025]


def test_no_layer_is_named():
    with pytest.raises(ConfigError, match="at least 1, got 0"):
        SIAGCN(num_layers=0)
