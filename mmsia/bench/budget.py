"""A session that ends in time: no run begins that is not expected to fit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mmsia.bench.spec import RunSpec
from mmsia.errors import InputError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_TIME = re.compile(r"^(\d+(?:\.\d+)?)([smh]?)$")


@dataclass(frozen=True)
class Budget:
    """What is left of a session's time.

    Attributes:
        seconds: From `begun` on.
        expected: Seconds that a run may take, where runs like it are known.
        begun: When it began, on the monotonic clock.
    """

    seconds: float
    expected: Callable[[RunSpec], float | None]
    begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that are left, below 0 when it is over."""
        return self.seconds - (time.monotonic() - self.begun)

    def fits(self, spec: RunSpec) -> bool:
        """Whether a run may begin; one of a kind that nobody has made yet may.

        Args:
            spec: The run.
        """
        return self.left > (self.expected(spec) or 0.0)


def read_time(text: str) -> float:
    """Seconds of a time such as `540`, `90s`, `9m` or `1.5h`.

    Args:
        text: The time.

    Raises:
        InputError: If it is none, or nothing.
    """
    found = _TIME.match(text.strip())
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if not seconds:
        raise InputError("a time", expected="such as 90s, 9m or 1.5h", got=repr(text))
    return seconds
