"""Eq. (3): cell by cell, by hand, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import ConfigError, InputError
from mmsia.models.losses import CenterLineLoss


@pytest.mark.parametrize(("alpha", "thr"), [(1.0, 0.1), (2.0, 0.4), (0.0, 0.1)])
def test_equation_3_cell_by_cell(alpha, thr):
    generator = torch.Generator().manual_seed(0)
    output = torch.rand(2, 1, 4, 5, generator=generator, dtype=torch.float64)
    target = torch.rand(2, 1, 4, 5, generator=generator, dtype=torch.float64)
    total, number = 0.0, 0
    for m, t in zip(output.flatten().tolist(), target.flatten().tolist(), strict=True):
        weight = m**alpha if t < thr else (1 - m) ** alpha
        total += weight * (m - t) ** 2
        number += t >= thr
    loss = CenterLineLoss(alpha, thr, loss_weight=3.0)
    assert loss(output, target).item() == pytest.approx(3 * total / number)
    assert loss(output.half(), target.half()).dtype == torch.float32


def test_two_cells_by_hand():
    output = torch.tensor([[[[0.5, 0.25]]]])
    target = torch.tensor([[[[1.0, 0.05]]]])
    expected = 0.5 * 0.25 + 0.25 * 0.04
    assert CenterLineLoss()(output, target).item() == pytest.approx(expected)


def test_nobody_in_the_image():
    loss = CenterLineLoss()(torch.full((1, 1, 2, 2), 0.5), torch.zeros(1, 1, 2, 2))
    assert loss.item() == pytest.approx(4 * 0.125)


def test_right_predictions_cost_nothing_and_wrong_ones_are_pulled():
    target = torch.tensor([[[[1.0, 0.5, 0.0]]]])
    assert CenterLineLoss()(target, target).item() == 0
    output = torch.tensor([[[[0.6, 0.3, 0.2]]]], requires_grad=True)
    CenterLineLoss()(output, target).backward()
    assert (output.grad.flatten().sign() == torch.tensor([-1, -1, 1])).all()


def test_registered():
    assert MODELS.build(dict(type="CenterLineLoss", thr=0.2)).thr == 0.2


def test_bad_input():
    with pytest.raises(InputError, match="differ in shape"):
        CenterLineLoss()(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 2))
    with pytest.raises(ConfigError, match="infinite gradient"):
        CenterLineLoss(alpha=0.5)
