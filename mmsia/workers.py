"""Processes that make the pieces of a whole, and never outlive who asked for it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any


@contextmanager
def worker_pool(
    workers: int, start: Callable[..., None] | None = None, args: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes, gone when the block is left.

    A block that ends by an error or by Ctrl-C ends its workers at once, whatever they
    are doing: what they write must be whole or not at all (mmsia.files).

    Args:
        workers: How many.
        start: Called in each worker before its first piece; named at the top level of
            a module.
        args: What `start` is called with.
    """
    # spawn: a fork of a process with threads can hang
    context = multiprocessing.get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _start, (lifeline, start, args))
    try:
        yield pool
        pool.shutdown(wait=True)
    finally:
        # Closed first: a second Ctrl-C may come while the workers are waited for, and
        # those that nobody tells to end would be waited for by Python's own exit.
        held.close()
        pool.shutdown(wait=True, cancel_futures=True)
        lifeline.close()


def _start(
    lifeline: Connection, start: Callable[..., None] | None, args: tuple[Any, ...]
) -> None:
    """One thread each, Ctrl-C is the parent's, and nobody outlives the pool."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([lifeline, parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    if start is not None:
        start(*args)
