"""Processes by pid and start time, so that a pid used again is not mistaken."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

_POLL_SECONDS = 0.3


def process_start(pid: int) -> str | None:
    """When a process of this host began, in the kernel's ticks; None if it is gone.

    Where the system does not tell (no /proc), every living process began at "".

    Args:
        pid: Its number.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "" if not Path("/proc/self/stat").exists() and _lives(pid) else None
    # The name in parentheses may hold anything, also a parenthesis.
    fields = text.rpartition(")")[2].split()
    # A zombie has ended; only its parent has not looked yet.
    return None if fields[0] == "Z" else fields[19]


def die_with(pid: int) -> None:
    """End this process and its group as soon as another process is gone.

    A run must not outlive the session that waits for it: the same command would make
    it a second time beside the first.

    Args:
        pid: The process to live with.
    """
    start = process_start(pid)
    threading.Thread(target=_watch, args=(pid, start), daemon=True).start()


def stop_group(pid: int, grace: float = 2.0) -> None:
    """End a process that leads its own group, and everything in that group.

    Args:
        pid: The leader.
        grace: Seconds between the request and the kill.
    """
    if not _signal_group(pid, signal.SIGTERM):
        return
    deadline = time.monotonic() + grace
    while process_start(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> bool:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _watch(pid: int, start: str | None) -> None:
    while start is not None and process_start(pid) == start:
        time.sleep(_POLL_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
