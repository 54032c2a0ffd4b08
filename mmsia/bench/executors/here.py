"""Runs in this very process, one after the other: for tests and debuggers."""

from __future__ import annotations

from functools import partial

from mmsia.bench.executors.base import Executor
from mmsia.bench.executors.job import Ended, Execute, Job, execute_here, run_one


class HereExecutor(Executor):
    """Makes a run while it is being started.

    Args:
        execute: Does the work.
    """

    def __init__(self, execute: Execute = execute_here) -> None:
        super().__init__()
        self._execute = execute
        self._ended: list[Ended] = []

    def _launch(self, job: Job) -> None:
        step = partial(self.on_progress, job.spec.key)
        self._ended.append(run_one(job, step, self._execute))

    def _poll(self, seconds: float) -> list[Ended]:
        ended, self._ended = self._ended, []
        return ended

    def _stop(self, key: str) -> None:
        """Nothing goes on beside this process."""
