"""Speeds and memory as scores: medians of rounds, with intervals over the rounds.

Rows of a table were timed in the same rounds, so that the same rounds are drawn for
all of them: what slowed the machine in a round slows every row of a draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.stats import interval

SEED_OF_ROUNDS = 0
"""Of the draws of the rounds, so that stored times give the same intervals."""

FPS, FPS_FIXED, FPS_HALF = "fps", "fps_fixed", "fps_fp16"
TRAIN, MEMORY = "train_sps", "memory"
SCORES = (FPS, FPS_FIXED, FPS_HALF, TRAIN, MEMORY)
"""What a table script can ask for."""

STEPS = {
    "prepared": "prepared_ms",
    "network": "network_ms",
    "after": "after_ms",
    "loaded": "loaded_ms",
}
"""Part of the time of an image -> the score that it is."""

_KINDS = {
    "total": (FPS, True),
    "half": (FPS_HALF, True),
    "fixed": (FPS_FIXED, True),
    "train": (TRAIN, True),
    **{part: (score, False) for part, score in STEPS.items()},
}
"""Part of a record -> its score, and whether that is samples a second."""

COUNTED = ("allocated", "reserved", "resident")
"""Kinds of memory; the first that was measured is the score `memory`."""


@dataclass(frozen=True)
class Summary:
    """What the times of a table come down to; names are `row/score`.

    Attributes:
        scores: Name -> value.
        intervals: Name -> 95 % interval over the rounds.
        draws: Name -> (B,) its value on each draw of the rounds, for speeds.
    """

    scores: dict[str, float]
    intervals: Mapping[str, tuple[float, float]]
    draws: dict[str, np.ndarray]


def score_name(row: str, score: str) -> str:
    """How a run calls the score of a row.

    Args:
        row: Row id.
        score: One of `SCORES`, or a value of `STEPS`.
    """
    return f"{row}/{score}"


def summarise(record: Mapping[str, Any], num_draws: int) -> Summary:
    """The scores of all rows.

    Args:
        record: As `measure_efficiency` keeps it: `times`, `batches` and `memory`.
        num_draws: Draws of the rounds.
    """
    scores: dict[str, float] = {}
    draws: dict[str, np.ndarray] = {}
    for part, (score, inverse) in _KINDS.items():
        for row, seconds in record["times"].get(part, {}).items():
            samples = record["batches"].get(row, 1) if part == "train" else 1
            name, middle = score_name(row, score), np.median(seconds)
            drawn = _medians(seconds, num_draws)
            scores[name] = float(samples / middle if inverse else 1e3 * middle)
            draws[name] = samples / drawn if inverse else 1e3 * drawn
    for row, found in record["memory"].items():
        kind = next((kind for kind in COUNTED if kind in found), None)
        if kind is not None:
            scores[score_name(row, MEMORY)] = found[kind]
        for kind, value in found.items():
            scores[score_name(row, f"{kind}_mb")] = value
    intervals = {name: interval(drawn) for name, drawn in draws.items()}
    kept = (FPS, FPS_FIXED, FPS_HALF, TRAIN)
    draws = {name: d for name, d in draws.items() if name.endswith(kept)}
    return Summary(scores, intervals, draws)


def _medians(seconds: Sequence[float], num_draws: int) -> np.ndarray:
    """(B,) medians; the same rounds whatever the row."""
    rng = np.random.default_rng(SEED_OF_ROUNDS)
    chosen = rng.integers(0, len(seconds), (num_draws, len(seconds)))
    return np.median(np.asarray(seconds)[chosen], axis=1)
