"""GFM and the two paths: by hand, by a loop, and what cannot be built."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mmsia.errors import ConfigError
from mmsia.models.layers.guided_fusion import ForwardPath, GuidedFusion, ReversePath


def drawn(module, seed=0):
    """Random numbers in every parameter, so that none hides behind a zero."""
    generator = torch.Generator().manual_seed(seed)
    for value in module.parameters():
        value.data.normal_(0, 0.5, generator=generator)
    return module.eval()


def test_one_channel_by_hand():
    fusion = GuidedFusion(1, 1)
    fusion.mix.weight.data.fill_(2.0)
    fusion.gate.weight.data.fill_(3.0)
    fusion.gate.bias.data.fill_(-1.0)
    guide = torch.tensor([[[[0.0, 0.5], [1.0, 0.5]]]])  # mean 0.5
    gate = 3 * torch.tensor(1.0).sigmoid() - 1
    features = torch.tensor([[[[2.0, -4.0, 8.0]]]])
    torch.testing.assert_close(fusion(guide, features), features * gate + features)


def test_equations_1_and_2_channel_by_channel():
    fusion = drawn(GuidedFusion(6, 4))
    guide, features = torch.randn(2, 6, 3, 5), torch.randn(2, 4, 7, 2)
    got = fusion(guide, features)
    weight = fusion.gate.weight[:, :, 0, 0]
    for n in range(2):
        d = torch.stack([guide[n, c].sum() / 15 for c in range(6)])
        g = 1 / (1 + torch.exp(-(fusion.mix.weight @ d)))
        for c in range(4):
            f = sum(weight[c, k] * g[k] for k in range(6)) + fusion.gate.bias[c]
            expected = f * features[n, c] + features[n, c]
            torch.testing.assert_close(got[n, c], expected)


def test_the_identity_stands_once_and_twice_on_request():
    once, twice = GuidedFusion(4, 4), GuidedFusion(4, 4, num_identities=2)
    features = torch.randn(1, 4, 3, 3)
    for fusion in (once, twice):
        fusion.init_weights()
    assert torch.equal(once(features, features), features)
    torch.testing.assert_close(twice(features, features), 2 * features)


def test_gradients_reach_the_guide():
    fusion = drawn(GuidedFusion(4, 4))
    guide = torch.randn(1, 4, 2, 2, requires_grad=True)
    fusion(guide, torch.randn(1, 4, 4, 4)).square().sum().backward()
    assert guide.grad.abs().min() > 0


def test_forward_path_is_equation_5():
    path = drawn(ForwardPath((4, 8, 12), num_blocks=2))
    shapes = [(4, 16), (8, 8), (12, 4)]
    given = [torch.randn(1, c, s, s) for c, s in shapes]
    first = path.levels[0](given[0])
    second = path.levels[1](first) + given[1]
    third = path.levels[2](second) + given[2]
    for got, expected in zip(path(given), (first, second, third), strict=True):
        assert torch.equal(got, expected)
    alone = path([given[0], None, None])
    assert torch.equal(alone[1], path.levels[1](first))
    assert [len(level) for level in path.levels] == [2, 2, 2]


@pytest.mark.parametrize(
    ("sequential", "widths", "channels"),
    [(False, (4, 12, 16), (7, 16, 16)), (True, (4, 16, 16), (9, 20, 16))],
)
def test_reverse_path_is_equations_6_and_7(sequential, widths, channels):
    path = drawn(ReversePath(widths, sequential))
    assert path.out_channels == channels
    levels = [torch.randn(2, c, 8 >> i, 8 >> i) for i, c in enumerate(widths)]
    shuffle = nn.PixelShuffle(2)
    one = torch.cat([shuffle(levels[2]), levels[1]], dim=1)
    one = path.fusions[1](levels[2], one)
    above = one if sequential else levels[1]
    zero = torch.cat([shuffle(above), levels[0]], dim=1)
    zero = path.fusions[0](above, zero)
    for got, expected in zip(path(levels), (zero, one, levels[2]), strict=True):
        assert torch.equal(got, expected)


def test_shuffle_moves_a_cell_s_four_channels_into_four_cells():
    path = ReversePath((1, 4))
    path.init_weights()
    coarse = torch.arange(4.0).reshape(1, 4, 1, 1)
    fine, top = path([torch.full((1, 1, 2, 2), 9.0), coarse])
    assert fine[0, 0].tolist() == [[0, 1], [2, 3]]
    assert fine[0, 1].tolist() == [[9, 9], [9, 9]]
    assert top is coarse


def test_a_width_that_cannot_be_shuffled():
    with pytest.raises(ConfigError, match=r"multiple of 4 at level 1, got 6"):
        ReversePath((4, 6, 8))
