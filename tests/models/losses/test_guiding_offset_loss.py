from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import InputError
from mmsia.models.losses import GuidingOffsetLoss

INF = float("inf")


def offset_loss_in_numpy(output, target, scales, mask, sqrt, per_batch):
    """The same loss component by component, from the formula in the notes."""
    errors = []
    for b, c, y, x in np.ndindex(*output.shape):
        if not mask[b, 0, y, x] or not np.isfinite(target[b, c, y, x]):
            continue
        error = abs(output[b, c, y, x] - target[b, c, y, x]) / scales[b, c // 2, y, x]
        if error >= 1e-5:
            errors.append(error**0.5 if sqrt else error)
    return sum(errors) / (1 + len(errors)) / (len(output) if per_batch else 1)


def random_maps(seed=0, batch=2, limbs=3, size=(5, 4)):
    generator = np.random.default_rng(seed)
    shape = (batch, 2 * limbs, *size)
    output = generator.normal(0, 20, shape)
    target = generator.normal(0, 20, shape)
    target[generator.random(shape) < 0.6] = INF
    scales = generator.uniform(10, 200, (batch, limbs, *size))
    mask = generator.random((batch, 1, *size)) < 0.7
    return output, target, scales, mask


def test_builds_from_the_registry():
    loss = MODELS.build({"type": "GuidingOffsetLoss", "loss_weight": 10000.0})
    assert loss.sqrt and loss.divide_by_batch and loss.loss_weight == 10000


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # errors 8 / 2 = 4 and 18 / 2 = 9; roots 2 and 3; two of them and one
        ({}, 5 / 3),
        # the paper's plain form: L1, normalised
        ({"sqrt": False, "divide_by_batch": False}, 13 / 3),
        ({"loss_weight": 6.0}, 10.0),
    ],
)
def test_value_worked_by_hand(options, expected):
    output = torch.zeros(1, 2, 1, 2)
    target = torch.tensor([[[[8.0, INF]], [[-18.0, INF]]]])
    scales = torch.tensor([[[[2.0, 1.0]]]])
    value = GuidingOffsetLoss(**options)(output, target, scales)
    assert value.item() == pytest.approx(expected, rel=1e-6)


def test_batch_size_divides_once_more():
    maps = [torch.as_tensor(part) for part in random_maps()]
    plain = GuidingOffsetLoss(divide_by_batch=False)(*maps)
    assert GuidingOffsetLoss()(*maps).item() == pytest.approx(plain.item() / 2)


@pytest.mark.parametrize("sqrt", [True, False])
@pytest.mark.parametrize("per_batch", [True, False])
def test_agrees_with_the_formula_component_by_component(sqrt, per_batch):
    maps = random_maps()
    loss = GuidingOffsetLoss(sqrt=sqrt, divide_by_batch=per_batch)
    value = loss(*map(torch.as_tensor, maps))
    expected = offset_loss_in_numpy(*maps, sqrt, per_batch)
    assert value.item() == pytest.approx(expected, rel=1e-9)


def test_infinite_targets_leak_into_neither_value_nor_gradient():
    output, target, scales, mask = map(torch.as_tensor, random_maps())
    output.requires_grad_()
    value = GuidingOffsetLoss()(output, target, scales, mask)
    value.backward()
    supervised = target.isfinite() & mask
    assert value.isfinite() and output.grad.isfinite().all()
    assert (output.grad[~supervised] == 0).all()
    assert (output.grad[supervised] != 0).all()


@pytest.mark.parametrize("fill", [INF, float("nan")])
def test_nothing_supervised_gives_zero_that_still_has_a_gradient(fill):
    output = torch.randn(2, 4, 3, 3, requires_grad=True)
    value = GuidingOffsetLoss()(
        output, torch.full_like(output, fill), torch.ones(2, 2, 3, 3)
    )
    value.backward()
    assert value.item() == 0
    assert (output.grad == 0).all()


def test_tiny_errors_are_dropped_and_not_counted():
    output = torch.zeros(1, 2, 1, 1, requires_grad=True)
    target = torch.tensor([[[[4.0]], [[9e-6]]]])
    value = GuidingOffsetLoss()(output, target)
    value.backward()
    assert value.item() == pytest.approx(2 / 2)
    assert output.grad[0, 1].item() == 0
    exact = GuidingOffsetLoss()(target, target)
    assert exact.item() == 0


def test_diverged_prediction_shows():
    output = torch.full((1, 2, 2, 2), torch.nan)
    assert GuidingOffsetLoss()(output, torch.zeros(1, 2, 2, 2)).isnan()


def test_scales_belong_to_both_components_of_their_limb():
    output, target, scales, _ = map(torch.as_tensor, random_maps())
    wide = scales.clone()
    wide[:, 1] *= 4
    narrow = GuidingOffsetLoss(sqrt=False, divide_by_batch=False)
    change = target.clone()
    change[:, [0, 1, 4, 5]] = INF  # limb 1 alone
    assert narrow(output, change, wide).item() == pytest.approx(
        narrow(output, change, scales).item() / 4
    )


def test_wrong_shapes_are_named():
    with pytest.raises(InputError, match=r"limb set must be the codec's"):
        GuidingOffsetLoss()(torch.zeros(1, 38, 2, 2), torch.zeros(1, 88, 2, 2))
    with pytest.raises(
        InputError, match=r"expected \(1, 2, 2, 2\), got \(1, 4, 2, 2\)"
    ):
        zeros = torch.zeros(1, 4, 2, 2)
        GuidingOffsetLoss()(zeros, zeros, zeros)
