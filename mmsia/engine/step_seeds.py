"""Randomness of a training step as a function of (seed, step)."""

from __future__ import annotations

from typing import Any

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mmsia.datasets.transforms.randomness import seed_generators

_STEP = 2


@HOOKS.register_module()
class StepSeedHook(Hook):
    """Seeds the global generators before each training step.

    Dropout and the like then draw the same whether a training was resumed or not, and
    whatever a validation or a worker has drawn in between. Generators' states in the
    checkpoint would not do that: a resumed training does not repeat the validation
    that followed the checkpoint.
    """

    priority = "VERY_HIGH"

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Seed; the batch has been loaded already.

        Args:
            runner: The runner that trains.
            batch_idx: Not used.
            data_batch: Not used.
        """
        words = (runner.seed, _STEP, runner.iter, get_rank())
        seed_generators(*words, every_device=True)
