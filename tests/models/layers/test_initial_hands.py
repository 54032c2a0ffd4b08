"""DIR's first guess."""

from __future__ import annotations

import torch

from mmsia.models.layers.initial_hands import InitialHands


def make() -> InitialHands:
    torch.manual_seed(0)
    return InitialHands(8).eval()


def test_attention_weighs_the_mean_of_its_own_hand() -> None:
    made = make()
    maps = torch.randn(2, 8, 3, 3)
    last = made.attention[0][-1]
    torch.nn.init.zeros_(last.weight)
    parameters, offset = made(maps)
    assert parameters.shape == (2, 2, 64) and offset.shape == (2, 3)
    # the same weight everywhere is the plain mean
    mean = maps.mean((2, 3))
    torch.testing.assert_close(parameters[:, 0], made.hands[0](mean))
    torch.testing.assert_close(offset, made.offset(mean))
    weights = made.attention[1](maps).sigmoid()
    wanted = (maps * weights).sum((2, 3)) / weights.sum((2, 3))
    torch.testing.assert_close(parameters[:, 1], made.hands[1](wanted))


def test_weights_are_drawn_as_released() -> None:
    """Of a convolution by its fan out, k k out: the last one's logits are far apart."""
    torch.manual_seed(0)
    made = InitialHands(512)
    for attention in made.attention:
        first, last = attention[0].weight, attention[-1].weight
        assert abs(first.std() / (2 / (9 * 256)) ** 0.5 - 1) < 0.02
        assert abs(last.std() / 2**0.5 - 1) < 0.15
    for linear in (*made.hands, made.offset):
        assert abs(linear.weight.std() / 0.001 - 1) < 0.1


def test_a_hand_that_is_nowhere_is_finite() -> None:
    made = make()
    torch.nn.init.constant_(made.attention[1][-1].bias, -1000.0)
    parameters, offset = made(torch.randn(1, 8, 2, 2))
    assert parameters.isfinite().all() and offset.isfinite().all()
