"""Speed and memory of a table's rows beside each other: one run of the engine.

All rows of a table that have a network are timed in one process, in turns, so that
ratios between them hold whatever else the machine does. The networks are the paper's
own and untrained; what follows a network reads maps that are made from annotations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmsia.bench.efficiency_scores import (
    FPS,
    FPS_FIXED,
    FPS_HALF,
    MEMORY,
    SCORES,
    TRAIN,
    summarise,
)
from mmsia.bench.measurement import Measurement, Progress, Request
from mmsia.bench.speed.device import device_here, load, versions
from mmsia.bench.speed.entrants import Entrant, open_entrant
from mmsia.bench.speed.phases import (
    batch_of,
    measure_memory,
    time_predictions,
    time_training,
)
from mmsia.bench.speed.street_images import NUM_BOXES, SIZES, write_images
from mmsia.errors import ConfigError

STEPS = 100
"""Of the progress of a run."""


def measure_efficiency(request: Request) -> Measurement:
    """Time the rows of a table and measure their memory.

    Args:
        request: Settings are `rows` (row -> `config`, relative to the project's root,
            and perhaps `overlay`), `scores`, of `efficiency_scores.SCORES`, and
            `device`, the one that was planned for, or nothing.

    Returns:
        Scores `row/score`; all times as predictions.

    Raises:
        ConfigError: Another device than was planned for, no rows, or a score that there
            is not.
    """
    settings = request.settings
    here = device_here()
    _check(settings, here)
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), request.seed)
        record = _measure(request, Path(folder), here["kind"])
    found = summarise(record, request.num_draws)
    return Measurement(
        scores=found.scores,
        intervals=found.intervals,
        draws=found.draws,
        counts={"rows": len(settings["rows"]), "images": len(SIZES)},
        predictions=record,
        device={**here, **versions(here["kind"]), **record["about"]},
    )


def _check(settings: Mapping[str, Any], here: Mapping[str, str]) -> None:
    unknown = sorted({*settings["scores"]} - {*SCORES})
    if unknown or not settings["rows"]:
        raise ConfigError(
            "what is measured of a table",
            expected=f"rows, and scores among {', '.join(SCORES)}",
            got=f"{len(settings['rows'])} rows, {', '.join(unknown) or 'no others'}",
        )
    planned = settings.get("device") or here
    if dict(planned) != dict(here):
        raise ConfigError(
            "the device of a measurement",
            expected=f"{planned['name']}, which it was planned for",
            got=here["name"],
            remedy="Run the command on the machine that measures",
        )


def _measure(request: Request, folder: Path, kind: str) -> dict[str, Any]:
    settings, before = request.settings, load()
    wanted = set(settings["scores"])
    entrants = [
        open_entrant(name, row, folder, kind, request.seed)
        for name, row in settings["rows"].items()
    ]
    tell = _Teller(request.on_progress, len(wanted & {FPS, TRAIN, MEMORY}) or 1)
    record: dict[str, Any] = {"times": {}, "memory": {}, "people": {}}
    if MEMORY in wanted:
        # First: nothing else lies in a GPU's memory.
        record["memory"] = measure_memory(
            entrants, settings["rows"], folder, request.threads or 1, tell.next()
        )
    if wanted & {FPS, FPS_FIXED, FPS_HALF}:
        found = asdict(
            time_predictions(
                entrants,
                half=FPS_HALF in wanted,
                fixed=FPS_FIXED in wanted,
                on_progress=tell.next(),
            )
        )
        record["people"] = found.pop("people")
        record["answered"] = list(found.pop("answered"))
        record["times"] |= found
    if TRAIN in wanted:
        record["times"]["train"] = time_training(entrants, tell.next())
    record["batches"] = _batches(entrants) if wanted & {TRAIN, MEMORY} else {}
    record["about"] = _about(record, wanted, before)
    return record


def _batches(entrants: list[Entrant]) -> dict[str, int]:
    return {entrant.name: batch_of(entrant) for entrant in entrants}


def _about(
    record: Mapping[str, Any], wanted: set[str], before: float
) -> dict[str, Any]:
    """What a reader of the numbers must know, beside the device."""
    times = record["times"]
    rounds = {
        part: len(next(iter(times[part].values())))
        for part in ("total", "train")
        if times.get(part)
    }
    return {
        "load": [before, load()],
        "rounds": rounds,
        "batches": record["batches"],
        "people": record["people"],
        "answered": record.get("answered", []),
        "boxes": NUM_BOXES,
        "sizes": [list(size) for size in SIZES],
        "precision": "float32",
        "scores": sorted(wanted),
    }


class _Teller:
    """Spreads the progress of several phases over that of the run."""

    def __init__(self, on_progress: Progress, phases: int) -> None:
        self._on_progress, self._phases = on_progress, phases
        self._begun = 0

    def next(self) -> Progress:
        """The progress of the next phase."""
        number, self._begun = self._begun, self._begun + 1

        def tell(done: int, total: int) -> None:
            share = (number + done / total) / self._phases
            self._on_progress(min(STEPS, round(STEPS * share)), STEPS)

        return tell
