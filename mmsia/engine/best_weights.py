"""The weights of the best validation, kept inside the checkpoints of a training.

MMEngine keeps them in a file of their own, named by a checkpoint that is written before
the validation and again after it: a kill in between loses a validation, and so may
change the choice. Here all that a choice rests on is part of each checkpoint, and a
validation that followed the checkpoint which a training goes on from is made again.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop
from torch import Tensor

from mmsia.errors import TrainingError

KEY = "best_weights"
"""Of what a checkpoint holds for this hook."""


@HOOKS.register_module()
class BestWeightsHook(Hook):
    """Chooses the best weights of a training by a score of its validations.

    Of equal scores the earlier counts. Every process knows the scores, the first one
    alone has the weights.

    Args:
        score: Name of the score among the metrics of a validation.
        rule: "greater" or "less".
    """

    # A validation before the first step finds all others ready.
    priority = "LOWEST"

    def __init__(self, score: str, rule: str) -> None:
        self.score, self.sign = score, {"greater": 1, "less": -1}[rule]
        self.scores: dict[int, float] = {}
        self.epochs: dict[int, int] = {}
        self.weights: dict[str, Tensor] = {}

    @property
    def best(self) -> int | None:
        """Steps before the best validation so far; None before the first one."""
        if not self.scores:
            return None
        return max(sorted(self.scores), key=lambda step: self.sign * self.scores[step])

    def before_train(self, runner: Any) -> None:
        """Make the validation that followed the checkpoint, if one is due.

        Args:
            runner: The runner, with a validation; it has loaded what it goes on from.
        """
        for metric in runner.val_loop.evaluator.metrics:
            # Of several processes: else a folder below the current one.
            metric.collect_dir = str(Path(runner.work_dir) / ".validation")
        if _validates_at(runner.train_loop) and runner.iter not in self.scores:
            runner.val_loop.run()

    def after_val_epoch(
        self, runner: Any, metrics: dict[str, float] | None = None
    ) -> None:
        """Take note of a validation, and of the weights if it is the best one so far.

        Args:
            runner: The runner that trains.
            metrics: Name -> score.

        Raises:
            TrainingError: The score is missing or not finite.
        """
        step, value = int(runner.iter), (metrics or {}).get(self.score)
        self.scores[step] = self._checked(value, step, metrics or {})
        self.epochs[step] = int(runner.epoch)
        if self.best == step and is_main_process():
            model = runner.model
            model = model.module if is_model_wrapper(model) else model
            # On the CPU, too, these are to be copies.
            self.weights = {
                name: tensor.detach().to("cpu", copy=True)
                for name, tensor in model.state_dict().items()
            }

    def _checked(self, value: Any, step: int, metrics: dict[str, Any]) -> float:
        if value is not None and math.isfinite(value):
            return float(value)
        named = ", ".join(sorted(metrics)) or "no score at all"
        raise TrainingError(
            f"the validation after step {step} cannot be selected on",
            step=step,
            expected=f"a finite {self.score!r}, which the config selects by",
            got=f"{self.score} {value}" if self.score in metrics else named,
            remedy="Look at the validation data and val_evaluator. Earlier checkpoints "
            "are intact; nothing else is chosen instead.",
        )

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Add the scores so far and the best weights.

        Args:
            runner: Not used.
            checkpoint: What is about to be written.
        """
        checkpoint[KEY] = {
            "scores": dict(self.scores),
            "epochs": dict(self.epochs),
            "weights": dict(self.weights),
        }

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Go on with the scores and weights of a checkpoint.

        Args:
            runner: Not used.
            checkpoint: What was read.
        """
        stored = checkpoint.get(KEY)
        if stored is not None:
            self.scores, self.epochs = dict(stored["scores"]), dict(stored["epochs"])
            moved = {name: tensor.cpu() for name, tensor in stored["weights"].items()}
            self.weights = moved if is_main_process() else {}


def _validates_at(loop: Any) -> bool:
    """Whether a loop validates at the place where it is, as mmengine's loops decide."""
    by_step = isinstance(loop, IterBasedTrainLoop)
    done = loop.iter if by_step else loop.epoch
    last = loop.max_iters if by_step else loop.max_epochs
    loop._decide_current_val_interval()
    regular = done % loop.val_interval == 0
    return 0 < done >= loop.val_begin and (regular or done == last)
