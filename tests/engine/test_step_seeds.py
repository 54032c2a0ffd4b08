from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import torch

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
