"""Losses of a step that several processes share: their mean, in every process."""

from __future__ import annotations

import math
from typing import Any

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mmsia.errors import TrainingError


@HOOKS.register_module()
class MeanLossHook(Hook):
    """Replaces the losses of this process by the mean over all processes.

    The gradient is that of the mean, and equal parts of a batch have the mean of the
    batch. As all processes see the same numbers, one that is not finite stops all.
    """

    # Before anything looks at the losses.
    priority = "HIGHEST"

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Exchange the losses of a step.

        Args:
            runner: The runner that trains.
            batch_idx: Not used.
            data_batch: Not used.
            outputs: Name of each loss -> its value; changed in place.

        Raises:
            TrainingError: Processes with losses of other names.
        """
        if outputs is None:
            return
        parts = all_gather_object(
            {k: float(torch.as_tensor(v).detach()) for k, v in outputs.items()}
        )
        for rank, part in enumerate(parts):
            if part.keys() != parts[0].keys():
                raise TrainingError(
                    f"step {runner.iter + 1}: processes differ in their losses",
                    step=runner.iter + 1,
                    expected=f"{', '.join(parts[0])}, as in the first",
                    got=f"{', '.join(part)} in number {rank + 1}",
                    remedy="A loss that has nothing to look at is 0, not left out.",
                )
        for name in outputs:
            outputs[name] = math.fsum(part[name] for part in parts) / len(parts)
