"""Peers timed in turns, so that whatever slows the machine slows them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.errors import InputError

NUM_DRAWS = 1000


@dataclass(frozen=True)
class Timing:
    """How long one peer took.

    Attributes:
        name: The peer.
        times: (n,) seconds, one an interleaved round.
    """

    name: str
    times: np.ndarray

    @property
    def median(self) -> float:
        """Median, milliseconds."""
        return float(np.median(self.times) * 1e3)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile, milliseconds."""
        low, high = np.percentile(self.times, (25, 75)) * 1e3
        return float(low), float(high)


def time_in_turns(
    peers: Mapping[str, Sequence[Callable[[], object]]],
    *,
    rounds: int,
    warm_up: int = 2,
    synchronize: Callable[[], None] | None = None,
) -> list[Timing]:
    """Time peers on the same scenes, one after the other, round by round.

    Args:
        peers: Name -> one call for each scene; every peer has the same scenes. Round r
            times scene ``r % num_scenes`` of every peer, the first peer changing.
        rounds: Timed rounds.
        warm_up: Untimed passes over all scenes.
        synchronize: Waits for the device, inside the timed region.

    Raises:
        InputError: No rounds, no scenes, or peers with unlike numbers of scenes.
    """
    counts = {len(calls) for calls in peers.values()}
    if rounds < 1 or len(counts) != 1 or counts == {0}:
        raise InputError(
            "nothing to time",
            expected="at least one round and the same scenes for every peer",
            got=f"{rounds} rounds, {sorted(counts)} scenes",
        )
    wait = synchronize or _no_device
    for _ in range(warm_up):
        for calls in peers.values():
            for call in calls:
                call()
    wait()
    names = list(peers)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            call = peers[name][number % len(peers[name])]
            start = time.perf_counter()
            call()
            wait()
            times[name].append(time.perf_counter() - start)
    return [Timing(name, np.array(times[name])) for name in names]


def _no_device() -> None:
    """Nothing to wait for on the CPU."""


def paired_ratio(
    ours: Timing, peer: Timing, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """How many times as long the peer took, round by round.

    Args:
        ours: The part whose speed is claimed.
        peer: Timed in the same rounds.
        seed: Of the bootstrap.

    Returns:
        Median of the paired ratios and its 95 % bootstrap interval.
    """
    ratios = peer.times / ours.times
    rng = np.random.default_rng(seed)
    draws = ratios[rng.integers(0, len(ratios), (NUM_DRAWS, len(ratios)))]
    low, high = np.percentile(np.median(draws, axis=1), (2.5, 97.5))
    return float(np.median(ratios)), (float(low), float(high))
