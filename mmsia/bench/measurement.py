"""What goes into a measurement and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmsia.bench.data import DataSource

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """What a measurement is given.

    Attributes:
        settings: As `oracle_settings` reads them from the config.
        data: Annotations.
        seed: Of everything random.
        num_draws: Draws of the bootstrap.
        num_workers: Processes; the numbers do not depend on it.
        on_progress: Called with (done, total) steps.
    """

    settings: dict[str, Any]
    data: DataSource
    seed: int
    num_draws: int
    num_workers: int
    on_progress: Progress


@dataclass(frozen=True)
class Measurement:
    """What a run found.

    Attributes:
        scores: Name -> value.
        intervals: Name -> 95 % interval of it.
        counts: How many images, people and poses.
        curves: Points of the laboratory's curves, if it is one.
        predictions: Per-image predictions, kept so that metrics can be recomputed.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    counts: Mapping[str, int]
    curves: tuple[Mapping[str, Any], ...] = ()
    predictions: Any = field(default_factory=list, repr=False)

    def as_result(self) -> dict[str, Any]:
        """Plain values for the store, without the predictions."""
        return {
            "scores": dict(self.scores),
            "intervals": {key: list(pair) for key, pair in self.intervals.items()},
            "counts": dict(self.counts),
            "curves": [dict(row) for row in self.curves],
        }
