"""Where a hand that is half a turn off is pulled to, by the released loss."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mmsia.models.losses.hand_mesh_terms import BETA, huber

WIDTH = 0.3
"""Of a hand, in units of 15 cm, to either side of the axis that it is turned about."""


def loss_when_turned(degrees: float, beta: float) -> float:
    """Of a flat strip about its long axis, y, against the same one unturned."""
    across = WIDTH * ((torch.arange(200, dtype=torch.float64) + 0.5) / 100 - 1)
    angle = math.radians(degrees)
    target = _strip(across, torch.zeros_like(across))
    output = _strip(across * math.cos(angle), across * math.sin(angle))
    return huber(output, target, beta)[0].item()


def _strip(x: Tensor, z: Tensor) -> Tensor:
    points = torch.stack([x, torch.zeros_like(x), z], dim=-1)
    return points.expand(1, 2, len(x), 3)


@pytest.mark.parametrize("degrees", [90, 135, 180])
def test_far_off_it_is_the_sum_of_coordinates_differences(degrees: float) -> None:
    """|x| (1 - cos t + |sin t|), of which |x| is WIDTH / 2 on average."""
    angle = math.radians(degrees)
    wanted = WIDTH / 2 * (1 - math.cos(angle) + abs(math.sin(angle))) / 3
    found = loss_when_turned(degrees, 1e-5) / 1e-5
    assert found == pytest.approx(wanted, rel=1e-3)


def test_half_a_turn_is_a_minimum_of_the_released_loss() -> None:
    at = {
        degrees: loss_when_turned(degrees, BETA) for degrees in (0, 90, 135, 165, 180)
    }
    assert at[0] == 0 < at[90] < at[135]
    assert at[180] < at[165] < at[135]


def test_it_is_none_where_the_loss_is_square_up_to_the_hands_width() -> None:
    losses = [loss_when_turned(degrees, 2 * WIDTH) for degrees in range(0, 181, 5)]
    assert losses == sorted(losses)
    # 2 x^2 (1 - cos t) / 2 over three coordinates, of which x^2 is WIDTH^2 / 3
    assert losses[-1] == pytest.approx(2 * WIDTH**2 / 3 / 3, rel=1e-3)
