"""Runs as tasks of a Ray cluster, or of a Ray that is started here."""

from __future__ import annotations

import os
import time
from typing import Any

from mmsia.bench.executors.base import Executor
from mmsia.bench.executors.job import Ended, Job, run_one
from mmsia.bench.outcome import FailureKind
from mmsia.bench.terms import Status
from mmsia.errors import MissingPartError


class RayExecutor(Executor):
    """Makes runs as Ray tasks, each once: a task that dies is a failed run.

    Args:
        slots: Runs at a time.
        timeout: Seconds that one run may take; None: no limit.
        gpus: GPUs that a run reserves.
        address: Of a cluster; default RAY_ADDRESS, else a Ray of our own.
    """

    def __init__(
        self,
        slots: int = 1,
        timeout: float | None = None,
        gpus: float = 0,
        address: str | None = None,
    ) -> None:
        super().__init__(slots, timeout)
        self._ray = _import_ray()
        self._gpus = float(gpus)
        self._address = address or os.environ.get("RAY_ADDRESS")
        self._tasks: dict[str, Any] = {}

    def _launch(self, job: Job) -> None:
        self._connect()
        remote = self._ray.remote(num_cpus=1, num_gpus=self._gpus, max_retries=0)
        self._tasks[job.spec.key] = remote(run_one).remote(job)

    def _connect(self) -> None:
        if self._ray.is_initialized():
            return
        # A cluster's size is its own; ours has a place for each run.
        place = (
            {"address": self._address} if self._address else {"num_cpus": self.slots}
        )
        self._ray.init(
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=False,
            **place,
        )

    def _poll(self, seconds: float) -> list[Ended]:
        tasks = list(self._tasks.values())
        ready, _ = self._ray.wait(tasks, num_returns=1, timeout=seconds)
        return [self._answer(key) for key, t in list(self._tasks.items()) if t in ready]

    def _answer(self, key: str) -> Ended:
        try:
            return self._ray.get(self._tasks.pop(key))
        except self._ray.exceptions.RayError as error:
            return Ended(
                key,
                Status.FAILED,
                time.monotonic() - self._started[key],
                kind=FailureKind.CRASH,
                error=f"its Ray task died: {str(error).strip().splitlines()[0]}",
                trace=str(error),
            )

    def _stop(self, key: str) -> None:
        self._ray.cancel(self._tasks.pop(key), force=True)

    def _close(self) -> None:
        if self._ray.is_initialized():
            self._ray.shutdown()


def _import_ray() -> Any:
    # Its workers would warn about their own accelerator variable at every start.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingPartError(
            "the executor ray",
            expected="the package ray",
            got="none installed",
            remedy="pip install -c requirements/constraints.txt ray",
        ) from error
    return ray
