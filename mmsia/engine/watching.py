"""Tell somebody how far a training or a test is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmengine.hooks import Hook


class ProgressHook(Hook):
    """Calls a function after each step; given to a runner, not named in configs.

    Args:
        on_progress: Called with (done, total).
    """

    def __init__(self, on_progress: Callable[[int, int], None]) -> None:
        self.on_progress = on_progress

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Report a training step.

        Args:
            runner: The runner.
            batch_idx: Not used.
            data_batch: Not used.
            outputs: Not used.
        """
        self.on_progress(runner.iter + 1, runner.max_iters)

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Report a batch of a test.

        Args:
            runner: The runner.
            batch_idx: Number of the batch.
            data_batch: Not used.
            outputs: Not used.
        """
        self.on_progress(batch_idx + 1, len(runner.test_dataloader))
