from __future__ import annotations

import copy
import random
import secrets
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

import mmsia.all  # noqa: F401, registers
from mmsia.engine.step_seeds import StepSeedHook


def numbers(seed, step):
    StepSeedHook().before_train_iter(SimpleNamespace(seed=seed, iter=step), 0)
    old = float(np.random.rand())  # noqa: NPY002, what a network might draw from
    return random.random(), old, float(torch.rand(()))  # noqa: S311, as above


def test_a_steps_numbers_depend_on_seed_and_step_alone():
    first = numbers(1, 5)
    torch.rand(100)
    assert numbers(1, 5) == first
    others = [numbers(1, 6), numbers(2, 5)]
    for other in others:
        assert all(a != b for a, b in zip(first, other, strict=True))


class Dropping(BaseModel):
    """A network whose every step draws numbers."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, *inputs, mode="tensor"):
        dropped = nn.functional.dropout(self.layer(torch.stack(inputs)), 0.5)
        if mode == "loss":
            return {"loss": dropped.square().mean()}
        return [dropped.sum().item()]


class Sum(BaseMetric):
    def process(self, data_batch, data_samples):
        self.results.extend(data_samples)

    def compute_metrics(self, results):
        return {"sum": sum(results)}


class Stop(Exception):
    pass


def train(work_dir, stop_before=None, hook="StepSeedHook"):
    """Six steps with a validation after every other one, where checkpoints are."""
    samples = [torch.arange(8.0) + i for i in range(4)]
    loader = {
        "batch_size": 2,
        "num_workers": 0,
        "collate_fn": {"type": "pseudo_collate"},
        "dataset": samples,
        "sampler": {"type": "DrawSampler"},
    }
    checking = {"type": "DefaultSampler", "shuffle": False}
    config = {
        "default_scope": "mmengine",
        "work_dir": str(work_dir),
        "experiment_name": secrets.token_hex(8),
        "randomness": {"seed": 1},
        "train_dataloader": loader,
        "val_dataloader": {**copy.copy(loader), "sampler": checking},
        "train_cfg": {"type": "IterBasedTrainLoop", "max_iters": 6, "val_interval": 2},
        "val_cfg": {},
        "optim_wrapper": {"optimizer": {"type": "SGD", "lr": 0.1}},
        "default_hooks": {
            "checkpoint": {
                "type": "AtomicCheckpointHook",
                "by_epoch": False,
                "interval": 2,
            }
        },
        "custom_hooks": [{"type": "PlainCheckpointHook"}, {"type": hook}],
        "resume": True,
    }
    torch.manual_seed(0)
    runner = Runner(
        **config, model=Dropping(), val_evaluator=Evaluator(Sum()), cfg=Config({"a": 1})
    )
    if stop_before is not None:
        step = runner.model.train_step

        def stop(data, optim_wrapper):
            if runner.iter == stop_before:
                raise Stop
            return step(data, optim_wrapper)

        runner.model.train_step = stop
    runner.train()
    return runner.model.layer.weight.detach().clone()


@pytest.mark.parametrize(
    ("hook", "equal"), [("StepSeedHook", True), ("EmptyCacheHook", False)]
)
def test_dropout_goes_on_as_without_the_break(hook, equal, tmp_path):
    """Also after a validation, which draws and is not repeated on resuming."""
    whole = train(tmp_path / "whole", hook=hook)
    with pytest.raises(Stop):
        train(tmp_path / "broken", stop_before=4, hook=hook)
    assert torch.equal(train(tmp_path / "broken", hook=hook), whole) is equal
