"""What goes into a measurement and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.weights import Weights

Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """Stands where nobody watches."""


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
        folder: The run's own, for checkpoints and logs.
        weights: File of the weights that it starts from or evaluates.
        threads: Of its process, where the numbers depend on them.
    """

    settings: dict[str, Any]
    data: DataSource
    seed: int
    num_draws: int
    num_workers: int
    on_progress: Progress = ignore_progress
    folder: Path | None = None
    weights: Path | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Measurement:
    """What a run found.

    Attributes:
        scores: Name -> value.
        intervals: Name -> 95 % interval of it.
        counts: How many images, people and poses.
        curves: Points of the laboratory's curves, if it is one.
        predictions: Per-image predictions, kept so that metrics can be recomputed.
        weights: What a training left in the run's folder.
        image_ids: Images that were scored, where they are not those of the request.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    counts: Mapping[str, int]
    curves: tuple[Mapping[str, Any], ...] = ()
    predictions: Any = field(default_factory=list, repr=False)
    weights: Weights | None = None
    image_ids: tuple[int, ...] | None = None

    def as_result(self) -> dict[str, Any]:
        """Plain values for the store, without the predictions."""
        left: dict[str, Any] = {}
        if self.weights is not None:
            left["weights"] = self.weights.as_json()
        if self.image_ids is not None:
            left["image_ids"] = list(self.image_ids)
        return {
            "scores": dict(self.scores),
            "intervals": {key: list(pair) for key, pair in self.intervals.items()},
            "counts": dict(self.counts),
            "curves": [dict(row) for row in self.curves],
            **left,
        }
