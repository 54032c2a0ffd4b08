"""Runs over several processes of this machine, started by torchrun.

The plan says of each run how many make it: trainings share their batches, any other
run is made by one process, which then has nobody to wait for it. Each rank is a process
of its own, so a crash costs one run.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mmsia.bench.executors.base import Executor, died
from mmsia.bench.executors.job import Ended, Job
from mmsia.bench.executors.local import LOG
from mmsia.bench.executors.torchrun_launch import silent_rank
from mmsia.bench.executors.torchrun_rank import ANSWER, JOB, SESSION
from mmsia.bench.processes import stop_group
from mmsia.errors import ConfigError

_POLL_SECONDS = 0.1
_LAUNCHER = "mmsia.bench.executors.torchrun_launch"


class TorchrunExecutor(Executor):
    """Makes runs with torchrun.

    Args:
        slots: Runs at a time.
        timeout: Seconds that one run may take; None: no limit.
        processes: That a plan for it shares each training over; default one a GPU, or
            two without.

    Raises:
        ConfigError: More processes than GPUs, or no number of them.
    """

    rank: tuple[str, ...] = ("-m", "mmsia.bench.executors.torchrun_rank")
    """What each rank runs."""

    def __init__(
        self,
        slots: int = 1,
        timeout: float | None = None,
        processes: int | None = None,
    ) -> None:
        super().__init__(slots, timeout)
        self.processes = count_processes(processes)
        self._running: dict[str, tuple[subprocess.Popen, Path, Job]] = {}

    def _launch(self, job: Job) -> None:
        # A folder of our own that nobody else may write: pickles are read from it.
        folder = Path(tempfile.mkdtemp(prefix="mmsia-torchrun-"))
        (folder / JOB).write_bytes(pickle.dumps(job))
        job.folder.mkdir(parents=True, exist_ok=True)
        threads = {} if job.threads is None else {"OMP_NUM_THREADS": str(job.threads)}
        with open(job.folder / LOG, "wb") as log:
            process = subprocess.Popen(  # noqa: S603
                [
                    *(sys.executable, "-m", _LAUNCHER, str(folder), "--standalone"),
                    *("--nproc_per_node", str(job.spec.processes or 1)),
                    *(*self.rank, str(folder)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **threads, SESSION: str(os.getpid())},
            )
        self._running[job.spec.key] = (process, folder, job)

    def _poll(self, seconds: float) -> list[Ended]:
        deadline = time.monotonic() + seconds
        while True:
            ended = [
                key for key, (p, _, _) in self._running.items() if p.poll() is not None
            ]
            if ended or time.monotonic() >= deadline:
                return [self._answer(key) for key in ended]
            time.sleep(_POLL_SECONDS)

    def _answer(self, key: str) -> Ended:
        process, folder, job = self._running[key]
        seconds = time.monotonic() - self._started[key]
        # The first failure is the cause; other ranks then fail for want of that one.
        answers = sorted(folder.glob(f"{ANSWER}*"), key=lambda p: p.stat().st_mtime_ns)
        ends = [pickle.loads(path.read_bytes()) for path in answers]  # noqa: S301
        silent = silent_rank(folder)
        self._forget(key)
        log = str(job.folder / LOG)
        if silent is not None:
            rank, code = silent
            who = f"process {rank + 1} of its {job.spec.processes or 1}"
            return died(key, code, log, seconds, who=who)
        for end in ends:
            if end.kind is not None:
                return end
        if ends:
            return ends[0]
        return died(key, process.returncode, log, seconds)

    def _stop(self, key: str) -> None:
        # torchrun passes the request on to its ranks, which lead groups of their own.
        stop_group(self._running[key][0].pid, grace=10.0)
        self._forget(key)

    def _forget(self, key: str) -> None:
        process, folder, _ = self._running.pop(key)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def count_processes(asked: int | None = None) -> int:
    """How many processes share a training on this machine.

    Args:
        asked: The option `processes`; None: one a GPU, or two without.

    Raises:
        ConfigError: More processes than GPUs, or no number of them.
    """
    import torch

    gpus = torch.cuda.device_count()
    if asked is None:
        return gpus or 2
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise ConfigError(
            "--executor-option processes", expected="1 or more", got=repr(asked)
        )
    if gpus and asked > gpus:
        raise ConfigError(
            "--executor-option processes",
            expected=f"at most {gpus}: each takes a GPU of this machine",
            got=str(asked),
            remedy="CUDA_VISIBLE_DEVICES= (empty) trains on the CPU.",
        )
    return asked
