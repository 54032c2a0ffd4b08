"""Cells of speeds and memory: shown with their device, not judged by a print.

A speed belongs to its device, so that it is information. Memory of a training is
judged, softly: a GPU's, in single precision, at the paper's batch, as a count with a
wide margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmsia.bench.efficiency_scores import FPS_HALF, MEMORY, TRAIN, score_name
from mmsia.bench.printed import Printed
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import judge_count, margin_of
from mmsia.bench.session import RowState
from mmsia.bench.speed.device import GPU
from mmsia.bench.store import StoredRun
from mmsia.bench.terms import Evidence, Status, Verdict


@dataclass(frozen=True)
class Speed:
    """What became of one cell.

    Attributes:
        value: Ours, or None.
        interval: 95 %, over the rounds; None where there is one measurement.
        verdict: The comparison.
        reason: Why this verdict.
    """

    value: float | None
    interval: tuple[float, float] | None
    verdict: Verdict
    reason: str


def speed_of(
    entry: CatalogueEntry,
    row: str,
    column: str,
    state: RowState,
    runs: Mapping[str, StoredRun],
) -> Speed:
    """The cell of a column that an efficiency run gives.

    Args:
        entry: The published table and its recipe.
        row: Row id.
        column: One of the recipe's `efficiency`.
        state: What came of the row.
        runs: Finished runs by key.
    """
    published = entry.table.row(row).values[column]
    score = entry.recipe.efficiency[column]
    stored = runs.get(state.efficiency or "")
    name = score_name(row, score)
    value = stored.result["scores"].get(name) if stored is not None else None
    if stored is None or value is None:
        return Speed(None, None, *_without(entry, row, score, state, stored, published))
    pair = stored.result["intervals"].get(name)
    about = stored.result["device"]
    interval = (pair[0], pair[1]) if pair else None
    said = f"{describe(score, about, row)}, on {device_words(about)}"
    if published is None:
        reason = f"nothing was printed; {said}"
        return Speed(value, interval, Verdict.NO_REFERENCE, reason)
    if score == MEMORY and about["kind"] == GPU:
        margin = margin_of(_metric(entry, column))
        verdict = judge_count(published, value, margin.at(published))
        return Speed(value, interval, verdict, f"{said}; margin {margin}")
    theirs = entry.table.conditions.get("gpu", "another device")
    reason = f"information: {said}; printed for {theirs}"
    return Speed(value, interval, Verdict.NOT_COMPARABLE, reason)


def _metric(entry: CatalogueEntry, column: str) -> str:
    return next(c.metric for c in entry.table.columns if c.name == column)


def _without(
    entry: CatalogueEntry,
    row: str,
    score: str,
    state: RowState,
    stored: StoredRun | None,
    published: Printed | None,
) -> tuple[Verdict, str]:
    """Why there is no number."""
    recipe = entry.recipe.rows[row]
    if state.efficiency_why and state.efficiency_status is not Status.INTERRUPTED:
        return Verdict.FAILED, state.efficiency_why
    if published is None:
        return Verdict.NO_REFERENCE, "nothing was printed"
    if recipe.reason is not None:
        return Verdict.SKIPPED, f"{recipe.reason}: {recipe.why}"
    if Evidence.EFFICIENCY not in recipe.evidence:
        return Verdict.SKIPPED, "no network of this row is timed"
    if stored is not None and score == FPS_HALF:
        why = f"not measured on {stored.result['device']['name']}: half precision"
        return Verdict.SKIPPED, f"{why} is for GPUs"
    if stored is not None:
        return Verdict.SKIPPED, f"not measured on {stored.result['device']['name']}"
    if state.efficiency is not None:
        return Verdict.FAILED, "the stored result is missing or damaged: run again"
    if state.efficiency_why:
        return Verdict.SKIPPED, state.efficiency_why
    command = f"`mmsia reproduce {entry.table.id} --evidence efficiency`"
    return Verdict.SKIPPED, f"not asked for: {command} measures it on this machine"


def describe(score: str, about: Mapping[str, Any], row: str) -> str:
    """What a number is, in words.

    Args:
        score: One of `efficiency_scores.SCORES`.
        about: The run's `device`.
        row: Row id.
    """
    batch = about["batches"].get(row)
    if score == TRAIN:
        rounds = about["rounds"]["train"]
        return (
            "forward, backward and optimiser's step, median of "
            f"{rounds} rounds in turns with the other rows, batch {batch}"
        )
    if score == MEMORY and about["kind"] == GPU:
        return f"most memory that torch allocated in a training step, batch {batch}"
    if score == MEMORY:
        return (
            "most resident memory of a process that trains, above what it held before "
            f"the network was made, batch {batch}"
        )
    half = " in half precision" if score == FPS_HALF else ""
    known = row in about.get("answered", ())
    maps = f"made from {about['boxes']} annotated people" if known else "as they come"
    return (
        f"network and post-processing{half} of one image, untrained, maps {maps}, "
        f"median of {about['rounds']['total']} rounds in turns with the other rows; "
        "loading apart"
    )


def device_words(about: Mapping[str, Any]) -> str:
    """The device with what a speed depends on beside it.

    Args:
        about: The run's `device`.
    """
    threads = about["threads"]
    words = [f"{about['name']}", f"{threads} thread{'s' if threads != 1 else ''}"]
    words.append(f"torch {about['torch']}")
    if about["kind"] == GPU:
        words.append(f"CUDA {about['cuda']}, cuDNN {about['cudnn']}")
    before, after = about["load"]
    return f"{', '.join(words)}, load {before:.1f} to {after:.1f}"
