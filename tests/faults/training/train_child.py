"""Trains one request in a process of its own, which may kill itself on the way.

Run with `runpy` by a fresh process; `REQUEST` and `KILL` are given from outside. KILL
is a pair: the process ends at the n-th sync of a file with a text in its name.
"""

from __future__ import annotations

import os
import signal

from mmsia.bench.training import train

REQUEST = globals()["REQUEST"]
KILL = globals()["KILL"]


def kill_in_write(number: int, text: str) -> None:
    """Die by SIGKILL when the file is half on disk and not yet in its place."""
    sync, seen = os.fsync, 0

    def fsync(descriptor):
        nonlocal seen
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if text in os.path.basename(path):
            seen += 1
            if seen == number:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    os.fsync = fsync


if KILL is not None:
    kill_in_write(*KILL)
train(REQUEST)
