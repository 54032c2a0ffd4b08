"""How a run ended, and what a session tells whoever watches it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from enum import StrEnum

from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Status
from mmsia.errors import MMSIAError


class FailureKind(StrEnum):
    """Why a run failed; the kind decides what a user does next."""

    REFUSED = "refused"
    ERROR = "error"
    MEMORY = "memory"
    KILLED = "killed"
    CRASH = "crash"
    STORE = "store"
    NEEDS = "needs"


MEANINGS = {
    FailureKind.REFUSED: "mmsia refused its input: the message tells the remedy",
    FailureKind.ERROR: "an exception; the traceback is kept beside the run",
    FailureKind.MEMORY: "memory ran out; nothing was made smaller in silence",
    FailureKind.KILLED: "its process was killed, often by the system for its memory",
    FailureKind.CRASH: "its process died without an exception",
    FailureKind.STORE: "its result could not be written",
    FailureKind.NEEDS: "a run that it starts from failed",
}


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    Attributes:
        key: The run.
        status: done, cached, failed, timeout or interrupted.
        error: Kind and message, if it failed.
        seconds: Time spent now.
        kind: Kind of failure.
    """

    key: str
    status: Status
    error: str = ""
    seconds: float = 0.0
    kind: FailureKind | None = None

    @property
    def good(self) -> bool:
        """Whether there is a result."""
        return self.status in (Status.DONE, Status.CACHED)


class Listener:
    """Told what happens; the command line draws its progress from this."""

    def run_started(self, spec: RunSpec, number: int, total: int) -> None:
        """A run begins."""

    def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
        """Some of its steps are done."""

    def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
        """A run ended, was cached or failed."""

    def session_changed(
        self, spec: RunSpec, outcome: Outcome, outcomes: dict[str, Outcome]
    ) -> None:
        """A run ended; with the outcomes of the whole plan, by the plan's keys."""

    def waiting(self, spec: RunSpec, reason: str) -> None:
        """A run is made by another process; this one waits for it."""


def kind_of(error: BaseException) -> FailureKind:
    """The kind of failure that an exception stands for.

    Args:
        error: What a run raised.
    """
    if isinstance(error, MMSIAError):
        return FailureKind.REFUSED
    # By name: torch need not be imported to look at an exception.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return FailureKind.MEMORY
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EROFS):
        return FailureKind.STORE
    return FailureKind.ERROR
