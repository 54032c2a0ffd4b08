"""What each of two processes does in the tests of shared trainings that go wrong."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from mmengine.dist import get_rank
from mmengine.runner import Runner

from mmsia.bench.inference import EvaluateRequest, evaluate
from mmsia.bench.measurement import Measurement
from mmsia.bench.training import TrainRequest, TrainResult, train
from mmsia.models.heads.offset_guided_head import OffsetGuidedHead


def train_on(request: TrainRequest) -> TrainResult:
    """Train; here for its name, which other processes find it by."""
    return train(request)


def train_and_count(request: TrainRequest) -> tuple[TrainResult, int]:
    """Train; how many files this process has put in their place meanwhile."""
    replace, count = os.replace, 0

    def counted(source, target, **options):
        nonlocal count
        count += 1
        replace(source, target, **options)

    os.replace = counted
    return train(request), count


def train_and_count_in(folder: Path, request: TrainRequest) -> tuple[TrainResult, int]:
    """As `train_and_count`, with a folder as the current one."""
    os.chdir(folder)
    return train_and_count(request)


def evaluate_on(request: EvaluateRequest) -> Measurement:
    """Evaluate; here for its name, which other processes find it by."""
    return evaluate(request)


def train_until_killed(request: TrainRequest, step: int, ranks: list[int]) -> None:
    """Train until some of the processes die by SIGKILL behind a step."""
    call = Runner.call_hook

    def call_hook(self, name, **arguments):
        call(self, name, **arguments)
        if name == "after_train_iter" and self.iter + 1 == step and get_rank() in ranks:
            os.kill(os.getpid(), signal.SIGKILL)

    Runner.call_hook = call_hook
    train(request)


def train_with_nan(request: TrainRequest, step: int, rank: int) -> None:
    """Train until one process alone computes a loss that is not a number."""
    loss, calls = OffsetGuidedHead.loss, 0

    def spoiled(self, *arguments, **options):
        nonlocal calls
        calls += 1
        losses = loss(self, *arguments, **options)
        if calls == step and get_rank() == rank:
            losses["loss_offset"] = losses["loss_offset"] * float("nan")
        return losses

    OffsetGuidedHead.loss = spoiled
    train(request)
