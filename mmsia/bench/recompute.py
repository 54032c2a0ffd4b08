"""Every score of a run again, from its stored predictions and the annotations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.efficiency_scores import summarise
from mmsia.bench.intervals import intervals_of
from mmsia.bench.measurement import DRAW_DECIMALS
from mmsia.bench.scoring.choose import scoring_named
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Evidence
from mmsia.errors import DataError
from mmsia.files import sha256_file

TOLERANCE = 1e-9
"""Relative: the same code on the same numbers, perhaps summed in another order."""

DRAW_TOLERANCE = 2 * 10.0**-DRAW_DECIMALS
"""Absolute: draws are stored rounded."""


@dataclass(frozen=True)
class Difference:
    """A stored number that its predictions do not give.

    Attributes:
        run: The run's key.
        name: Such as `scores.ap`.
        stored: What the store says.
        computed: What was computed now.
    """

    run: str
    name: str
    stored: float | None
    computed: float | None

    def __str__(self) -> str:
        return f"{self.run} {self.name}: stored {self.stored}, computed {self.computed}"


def verify_run(store: Store, run: StoredRun, annotations: Path | None = None) -> list:
    """The numbers of a run that its predictions do not give.

    Args:
        store: Its store.
        run: A run with predictions.
        annotations: File to score on; default the one that the run read.

    Raises:
        DataError: If the annotations are not there or not those of the run.
    """
    if run.provenance.get("evidence") == Evidence.EFFICIENCY:
        return _verify_times(store, run)
    scoring = scoring_named(run.result.get("scoring"))
    truth = scoring.open(_annotations(run, annotations))
    ids = run.result.get("image_ids")
    if ids is None:
        # an oracle run: the first annotated images, as many as its scale has
        num_used = run.provenance["data"]["num_used"]
        ids = [record.image_id for record in truth.annotated()[:num_used]]
    predictions, num_draws = store.predictions(run.key), run.provenance["num_draws"]
    scored = scoring.score(truth, predictions, ids, num_draws)
    return _changed(run, scored.scores, intervals_of(scored.draws), scored.draws)


def _changed(
    run: StoredRun,
    scores: Mapping[str, float],
    intervals: Mapping[str, tuple[float, float]],
    draws: Mapping[str, np.ndarray],
) -> list[Difference]:
    """Stored numbers of a run that are not those that were computed now."""
    computed = dict(_flat("scores", scores)) | dict(_flat("intervals", intervals))
    stored = dict(_flat("scores", run.result["scores"]))
    stored |= dict(_flat("intervals", run.result["intervals"]))
    differences = [
        Difference(run.key, name, stored.get(name), computed.get(name))
        for name in sorted({*stored, *computed})
        if not _same(stored.get(name), computed.get(name))
    ]
    return differences + list(_moved_draws(run, draws))


def _verify_times(store: Store, run: StoredRun) -> list[Difference]:
    """Medians and intervals again from the stored rounds."""
    num_draws = run.provenance["num_draws"]
    found = summarise(store.predictions(run.key), num_draws)
    return _changed(run, found.scores, found.intervals, found.draws)


def _moved_draws(
    run: StoredRun, computed: Mapping[str, np.ndarray]
) -> Iterator[Difference]:
    """The first stored draw of each score that its predictions do not give."""
    for name, stored in run.draws.items():
        own = computed.get(name, np.zeros(0))
        if stored.shape != own.shape:
            yield Difference(run.key, f"draws.{name}", len(stored), len(own))
            continue
        same = np.isclose(stored, own, rtol=0, atol=DRAW_TOLERANCE, equal_nan=True)
        if not same.all():
            first = int(np.argmin(same))
            name = f"draws.{name}[{first}]"
            yield Difference(run.key, name, float(stored[first]), float(own[first]))


def _annotations(run: StoredRun, annotations: Path | None) -> Path:
    said = run.provenance["data"]
    path = annotations or Path(said["path"])
    wanted = said.get("annotations_digest", said["digest"])
    if not path.is_file():
        raise DataError(
            f"the annotations of the run {run.key}",
            expected=f"the file {path}",
            got="nothing there",
            remedy="Name it with --ann-file",
        )
    if (got := sha256_file(path)) != wanted:
        raise DataError(
            f"the annotations {path} are not those of the run {run.key}",
            expected=f"SHA-256 {wanted}",
            got=got,
            remedy="Name the right file with --ann-file",
        )
    return path


def _flat(name: str, values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        if isinstance(value, list | tuple):
            yield f"{name}.{key}.low", float(value[0])
            yield f"{name}.{key}.high", float(value[1])
        else:
            yield f"{name}.{key}", float(value)


def _same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
