"""A training that has become NaN stops, before it can spoil its checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch import Tensor

from mmsia.errors import TrainingError

_LISTED = 4
_REMEDY = (
    "Earlier checkpoints are intact. Look at the learning rate, the data and, with "
    "--amp, the loss scale."
)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Raises when a loss, or a weight that is about to be stored, is not finite."""

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Check the losses of a step.

        Args:
            runner: The runner that trains.
            batch_idx: Not used.
            data_batch: Not used.
            outputs: Name of each loss -> its value.

        Raises:
            TrainingError: One of them is NaN or infinite; has the step and all values.
        """
        parts = {name: _number(value) for name, value in (outputs or {}).items()}
        bad = [name for name, value in parts.items() if not math.isfinite(value)]
        if bad:
            values = ", ".join(f"{name} {value:.6g}" for name, value in parts.items())
            step = runner.iter + 1
            raise TrainingError(
                f"step {step}: {', '.join(bad)} of the training is not finite",
                step=step,
                parts=parts,
                expected="finite losses",
                got=values,
                remedy=_REMEDY,
            )

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Check the weights of a checkpoint.

        Args:
            runner: The runner that saves.
            checkpoint: What is about to be written.

        Raises:
            TrainingError: Weights that are NaN or infinite; nothing is written.
        """
        bad = [
            name
            for name, tensor in checkpoint["state_dict"].items()
            if tensor.is_floating_point() and not tensor.isfinite().all()
        ]
        if bad:
            more = f" and {len(bad) - _LISTED} more" if len(bad) > _LISTED else ""
            raise TrainingError(
                f"step {runner.iter + 1}: weights are not finite",
                step=runner.iter + 1,
                expected="finite weights in a checkpoint",
                got=", ".join(bad[:_LISTED]) + more,
                remedy=_REMEDY,
            )


def _number(value: Any) -> float:
    return float(value.detach()) if isinstance(value, Tensor) else float(value)
