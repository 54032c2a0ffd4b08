from __future__ import annotations

import pytest
import torch

import mmsia  # noqa: F401 - lets mmcv._ext be found
from mmsia.errors import InputError


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(2)
    logits = 3 * torch.randn(6, 4, generator=generator, dtype=torch.float64)
    # Class 4 of four is background.
    return logits, torch.tensor([0, 4, 3, 1, 4, 2])


def by_definition(logits, target, gamma, alpha):
    p = torch.sigmoid(logits)
    hit = torch.arange(logits.size(1))[None] == target[:, None]
    positive = -alpha * (1 - p) ** gamma * torch.log(p)
    negative = -(1 - alpha) * p**gamma * torch.log(1 - p)
    return torch.where(hit, positive, negative)


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (0.5, 0.6)])
def test_agrees_with_the_definition(problem, gamma, alpha):
    from mmcv.ops import sigmoid_focal_loss

    logits, target = problem
    expected = by_definition(logits, target, gamma, alpha)
    loss = sigmoid_focal_loss(logits, target, gamma, alpha, None, "none")
    torch.testing.assert_close(loss, expected)
    mean = sigmoid_focal_loss(logits, target, gamma, alpha, None, "mean")
    torch.testing.assert_close(mean, expected.sum() / len(logits))


def test_value_by_hand():
    from mmcv.ops import sigmoid_focal_loss

    # p = 0.5: 0.25 * 0.25 * ln 2 for the hit, 0.75 * 0.25 * ln 2 for the miss.
    loss = sigmoid_focal_loss(
        torch.zeros(1, 2), torch.tensor([0]), 2.0, 0.25, None, "none"
    )
    expected = torch.tensor([[0.0625, 0.1875]]) * torch.log(torch.tensor(2.0))
    torch.testing.assert_close(loss, expected)


def test_gradient(problem):
    from mmcv.ops import sigmoid_focal_loss

    logits, target = problem
    assert torch.autograd.gradcheck(
        lambda x: sigmoid_focal_loss(x, target, 2.0, 0.25, None, "sum"),
        logits.requires_grad_(),
    )


def test_class_weights(problem):
    from mmcv.ops import sigmoid_focal_loss

    logits, target = problem
    weight = torch.tensor([1.0, 2, 3, 4], dtype=torch.float64)
    with pytest.raises(InputError, match="targets below 4"):
        sigmoid_focal_loss(logits, target, 2.0, 0.25, weight, "none")
    foreground = target < 4
    logits, target = logits[foreground], target[foreground]
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, weight, "none")
    expected = by_definition(logits, target, 2.0, 0.25) * weight[target][:, None]
    torch.testing.assert_close(loss, expected)
