"""DIR's small blocks: what they compute, and how they are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mmsia.models.layers.dir_blocks import (
    PointMLP,
    PreActivationResidual,
    draw_weights,
    map_head,
)


def test_a_residual_without_a_body_is_its_skip() -> None:
    maps = torch.randn(2, 6, 5, 5, generator=torch.Generator().manual_seed(0))
    same, other = PreActivationResidual(6, 6), PreActivationResidual(6, 4)
    for block in (same, other):
        nn.init.zeros_(block.body[-1].weight)
        nn.init.zeros_(block.body[-1].bias)
    assert torch.equal(same(maps), maps)
    torch.testing.assert_close(other(maps), other.skip(maps))
    assert other(maps).shape == (2, 4, 5, 5)


def test_points_do_not_know_of_each_other() -> None:
    mlp = PointMLP(3, 8).eval()
    points = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    order = [3, 0, 4, 1, 2]
    whole = mlp(points)
    assert whole.shape == (2, 5, 8)
    torch.testing.assert_close(mlp(points[:, order]), whole[:, order])
    first, last = mlp.body[0], mlp.body[3]
    # a norm that has seen nothing divides by sqrt(1 + eps)
    middle = (points @ first.weight[..., 0].T + first.bias) / (1 + 1e-5) ** 0.5
    wanted = middle.relu() @ last.weight[..., 0].T + last.bias
    torch.testing.assert_close(whole, wanted)


def test_drawn_as_released() -> None:
    torch.manual_seed(0)
    parts = nn.ModuleDict(
        {
            "linear": nn.Linear(200, 200),
            "attention": nn.MultiheadAttention(64, 4),
            "map": map_head(32, 64, 64),
            "points": PointMLP(3, 64),
        }
    )
    before = {name: value.clone() for name, value in parts.state_dict().items()}
    draw_weights(parts)
    std = {name: value.std().item() for name, value in parts.named_parameters()}
    for name in ("linear.weight", "attention.in_proj_weight"):
        assert std[name] == pytest.approx(0.001, rel=0.05)
    assert std["attention.out_proj.weight"] == pytest.approx(0.001, rel=0.05)
    assert std["map.0.weight"] == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.05)
    assert std["map.3.weight"] == pytest.approx((2 / 64) ** 0.5, rel=0.05)
    for name, value in parts.state_dict().items():
        if name.startswith("points.") or name.endswith("bias"):
            np.testing.assert_array_equal(value, before[name])
