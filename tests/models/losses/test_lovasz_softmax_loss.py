"""Lovasz-Softmax against Jaccard losses, a hand-worked case and its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mmsia.errors import ConfigError, InputError
from mmsia.models.losses import LovaszSoftmaxLoss
from mmsia.models.losses.lovasz_softmax_loss import lovasz_softmax


def test_hard_answers_give_the_jaccard_loss() -> None:
    """Class 0: IoU 1/3, class 1: 1/2, class 2 is absent though predicted once."""
    labels = torch.tensor([0, 0, 1, 1])
    found = torch.eye(3)[[0, 2, 1, 0]]
    wanted = ((1 - 1 / 3) + (1 - 1 / 2)) / 2
    assert lovasz_softmax(found, labels).item() == pytest.approx(wanted)


def test_two_pixels_by_hand() -> None:
    """Class 0 errs by 0.4 on its pixel, 0.3 on the other: 0.4 * 1 + 0.3 * 0.

    Class 1 errs by 0.4 on the other's pixel, which makes the IoU 1/2, then by 0.3 on
    its own, which takes the rest: 0.4 / 2 + 0.3 / 2.
    """
    found = torch.tensor([[0.6, 0.4], [0.3, 0.7]])
    wanted = (0.4 + 0.35) / 2
    assert lovasz_softmax(found, torch.tensor([0, 1])).item() == pytest.approx(wanted)


def test_agrees_with_the_definition_by_thresholds() -> None:
    """The extension is the Jaccard loss of {errors > t}, integrated over t."""
    rng = np.random.default_rng(0)
    found = rng.dirichlet(np.ones(3), 12)
    labels = rng.integers(0, 3, 12)
    losses = []
    for c in np.unique(labels):
        truth = labels == c
        errors = np.abs(truth - found[:, c])
        levels = np.unique(np.concatenate([[0], errors]))
        total = 0.0
        for low, high in itertools.pairwise(levels):
            wrong = errors > low
            total += (high - low) * wrong.sum() / (truth | wrong).sum()
        losses.append(total)
    result = lovasz_softmax(torch.from_numpy(found), torch.from_numpy(labels))
    assert result.item() == pytest.approx(np.mean(losses), rel=1e-12)


def test_logits_are_taken_as_they_are_where_asked() -> None:
    """Labels 0: class 0 errs by |1 - 5| = 4 on its one pixel, no other is present."""
    logits, labels = torch.tensor([5.0, -2, 1]).view(1, 3, 1, 1), torch.zeros(1, 1, 1)
    raw = LovaszSoftmaxLoss(on="logits", loss_weight=0.5)
    assert raw(logits, labels).item() == pytest.approx(2)
    right = LovaszSoftmaxLoss()(logits, labels).item()
    assert right == pytest.approx(1 - torch.softmax(logits, 1)[0, 0].item())


def test_gradients_push_the_right_class_up() -> None:
    logits = torch.zeros(2, 3, 4, 4, requires_grad=True)
    labels = torch.arange(32).reshape(2, 4, 4) % 3
    LovaszSoftmaxLoss()(logits, labels).backward()
    own = logits.grad.gather(1, labels[:, None])
    assert (own <= 0).all() and own.min() < 0


def test_half_precision_and_no_pixels() -> None:
    loss = LovaszSoftmaxLoss()
    half = loss(torch.zeros(1, 3, 2, 2).half(), torch.zeros(1, 2, 2).long())
    assert half.dtype == torch.float32
    none = loss(torch.zeros(0, 3, 2, 2, requires_grad=True), torch.zeros(0, 2, 2))
    assert none.item() == 0 and none.requires_grad


def test_bad_input_is_named() -> None:
    with pytest.raises(ConfigError, match="probabilities or logits, got 'odds'"):
        LovaszSoftmaxLoss(on="odds")
    with pytest.raises(InputError, match=r"\(1, 2, 2\), got \(1, 2, 3\)"):
        LovaszSoftmaxLoss()(torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 3))
