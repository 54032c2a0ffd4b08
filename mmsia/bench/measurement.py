"""What goes into a measurement and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.data import DataSource
from mmsia.bench.weights import Weights

Progress = Callable[[int, int], None]
DRAW_DECIMALS = 6
"""Of stored draws: far below what any interval could tell."""


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
        draws: Name -> (B,) its value on each draw of the images.
        counts: How many images, people and poses.
        curves: Points of the laboratory's curves, if it is one.
        predictions: Per-image predictions, kept so that metrics can be recomputed.
        weights: What a training left in the run's folder.
        selected: Which of its weights these are and why (`bench.selection.Selected`);
            None: those of the last step.
        image_ids: Images that were scored, where they are not those of the request.
        scoring: How, where it is not COCO's (`scoring.base.Scoring.settings`).
        device: What speeds were measured on, and how.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    counts: Mapping[str, int]
    curves: tuple[Mapping[str, Any], ...] = ()
    predictions: Any = field(default_factory=list, repr=False)
    weights: Weights | None = None
    selected: Mapping[str, Any] | None = None
    image_ids: tuple[int, ...] | None = None
    scoring: Mapping[str, Any] | None = None
    device: Mapping[str, Any] | None = None
    draws: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    def as_result(self) -> dict[str, Any]:
        """Plain values for the store, without the predictions."""
        left: dict[str, Any] = {}
        if self.draws:
            left["draws"] = {name: pack_draws(d) for name, d in self.draws.items()}
        if self.weights is not None:
            left["weights"] = self.weights.as_json()
        if self.selected is not None:
            left["selected"] = dict(self.selected)
        if self.image_ids is not None:
            left["image_ids"] = list(self.image_ids)
        if self.scoring is not None:
            left["scoring"] = dict(self.scoring)
        if self.device is not None:
            left["device"] = dict(self.device)
        return {
            "scores": dict(self.scores),
            "intervals": {key: list(pair) for key, pair in self.intervals.items()},
            "counts": dict(self.counts),
            "curves": [dict(row) for row in self.curves],
            **left,
        }


def pack_draws(draws: np.ndarray) -> list[float | None]:
    """Draws as JSON has them: rounded, None where there is no score.

    Args:
        draws: (B,) numbers or NaN.
    """
    values = np.round(draws, DRAW_DECIMALS).tolist()
    return [None if math.isnan(value) else value for value in values]


def unpack_draws(packed: Sequence[float | None]) -> np.ndarray:
    """What `pack_draws` packed, (B,) with NaN.

    Args:
        packed: Its result.
    """
    return np.array([math.nan if v is None else v for v in packed], dtype=float)
