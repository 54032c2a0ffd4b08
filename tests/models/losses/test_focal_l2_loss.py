from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import ConfigError, InputError
from mmsia.models.losses import FocalL2Loss


def focal_l2_in_numpy(output, target, mask, gamma, threshold, alpha, beta):
    """The same loss cell by cell, from the formula in the notes."""
    total = 0.0
    batch, channels, height, width = output.shape
    for b, c, y, x in np.ndindex(batch, channels, height, width):
        if not mask[b, 0, y, x]:
            continue
        s, truth = output[b, c, y, x], target[b, c, y, x]
        p = s - alpha if truth >= threshold else 1 - s - beta
        total += 0.5 * (s - truth) ** 2 * abs(1 - p) ** gamma
    return total / batch


def random_maps(seed=0, shape=(2, 3, 5, 4)):
    generator = np.random.default_rng(seed)
    output = generator.normal(0.3, 0.6, shape)
    target = np.where(generator.random(shape) < 0.5, 0, generator.random(shape))
    mask = generator.random((shape[0], 1, *shape[2:])) < 0.7
    return output, target, mask


def test_builds_from_the_registry_with_the_released_codes_exponent():
    loss = MODELS.build({"type": "FocalL2Loss"})
    assert isinstance(loss, FocalL2Loss)
    assert (loss.gamma, loss.threshold, loss.alpha, loss.beta) == (1.0, 0.01, 0.0, 0.0)


@pytest.mark.parametrize(
    ("output", "target", "gamma", "expected"),
    [
        # foreground: 0.5 * 0.5^2 * |1 - 0.5|
        (0.5, 1.0, 1.0, 0.0625),
        (0.5, 1.0, 2.0, 0.03125),
        (0.5, 1.0, 0.0, 0.125),
        # background: p = 1 - 0.2, so 0.5 * 0.2^2 * 0.2
        (0.2, 0.0, 1.0, 0.004),
        (-0.2, 0.0, 1.0, 0.004),
        # a target of exactly the threshold is foreground: 0.5 * 0.99^2 * |1 - 1|
        (1.0, 0.01, 1.0, 0.0),
    ],
)
def test_value_worked_by_hand(output, target, gamma, expected):
    loss = FocalL2Loss(gamma=gamma)
    value = loss(torch.full((1, 1, 1, 1), output), torch.full((1, 1, 1, 1), target))
    assert value.item() == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("gamma", [0, 1, 1.5, 2])
@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (0.1, 0.02)])
def test_agrees_with_the_formula_cell_by_cell(gamma, alpha, beta):
    output, target, mask = random_maps()
    loss = FocalL2Loss(gamma=gamma, threshold=0.01, alpha=alpha, beta=beta)
    value = loss(*map(torch.as_tensor, (output, target, mask)))
    expected = focal_l2_in_numpy(output, target, mask, gamma, 0.01, alpha, beta)
    assert value.item() == pytest.approx(expected, rel=1e-9)


def test_gradient_flows_through_the_focal_factor():
    output, target, mask = map(torch.as_tensor, random_maps())
    output.requires_grad_()
    assert torch.autograd.gradcheck(lambda o: FocalL2Loss(2.0)(o, target, mask), output)
    # d/ds 0.5 (s - 1)^2 (1 - s) = -1.5 (1 - s)^2; detached it would be -(1 - s)^2
    s = torch.tensor([[[[0.4]]]], requires_grad=True)
    FocalL2Loss(1.0)(s, torch.ones(1, 1, 1, 1)).backward()
    assert s.grad.item() == pytest.approx(-1.5 * 0.36, rel=1e-6)


def test_masked_cells_give_no_loss_and_no_gradient():
    output, target, mask = map(torch.as_tensor, random_maps())
    output.requires_grad_()
    FocalL2Loss()(output, target, mask).backward()
    assert (output.grad[~mask.expand_as(output)] == 0).all()
    assert (output.grad[mask.expand_as(output)] != 0).any()
    assert FocalL2Loss()(output, target, torch.zeros_like(mask)).item() == 0


def test_mask_without_channel_axis_and_batch_average():
    output, target, mask = map(torch.as_tensor, random_maps())
    loss = FocalL2Loss()
    both = loss(output, target, mask[:, 0])
    each = [loss(output[i : i + 1], target[i : i + 1], mask[i : i + 1]) for i in (0, 1)]
    assert both.item() == pytest.approx(sum(each).item() / 2)
    assert FocalL2Loss(loss_weight=3.0)(output, target, mask) == pytest.approx(3 * both)


def test_half_precision_is_summed_in_single():
    output = torch.full((1, 17, 160, 160), 0.9, dtype=torch.float16)
    value = FocalL2Loss()(output, torch.zeros(1, 17, 160, 160))
    assert value.dtype == torch.float32
    expected = 17 * 160 * 160 * 0.5 * 0.9**3  # 158630, beyond float16
    assert value.item() == pytest.approx(expected, rel=2e-3)


def test_diverged_prediction_shows():
    assert FocalL2Loss()(
        torch.full((1, 1, 2, 2), torch.nan), torch.zeros(1, 1, 2, 2)
    ).isnan()


def test_wrong_shapes_and_exponents_are_named():
    with pytest.raises(
        InputError, match=r"expected \(2, 3, 5, 4\), got \(2, 2, 5, 4\)"
    ):
        FocalL2Loss()(torch.zeros(2, 2, 5, 4), torch.zeros(2, 3, 5, 4))
    with pytest.raises(InputError, match="mask does not fit"):
        zeros = torch.zeros(2, 3, 5, 4)
        FocalL2Loss()(zeros, zeros, torch.ones(2, 1, 4, 5))
    with pytest.raises(ConfigError, match="gamma"):
        FocalL2Loss(gamma=0.5)
