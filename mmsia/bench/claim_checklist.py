"""What must be true of trainings before any verdict on a claim, welcome or not.

Four questions: is the loss curve flat, were the rows trained alike, is the ablated part
really off, and can the network learn a handful of images by heart?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.rules import CURVE_PART, CURVE_SLOPE
from mmsia.bench.scales import OVERFIT_SPLIT, OverfitRecipe, PaperScales
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Scale


@dataclass(frozen=True)
class Check:
    """One answer: whether it allows a verdict, and in words."""

    passed: bool
    text: str


class Trainings:
    """The trainings and checks of a store, looked up by what they made or tested.

    Args:
        store: The runs of a work folder.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_weights: dict[str, StoredRun] | None = None
        self._overfits: list[StoredRun] = []

    def of(self, run: StoredRun) -> StoredRun | None:
        """The training that made the weights of an evaluation.

        Args:
            run: The evaluation.
        """
        return self._index().get(run.provenance.get("weights") or "")

    def overfit_score(self, run: StoredRun, recipe: OverfitRecipe) -> float | None:
        """Score of a row's network on the few images that it learnt by heart.

        Args:
            run: An evaluation of the row.
            recipe: The check; of a network that is tested at several settings the
                worst counts.
        """
        score = recipe.metric_of(run.provenance["config"])
        self._index()
        found = [
            value
            for check in self._overfits
            if check.provenance["config"] == run.provenance["config"]
            for name, value in check.result["scores"].items()
            if name.partition("@")[0] == score or name == score
        ]
        return recipe.worst(found) if found else None

    def _index(self) -> dict[str, StoredRun]:
        if self._by_weights is None:
            self._by_weights = {}
            for key in self._store.keys():
                run = self._store.load(key)
                if run is not None and run.weights is not None:
                    self._by_weights[run.weights.digest] = run
                elif run and _overlay(run).get("val_split") == OVERFIT_SPLIT:
                    self._overfits.append(run)
        return self._by_weights


def checklist(
    rows: Mapping[str, Sequence[StoredRun]], trainings: Trainings, scales: PaperScales
) -> list[Check]:
    """The answers for the rows that a claim compares.

    Args:
        rows: Row -> its evaluations, one a seed.
        trainings: Where their trainings are looked up.
        scales: What the paper declares.
    """
    trained = {row: [trainings.of(run) for run in runs] for row, runs in rows.items()}
    lost = sorted(row for row, found in trained.items() if None in found)
    if lost:
        return [Check(False, f"the trainings of {', '.join(lost)} are not here")]
    known = {row: [t for t in found if t] for row, found in trained.items()}
    return [
        _flat_curves(known),
        _trained_alike(known),
        _part_is_off(rows),
        _learns_by_heart(rows, trainings, scales),
    ]


def _flat_curves(trained: Mapping[str, Sequence[StoredRun]]) -> Check:
    """The loss must not fall any more when the training ends."""
    slopes = {row: max(map(_slope, runs)) for row, runs in trained.items()}
    steep = {row: slope for row, slope in slopes.items() if slope > CURVE_SLOPE}
    limit = f"at most {100 * CURVE_SLOPE:g} % over the last {100 * CURVE_PART:g} %"
    if steep:
        falls = ", ".join(f"{row} by {100 * s:.0f} %" for row, s in steep.items())
        return Check(False, f"the loss still falls ({falls}; {limit} is allowed)")
    return Check(True, f"flat curves ({limit})")


def _slope(run: StoredRun) -> float:
    """By how much of itself the loss fell over the last part of a training."""
    losses = np.array([loss for _, loss in losses_of(run)])
    part = max(1, round(CURVE_PART * len(losses)))
    if len(losses) < 2 * part:
        return float("inf")
    last, before = losses[-part:].mean(), losses[-2 * part : -part].mean()
    return float((before - last) / max(abs(before), np.finfo(float).tiny))


def losses_of(run: StoredRun) -> list[tuple[float, float]]:
    """(step, loss) of a training, the sum of its parts where it names no whole.

    Args:
        run: The training.
    """
    return [(point["step"], _total(point)) for point in run.result["curves"]]


def _total(point: Mapping[str, float]) -> float:
    if "loss" in point:
        return point["loss"]
    return sum(v for name, v in point.items() if "loss" in name)


def _trained_alike(trained: Mapping[str, Sequence[StoredRun]]) -> Check:
    """Steps, data, threads and overlay must be the same for all rows."""
    kinds = {
        (
            run.result["counts"]["num_steps"],
            run.provenance["data"]["digest"],
            run.provenance["scale"],
            repr(sorted(_overlay(run).items())),
        )
        for runs in trained.values()
        for run in runs
    }
    if len(kinds) > 1:
        steps = sorted({kind[0] for kind in kinds})
        return Check(False, f"the rows were not trained alike (steps: {steps})")
    ((steps, *_),) = kinds
    return Check(True, f"trained alike ({steps} steps)")


def _part_is_off(rows: Mapping[str, Sequence[StoredRun]]) -> Check:
    """Rows must differ in their configs: else the ablated part was never off."""
    digests = {
        row: runs[0].provenance["settings"].get("config_digest")
        for row, runs in rows.items()
    }
    names: dict[str, list[str]] = {}
    for row, digest in digests.items():
        names.setdefault(str(digest), []).append(row)
    same = [group for group in names.values() if len(group) > 1]
    if same:
        return Check(False, f"one config stands behind {' and '.join(same[0])}")
    return Check(True, "their configs differ")


def _learns_by_heart(
    rows: Mapping[str, Sequence[StoredRun]], trainings: Trainings, scales: PaperScales
) -> Check:
    """Each row's network must be able to learn a few images by heart."""
    mini = scales.scales.get(Scale.MINI)
    if mini is None or (recipe := mini.overfit) is None:
        return Check(False, "no overfit check is declared for this paper")
    weak = []
    for row, runs in rows.items():
        score = trainings.overfit_score(runs[0], recipe)
        if score is None:
            return Check(
                False, f"the overfit check of {row} was not made: --scale mini makes it"
            )
        if not recipe.passes(score):
            weak.append(f"{row} {score:.1f}")
    if weak:
        text = f"not {recipe.bound} on images learnt by heart: {', '.join(weak)}"
        return Check(False, text)
    return Check(True, f"overfit check passed ({recipe.bound})")


def _overlay(run: StoredRun) -> Mapping[str, Any]:
    return run.provenance["settings"].get("overlay") or {}
