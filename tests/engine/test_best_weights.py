"""The hook that keeps the weights of the best validation."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmsia.engine.best_weights import KEY, BestWeightsHook
from mmsia.errors import TrainingError

SCORES = [3.0, 5.0, 5.0, 1.0, 4.0, 1.0]
"""Of the validations after steps 10, 20, ...: up, level, down, up, down."""


def make_runner():
    return SimpleNamespace(model=nn.Linear(1, 1), iter=0, epoch=0)


def validate(hook, runner, step, score):
    """A validation of weights that are the number of steps."""
    runner.iter, runner.epoch = step, step // 10
    with torch.no_grad():
        runner.model.weight.fill_(step)
    hook.after_val_epoch(runner, {"other": -1.0, "ap": score})


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        # the second 5 and the second 1 are ties: the earlier stays
        ("greater", [10, 20, 20, 20, 20, 20]),
        ("less", [10, 10, 10, 40, 40, 40]),
    ],
)
def test_the_choice_is_the_one_made_by_hand(rule, path):
    hook, runner = BestWeightsHook("ap", rule), make_runner()
    assert hook.best is None
    for number, (score, best) in enumerate(zip(SCORES, path, strict=True), start=1):
        validate(hook, runner, 10 * number, score)
        assert hook.best == best
        assert hook.weights["weight"].item() == best
        assert set(hook.weights) == {"weight", "bias"}
    assert hook.scores == {10 * n: s for n, s in enumerate(SCORES, start=1)}


@pytest.mark.parametrize("rule", ["greater", "less"])
@pytest.mark.parametrize("cut", range(1, len(SCORES)))
def test_a_checkpoint_carries_all_that_a_choice_rests_on(rule, cut, tmp_path):
    """Whatever came after it, the choice from there on is the unbroken one."""
    whole, runner = BestWeightsHook("ap", rule), make_runner()
    for number, score in enumerate(SCORES, start=1):
        validate(whole, runner, 10 * number, score)
        if number == cut:
            stored = {}
            whole.before_save_checkpoint(runner, stored)
            torch.save(stored, tmp_path / "c.pth")
    resumed = BestWeightsHook("ap", rule)
    resumed.after_load_checkpoint(runner, torch.load(tmp_path / "c.pth"))
    assert list(resumed.scores) == [10 * n for n in range(1, cut + 1)]
    for number, score in list(enumerate(SCORES, start=1))[cut:]:
        validate(resumed, runner, 10 * number, score)
    assert resumed.best == whole.best and resumed.scores == whole.scores
    for name, tensor in whole.weights.items():
        assert torch.equal(resumed.weights[name], tensor)


def test_a_checkpoint_of_another_training_changes_nothing():
    hook, runner = BestWeightsHook("ap", "less"), make_runner()
    hook.after_load_checkpoint(runner, {"state_dict": {}})
    assert hook.best is None and KEY == "best_weights"


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_an_error(score):
    hook, runner = BestWeightsHook("ap", "less"), make_runner()
    validate(hook, runner, 10, 2.0)
    with pytest.raises(TrainingError, match=r"after step 20 .* got ap") as raised:
        validate(hook, runner, 20, score)
    assert raised.value.step == 20 and hook.best == 10


@pytest.mark.parametrize(("metrics", "got"), [({"ar": 1.0}, "ar"), ({}, "no score")])
def test_a_score_that_is_missing_is_an_error(metrics, got):
    hook, runner = BestWeightsHook("ap", "greater"), make_runner()
    with pytest.raises(TrainingError, match=f"expected a finite 'ap'.* got {got}"):
        hook.after_val_epoch(runner, metrics)


def test_an_unknown_rule_is_refused():
    with pytest.raises(KeyError):
        BestWeightsHook("ap", "more")
