"""Locks: one process a run, and one at a time where a folder's index is rewritten.

`runs/<key>/lock` says who makes a run: pid, host and start. It is made and taken over
under a short system lock of the folder, so that two processes never both find it free.
A lock of a process that is gone is recognised on its own host; on another host nobody
can tell, so its lock is respected and the message names the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mmsia.bench.processes import process_start
from mmsia.errors import DataError
from mmsia.files import read_json, write_json
from mmsia.log import get_logger

LOCK, GUARD = "lock", ".guard"

_logger = get_logger(__name__)
_held: dict[tuple[int, str], BinaryIO] = {}
"""Guards of this process by thread and folder."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes:
        pid: Its process.
        host: Name of its machine.
        started: When it took the lock, UTC, ISO 8601.
        ticks: When the process began, as its kernel counts.
    """

    pid: int
    host: str
    started: str
    ticks: str

    @property
    def elsewhere(self) -> bool:
        """Whether it runs on another host."""
        return self.host != socket.gethostname()

    @property
    def gone(self) -> bool:
        """Whether the process is known to have ended."""
        return not self.elsewhere and process_start(self.pid) != self.ticks

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.started}"


def acquire(folder: Path) -> Holder | None:
    """Take the lock of a run's folder.

    Args:
        folder: `runs/<key>`; made if it is missing.

    Returns:
        None if the lock is ours now, else who holds it.

    Raises:
        DataError: If the folder cannot be written.
    """
    path = folder / LOCK
    with guard(folder.parent):
        other = read_holder(path)
        if other is not None and not other.gone:
            return other
        if other is not None:
            _logger.warning("stale lock of %s removed: %s", other, path)
        write_json(path, asdict(_ourselves()))
    return None


def release(folder: Path) -> None:
    """Give the lock of a run's folder back, if it is ours.

    Args:
        folder: `runs/<key>`.
    """
    path = folder / LOCK
    # Whatever a disk does at the end of a run, the run's outcome stands.
    with contextlib.suppress(OSError, DataError), guard(folder.parent):
        holder = read_holder(path)
        if holder is not None and holder.pid == os.getpid() and not holder.elsewhere:
            path.unlink()


def read_holder(path: Path) -> Holder | None:
    """Who holds a lock; None if nobody does or the file is damaged.

    Args:
        path: The lock.
    """
    if not path.is_file():
        return None
    try:
        return Holder(**read_json(path))
    except (DataError, TypeError) as error:
        _logger.warning("damaged lock ignored: %s (%s)", path, error)
        return None


@contextlib.contextmanager
def guard(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes for a moment; the kernel frees it.

    Not to be entered twice for one folder: what a thread still holds of it when it
    asks again is what Ctrl-C left between two instructions, and is let go.

    Args:
        folder: Made if it is missing.

    Raises:
        DataError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key = (threading.get_ident(), str(folder.resolve()))
        if key in _held:
            _held.pop(key).close()
        handle = open(folder / GUARD, "ab")
    except OSError as error:
        raise DataError(
            f"cannot work in {folder}",
            expected="a folder that can be written",
            got=error.strerror or str(error),
            remedy="Choose another one with --work-dir; `mmsia report` also needs one",
        ) from error
    _held[key] = handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        handle.close()
        _held.pop(key, None)


def _ourselves() -> Holder:
    return Holder(
        pid=os.getpid(),
        host=socket.gethostname(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        ticks=process_start(os.getpid()) or "",
    )
