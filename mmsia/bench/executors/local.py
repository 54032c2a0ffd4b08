"""Runs as processes of this machine, forked from a server that has imported the stack.

One process a run: a crash, a kill or a time-out costs that run alone. Each leads its
own process group, so that a key pressed in the terminal reaches the session only, and
the session ends its runs with everything that they started.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import time
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from mmsia.bench.executors.base import Executor, died
from mmsia.bench.executors.job import Ended, Job, run_one
from mmsia.bench.processes import die_with, stop_group

LOG = "log.txt"
_PROGRESS_SECONDS = 0.2


class LocalExecutor(Executor):
    """Makes runs as processes of this machine.

    Args:
        slots: Runs at a time.
        timeout: Seconds that one run may take; None: no limit.
    """

    preload = ("mmsia.bench.executors.preload",)
    """Modules that the server imports before the first run."""

    def __init__(self, slots: int = 1, timeout: float | None = None) -> None:
        super().__init__(slots, timeout)
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(list(self.preload))
        self._running: dict[str, tuple[BaseProcess, Connection, Job]] = {}

    def _launch(self, job: Job) -> None:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_work, args=(theirs, job, os.getpid()), name=f"run {job.spec.key}"
        )
        process.start()
        theirs.close()
        self._running[job.spec.key] = (process, ours, job)

    def _poll(self, seconds: float) -> list[Ended]:
        ready = wait([pipe for _, pipe, _ in self._running.values()], seconds)
        ended = []
        for key, (_, pipe, _) in list(self._running.items()):
            if pipe in ready and (end := self._hear(key)) is not None:
                ended.append(end)
        return ended

    def _hear(self, key: str) -> Ended | None:
        process, pipe, job = self._running[key]
        try:
            message = pipe.recv()
        except (EOFError, ConnectionResetError):
            process.join()
            seconds = time.monotonic() - self._started[key]
            message = died(key, process.exitcode, str(job.folder / LOG), seconds)
        if isinstance(message, tuple):
            self.on_progress(key, *message)
            return None
        self._forget(key)
        return message

    def _stop(self, key: str) -> None:
        process, _, _ = self._running[key]
        if process.pid is not None:
            stop_group(process.pid)
        # It may have been ended before it led a group of its own.
        process.kill()
        self._forget(key)

    def _forget(self, key: str) -> None:
        process, pipe, _ = self._running.pop(key)
        process.join()
        process.close()
        pipe.close()


def _work(pipe: Connection, job: Job, session: int) -> None:
    """Make one run in a process of its own.

    Args:
        pipe: Takes (done, total) steps and at last the end.
        job: The run.
        session: Pid of the process that waits for it.
    """
    os.setsid()
    die_with(session)
    _log_to(job.folder / LOG)
    pipe.send(run_one(job, partial(_tell, pipe, [0.0])))


def _tell(pipe: Connection, last: list[float], done: int, total: int) -> None:
    """Pass a step on, but not more often than anybody could read."""
    if done == total or time.monotonic() - last[0] > _PROGRESS_SECONDS:
        last[0] = time.monotonic()
        pipe.send((done, total))


def _log_to(path: Path) -> None:
    """Send all output of this process to a file, also that of compiled code."""
    # A full disk shall fail the run where it stores its result, with that message.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for stream in (1, 2):
            os.dup2(descriptor, stream)
        os.close(descriptor)
        faulthandler.enable()
