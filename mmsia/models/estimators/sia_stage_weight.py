"""Lowering the weight of the stages during training (SIA-GCN, Section 4)."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS

from mmsia.errors import ConfigError


@HOOKS.register_module()
class StageWeightHook(Hook):
    """Sets SiaPose's `stage_weight`, alpha of Eq. (4), before each step.

    It follows from the step alone, so that a resumed training has the right one.

    Args:
        begin: The epoch, or iteration, from which on it is `after`.
        before: Its value until then.
        after: Its value from then on.
        by_epoch: Whether `begin` counts epochs.

    Raises:
        ConfigError: A negative beginning.
    """

    def __init__(
        self,
        begin: int = 40,
        before: float = 1.0,
        after: float = 0.1,
        by_epoch: bool = True,
    ) -> None:
        if begin < 0:
            raise ConfigError(
                "StageWeightHook: begin", expected="0 or more", got=repr(begin)
            )
        self.begin, self.before, self.after = begin, before, after
        self.by_epoch = by_epoch

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Set the weight of this step.

        Args:
            runner: The runner that trains.
            batch_idx: Not used.
            data_batch: Not used.
        """
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        now = runner.epoch if self.by_epoch else runner.iter
        model.stage_weight = self.after if now >= self.begin else self.before
