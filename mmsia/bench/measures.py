"""What a run does: one measurement for each kind of evidence that needs no training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.settings import build_codec
from mmsia.evaluation.bootstrap import bootstrap_interval
from mmsia.evaluation.keypoint_matches import match_keypoints

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
        on_progress: Called with (done, total) images.
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
        curves: Rows of the laboratory's curves, if it is one.
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


@dataclass(frozen=True)
class Measure:
    """A measurement and the modules whose source its numbers depend on."""

    run: Callable[[Request], Measurement]
    sources: tuple[str, ...]


def measure_upper_bound(request: Request) -> Measurement:
    """COCO AP with ground-truth maps in place of the network."""
    from mmsia.bench.oracle import predict_from_ground_truth

    data, done = request.data, 0

    def advance() -> None:
        nonlocal done
        done += 1
        request.on_progress(done, len(data.records))

    predictions = predict_from_ground_truth(
        data.records,
        build_codec(request.settings),
        long_edge=request.settings["long_edge"],
        seed=request.seed,
        num_workers=request.num_workers,
        on_image=advance,
    )
    matches = match_keypoints(data.truth, predictions, data.image_ids)
    intervals = {}
    for name, area in (("ap", "all"), ("ap_m", "medium"), ("ap_l", "large")):
        if getattr(matches.scores, name) >= 0:
            intervals[name] = bootstrap_interval(
                matches, num_draws=request.num_draws, seed=request.seed, area=area
            )
    return Measurement(
        scores=matches.scores.as_dict(),
        intervals=intervals,
        counts=_counts(data, len(predictions)),
        predictions=predictions,
    )


def _counts(data: DataSource, num_poses: int) -> dict[str, int]:
    people = sum(len(record.keypoints) for record in data.records)
    images = len(data.records)
    return {"num_images": images, "num_people": people, "num_poses": num_poses}


MEASURES: dict[str, Measure] = {
    "upper-bound": Measure(
        measure_upper_bound,
        ("mmsia.bench.measures", "mmsia.bench.oracle", "mmsia.codecs"),
    ),
}
"""Name in a table script -> measurement."""
