"""One record for every comparison of speeds: who did what, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter
from typing import Any

from mmsia.bench.provenance import environment
from mmsia.bench.speed.device import CPU, device_here, load, waiter
from mmsia.bench.speed.timing import Timing, paired_ratio, time_in_turns
from mmsia.errors import InputError

ALLOWED = 1.1
"""Ours may take that many times as long as a peer before a reason is due."""

MIN_ROUNDS = 5


class Outcome(StrEnum):
    """How ours stands beside a peer, by the interval of the paired ratio."""

    FASTER = "faster"
    EVEN = "even"
    SLOWER = "slower"


@dataclass(frozen=True)
class Setting:
    """How long and on how many threads.

    Attributes:
        rounds: Timed rounds of a case, at most.
        seconds: Of a case; rounds stop fitting into it before they are fewer than
            `MIN_ROUNDS`.
        threads: Of torch and OpenCV.
        warm_up: Untimed passes over a case.

    Raises:
        InputError: Numbers that leave nothing to time.
    """

    rounds: int = 60
    seconds: float = 6.0
    threads: int = 1
    warm_up: int = 2

    def __post_init__(self) -> None:
        least = min(self.rounds, self.threads, self.warm_up)
        if least < 1 or not self.seconds > 0:
            raise InputError(
                "how long to benchmark",
                expected="1 or more rounds, threads and warm-ups, seconds above 0",
                got=str(self),
            )

    def rounds_of(self, seconds: float) -> int:
        """Rounds that fit into the time of a case.

        Args:
            seconds: What one round takes.
        """
        fitting = int(self.seconds / max(seconds, 1e-9))
        return min(self.rounds, max(MIN_ROUNDS, fitting))


@dataclass(frozen=True)
class Case:
    """Peers that do the same, or what comes nearest to it.

    Attributes:
        component: Part of the project.
        name: What is done, and on what.
        calls: Peer -> one call for each input; ours is the first peer.
        reason: Why ours takes longer, where it does.
        kind: Device that the calls work on, `cpu` or `cuda`.
        memory: Measures the peak of each peer, MB; None: not measured.
    """

    component: str
    name: str
    calls: Mapping[str, Sequence[Callable[[], object]]]
    reason: str = ""
    kind: str = CPU
    memory: Callable[[], dict[str, float | None]] | None = None


@dataclass(frozen=True)
class Ratio:
    """A peer's time over ours, round by round.

    Attributes:
        peer: Its name.
        value: Median of the paired ratios; above 1 ours is faster.
        low: Lower end of its 95 % bootstrap interval.
        high: Upper end.
    """

    peer: str
    value: float
    low: float
    high: float

    @property
    def outcome(self) -> Outcome:
        """Even where the interval has 1 in it."""
        if self.low > 1:
            return Outcome.FASTER
        return Outcome.SLOWER if self.high < 1 else Outcome.EVEN

    @property
    def needs_reason(self) -> bool:
        """Whether ours is slower, and by more than is let pass."""
        return self.outcome is Outcome.SLOWER and self.value * ALLOWED < 1


@dataclass(frozen=True)
class Record:
    """What came of one case.

    Attributes:
        component: Part of the project.
        case: What was done, and on what.
        timings: One for each peer; ours is the first.
        device: Kind and name.
        threads: Of torch and OpenCV.
        warm_up: Untimed passes before, at least.
        load: Processes that wanted a processor, before and after.
        versions: Of the packages and of the code.
        megabytes: Peer -> peak memory; None where the system does not tell.
        reason: Why ours takes longer, where it does.
    """

    component: str
    case: str
    timings: Sequence[Timing]
    device: Mapping[str, str]
    threads: int
    warm_up: int
    load: tuple[float, float]
    versions: Mapping[str, Any]
    megabytes: Mapping[str, float | None] = field(default_factory=dict)
    reason: str = ""

    @property
    def ours(self) -> Timing:
        """Timing of the peer whose speed is claimed."""
        return self.timings[0]

    @property
    def ratios(self) -> list[Ratio]:
        """One for each other peer."""
        found = []
        for peer in self.timings[1:]:
            value, (low, high) = paired_ratio(self.ours, peer)
            found.append(Ratio(peer.name, value, low, high))
        return found

    @property
    def is_unexplained(self) -> bool:
        """Whether a peer is faster by more than is let pass, and no reason stands."""
        return not self.reason and any(ratio.needs_reason for ratio in self.ratios)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a file; times in milliseconds."""
        return {
            "component": self.component,
            "case": self.case,
            "ours": self.ours.name,
            "times_ms": {t.name: (t.times * 1e3).tolist() for t in self.timings},
            "ratios": {
                ratio.peer: {
                    "times_as_long": ratio.value,
                    "ci_low": ratio.low,
                    "ci_high": ratio.high,
                    "ours_is": str(ratio.outcome),
                }
                for ratio in self.ratios
            },
            "peak_megabytes": dict(self.megabytes),
            "reason": self.reason,
            "device": dict(self.device),
            "threads": self.threads,
            "warm_up": self.warm_up,
            "load_before": self.load[0],
            "load_after": self.load[1],
            "versions": dict(self.versions),
        }


def measure(case: Case, setting: Setting) -> Record:
    """Time a case in turns, as many rounds as its time has room for.

    Args:
        case: What to time.
        setting: How long.

    Raises:
        InputError: A case without calls, or with unlike numbers of them.
    """
    wait = waiter(case.kind)
    before = load()

    def one_pass() -> float:
        start = perf_counter()
        for calls in case.calls.values():
            for call in calls:
                call()
        wait()
        return perf_counter() - start

    # The first pass compiles and fills caches: it says nothing of a round.
    one_pass()
    inputs = max(map(len, case.calls.values()), default=0)
    seconds = one_pass() / max(1, inputs)
    timings = time_in_turns(
        case.calls,
        rounds=setting.rounds_of(seconds),
        warm_up=max(0, setting.warm_up - 2),
        synchronize=wait,
    )
    megabytes = case.memory() if case.memory else {}
    return record_of(
        case.component,
        case.name,
        timings,
        setting,
        before=before,
        megabytes=megabytes,
        reason=case.reason,
        kind=case.kind,
    )


def record_of(
    component: str,
    case: str,
    timings: Sequence[Timing],
    setting: Setting,
    *,
    before: float,
    megabytes: Mapping[str, float | None] | None = None,
    reason: str = "",
    kind: str = CPU,
) -> Record:
    """Put timings on record with what they depend on.

    Args:
        component: Part of the project.
        case: What was timed.
        timings: One for each peer; ours is the first.
        setting: How it was timed.
        before: Load of the machine before.
        megabytes: Peer -> peak memory.
        reason: Why ours takes longer, where it does.
        kind: Device.
    """
    here = environment()
    device = {"kind": CPU, "name": here["machine"]} if kind == CPU else device_here()
    return Record(
        component=component,
        case=case,
        timings=list(timings),
        device=device,
        threads=setting.threads,
        warm_up=setting.warm_up,
        load=(before, load()),
        versions={
            "mmsia": here["mmsia"],
            "commit": here["commit"],
            "python": here["python"],
            **here["packages"],
        },
        megabytes=megabytes or {},
        reason=reason,
    )
