"""Runs as jobs of a Slurm cluster, through submitit.

submitit's own stand-ins for a cluster, `local` (child processes) and `debug` (this
process), are chosen with `--executor-option cluster=local`; never silently.
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import Any

from mmsia.bench.executors.base import Executor, timed_out
from mmsia.bench.executors.job import Ended, Job, run_one
from mmsia.bench.outcome import FailureKind
from mmsia.bench.terms import Status
from mmsia.errors import MissingPartError

_POLL_SECONDS = 0.5
_KINDS = {
    "OUT_OF_MEMORY": FailureKind.MEMORY,
    "CANCELLED": FailureKind.KILLED,
    "PREEMPTED": FailureKind.KILLED,
}


class SlurmExecutor(Executor):
    """Submits each run as a job.

    Args:
        folder: Where submitit keeps its scripts and logs, seen by all nodes.
        slots: Jobs at a time.
        timeout: Seconds that one run may take once it began; None: the cluster's.
        cluster: `slurm`, or submitit's `local` or `debug`.
        parameters: Passed to submitit, such as slurm_partition or gpus_per_node.
    """

    def __init__(
        self,
        folder: Path,
        slots: int = 1,
        timeout: float | None = None,
        cluster: str = "slurm",
        **parameters: Any,
    ) -> None:
        # Waiting in the queue is not running: the limit is the cluster's to keep.
        super().__init__(slots, None)
        self._limit = timeout
        self._submitit = _import_submitit(cluster)
        self._executor = self._submitit.AutoExecutor(
            folder=str(folder), cluster=cluster
        )
        if timeout is not None:
            parameters["timeout_min"] = math.ceil(timeout / 60)
        self._executor.update_parameters(name="mmsia", **parameters)
        self._jobs: dict[str, Any] = {}

    def _launch(self, job: Job) -> None:
        self._jobs[job.spec.key] = self._executor.submit(run_one, job)

    def _poll(self, seconds: float) -> list[Ended]:
        deadline = time.monotonic() + seconds
        while True:
            done = [key for key, job in self._jobs.items() if job.done()]
            if done or time.monotonic() >= deadline:
                return [self._answer(key) for key in done]
            time.sleep(_POLL_SECONDS)

    def _answer(self, key: str) -> Ended:
        job = self._jobs.pop(key)
        seconds = time.monotonic() - self._started[key]
        try:
            return job.result()
        except self._submitit.core.utils.UncompletedJobError as error:
            state, problem = job.state, error
        except Exception as error:
            state, problem = "FAILED", error
        if state == "TIMEOUT":
            return timed_out(key, self._limit or seconds, seconds)
        return Ended(
            key,
            Status.FAILED,
            seconds,
            kind=_KINDS.get(state, FailureKind.CRASH),
            error=f"job {job.job_id} ended as {state} (log in {job.paths.stderr})",
            trace=str(problem),
        )

    def _stop(self, key: str) -> None:
        self._jobs.pop(key).cancel()


def _import_submitit(cluster: str) -> Any:
    try:
        import submitit
    except ModuleNotFoundError as error:
        raise MissingPartError(
            "the executor slurm",
            expected="the package submitit",
            got="none installed",
            remedy="pip install -c requirements/constraints.txt submitit",
        ) from error
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise MissingPartError(
            "the executor slurm",
            expected="sbatch on the PATH",
            got="no such command",
            remedy="Run on a login node; `--executor-option cluster=local` submits to "
            "this machine instead",
        )
    return submitit
