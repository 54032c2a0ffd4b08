"""What the session asks of an executor, and the time limit that all of them keep."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mmsia.bench.executors.job import Ended, Job
from mmsia.bench.outcome import FailureKind
from mmsia.bench.terms import Status


def ignore_step(key: str, done: int, total: int) -> None:
    """Stands where nobody watches."""


class Executor(ABC):
    """Makes runs, several at a time; a context that stops them when it is left.

    Args:
        slots: Runs at a time.
        timeout: Seconds that one run may take; None: no limit.
    """

    def __init__(self, slots: int = 1, timeout: float | None = None) -> None:
        self.slots = slots
        self.timeout = timeout
        self.on_progress: Callable[[str, int, int], None] = ignore_step
        self._started: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for key in list(self._started):
            self._stop(key)
            del self._started[key]
        self._close()

    @property
    def busy(self) -> int:
        """How many runs are going on."""
        return len(self._started)

    def start(self, job: Job) -> None:
        """Begin a run.

        Args:
            job: The run; its key is not running yet.
        """
        begun = time.monotonic()
        # Ctrl-C in the middle of it: a run that nobody knows of ends with the session.
        self._launch(job)
        self._started[job.spec.key] = begun

    def events(self, seconds: float) -> list[Ended]:
        """Wait for runs to end.

        Args:
            seconds: At most that long.

        Returns:
            Those that ended or ran out of time, perhaps none.
        """
        ended = self._poll(seconds)
        for end in ended:
            self._started.pop(end.key, None)
        return ended + self._overdue()

    def _overdue(self) -> list[Ended]:
        now, ended = time.monotonic(), []
        for key, started in list(self._started.items()):
            if self.timeout is not None and now - started > self.timeout:
                self._stop(key)
                del self._started[key]
                ended.append(timed_out(key, self.timeout, now - started))
        return ended

    @abstractmethod
    def _launch(self, job: Job) -> None:
        """Begin a run and return at once."""

    @abstractmethod
    def _poll(self, seconds: float) -> list[Ended]:
        """Runs that ended by themselves, after waiting for at most `seconds`."""

    @abstractmethod
    def _stop(self, key: str) -> None:
        """End a run and everything that it started."""

    def _close(self) -> None:  # noqa: B027
        """Give back what the executor itself holds, if it holds anything."""


def timed_out(key: str, limit: float, seconds: float) -> Ended:
    """The end of a run that took too long.

    Args:
        key: The run.
        limit: What it was given, in seconds.
        seconds: What it took until it was stopped.
    """
    return Ended(
        key,
        Status.TIMEOUT,
        seconds,
        error=f"stopped after its {limit:g} s: give it more with --timeout",
    )


def died(
    key: str,
    code: int | None,
    log: str,
    seconds: float,
    *,
    who: str = "its process",
) -> Ended:
    """The end of a run whose process died without an answer.

    Args:
        key: The run.
        code: Exit status; negative: the signal that ended it.
        log: Where its output is.
        seconds: Time until then.
        who: The process, for the message.
    """
    import signal

    killed = code == -signal.SIGKILL
    kind = FailureKind.KILLED if killed else FailureKind.CRASH
    if code is None or code >= 0:
        how = f"{who} ended without an answer (exit status {code})"
    else:
        how = f"{who} was ended by {signal.Signals(-code).name}"
    hint = ": often the system, for want of memory" if killed else ""
    return Ended(
        key, Status.FAILED, seconds, kind=kind, error=f"{how}{hint} (output in {log})"
    )
