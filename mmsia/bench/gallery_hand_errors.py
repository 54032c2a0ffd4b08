"""Errors of hands over how much they overlap: a row's estimates, and all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.scoring.hand_mesh import HandMesh
from mmsia.datasets.two_hands_index import TwoHandsTruth
from mmsia.evaluation.hand_overlap import OverlapBin, errors_by_overlap, hand_overlap
from mmsia.ops.hand_sets import SIDES

METRICS = ("mpjpe", "miaa")
"""Millimetres and pixels."""
MOST_IMAGES = 4000
"""Of more, as many are taken, evenly spaced: each overlap is two drawn silhouettes."""
SIZE = 64
"""Pixels of a crop's side on which silhouettes are drawn."""

Predictions = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class HandErrorCurves:
    """Mean errors by overlap, for each metric.

    Attributes:
        estimates: Metric -> bins with the errors of a row's estimates, in their order.
        rows: Metric -> bins with the errors of each row's answer.
        num_images: Images behind them.
    """

    estimates: Mapping[str, list[OverlapBin]]
    rows: Mapping[str, list[OverlapBin]]
    num_images: int


def hand_error_curves(
    truth: TwoHandsTruth,
    scoring: HandMesh,
    shown: Sequence[Predictions],
    rows: Mapping[str, Sequence[Predictions]],
    image_ids: Sequence[int],
) -> HandErrorCurves:
    """Errors over overlap; those of several seeds are averaged image by image.

    Args:
        truth: The test set.
        scoring: What errors are.
        shown: Predictions of the row whose estimates are shown, one a seed.
        rows: Row -> predictions, one a seed.
        image_ids: Crops that all of them looked at.

    Raises:
        DataError: If predictions and truth do not fit.
    """
    every = truth.rows_of(image_ids)
    chosen = every[np.unique(_evenly(len(every)))]
    overlaps = _overlaps(truth, chosen)
    wanted = set(truth.ids[chosen].tolist())

    def errors(seeds: Sequence[Predictions]) -> dict[str, dict[str, np.ndarray]]:
        """Estimate -> metric -> (N,)."""
        own = [[f for f in found if f["id"] in wanted] for found in seeds]
        found = [scoring.errors(truth, one, chosen) for one in own]
        return {
            prefix: {
                metric: np.mean([f[prefix].by_image()[metric] for f in found], axis=0)
                for metric in METRICS
            }
            for prefix in found[0]
        }

    estimates = errors(shown)
    answers = {row: errors(seeds)[""] for row, seeds in rows.items()}
    last = len(estimates) - 1
    names = {
        prefix: prefix.rstrip("/") or (f"stage{last}" if last else "initial")
        for prefix in estimates
    }

    def bins(errors: Mapping[str, np.ndarray]) -> list[OverlapBin]:
        return errors_by_overlap(errors, overlaps)

    return HandErrorCurves(
        {m: bins({names[p]: e[m] for p, e in estimates.items()}) for m in METRICS},
        {m: bins({row: e[m] for row, e in answers.items()}) for m in METRICS},
        len(chosen),
    )


def _evenly(number: int) -> np.ndarray:
    """Places of at most MOST_IMAGES of so many."""
    few = min(number, MOST_IMAGES)
    return np.linspace(0, number - 1, few).round().astype(np.int64)


def _overlaps(truth: TwoHandsTruth, rows: np.ndarray) -> np.ndarray:
    faces = np.stack([np.asarray(truth.models[side].f) for side in SIDES])
    shrunk = np.diag([SIZE / truth.size, SIZE / truth.size, 1])
    return np.array(
        [
            hand_overlap(truth.vertices[row], shrunk @ truth.cameras[row], faces, SIZE)
            for row in rows
        ]
    )
