from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mmsia.engine.finite_losses import FiniteLossHook
from mmsia.errors import TrainingError

RUNNER = SimpleNamespace(iter=6)


def test_finite_losses_pass():
    outputs = {"loss": torch.tensor(3.0, requires_grad=True), "acc": 0.5}
    FiniteLossHook().after_train_iter(RUNNER, 0, outputs=outputs)
    FiniteLossHook().after_train_iter(RUNNER, 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_others_are_named_with_the_step_and_all_parts(value):
    outputs = {"loss": torch.tensor(value), "loss_a": value, "loss_b": 0.25}
    with pytest.raises(TrainingError) as caught:
        FiniteLossHook().after_train_iter(RUNNER, 0, outputs=outputs)
    assert caught.value.step == 7 and caught.value.parts["loss_b"] == 0.25
    assert str(caught.value).startswith("step 7: loss, loss_a of the training")
    assert "loss_b 0.25" in str(caught.value)


def test_weights_that_are_spoilt_are_not_stored():
    state = {"a": torch.ones(2), "b": torch.tensor([1.0, float("nan")])}
    state["count"] = torch.tensor(3)
    with pytest.raises(TrainingError, match=r"step 7: weights.*got b\."):
        FiniteLossHook().before_save_checkpoint(RUNNER, {"state_dict": state})
    del state["b"]
    FiniteLossHook().before_save_checkpoint(RUNNER, {"state_dict": state})
