"""What a training leaves beside its checkpoints: whose folder it is, and the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmsia.bench.selection import Selected
from mmsia.errors import ConfigError, DataError
from mmsia.files import read_json, set_aside, sha256_file, sha256_text, write_json
from mmsia.log import get_logger

SCHEMA = 1
OWNER, RESULT = "training.json", "trained.json"
MAX_POINTS = 500
"""Points of a stored curve; longer trainings are averaged over equal stretches."""

_logger = get_logger(__name__)


@dataclass(frozen=True)
class CurvePoint:
    """Mean losses of the steps up to `step` since the point before, by name."""

    step: int
    losses: dict[str, float]


@dataclass(frozen=True)
class TrainResult:
    """A finished training.

    Attributes:
        checkpoint: The last one, which a longer training could go on from.
        weights: File of the weights alone.
        digest: SHA-256 of that file; the same training gives the same.
        num_steps: Steps done.
        curve: The losses.
        seconds: Of all its steps, those before a kill included.
        selected: Which weights these are; None: those of the last step.
    """

    checkpoint: Path
    weights: Path
    digest: str
    num_steps: int
    curve: tuple[CurvePoint, ...]
    seconds: float
    selected: Selected | None = None


def claim_folder(folder: Path, identity: Mapping[str, Any]) -> None:
    """Note which training a folder belongs to, or check it.

    Args:
        folder: The run's own.
        identity: Everything that the weights depend on.

    Raises:
        ConfigError: The folder belongs to another training; what differs is named.
    """
    path = folder / OWNER
    parts = {key: _digest(value) for key, value in identity.items()}
    if path.is_file():
        try:
            there = read_json(path)["parts"]
        except (DataError, KeyError, TypeError) as error:
            moved = set_aside(path)
            _logger.warning("damaged note set aside as %s: %s", moved, error)
            there = None
        if there is not None and there != parts:
            keys = parts | there
            other = [key for key in keys if there.get(key) != parts.get(key)]
            raise ConfigError(
                f"{folder} belongs to another training",
                expected="its settings, seed, threads, processes, selection, start",
                got=f"other {', '.join(other)}",
                remedy="Choose another folder, or remove this one.",
            )
    if not path.is_file():
        write_json(path, {"schema": SCHEMA, "parts": parts})


def _digest(value: Any) -> str:
    return sha256_text(json.dumps(value, sort_keys=True))


def keep_result(folder: Path, result: TrainResult) -> None:
    """Store a result; the training counts as finished from here on.

    Args:
        folder: The run's own, which the files lie in.
        result: Of the training.
    """
    record = asdict(result)
    for name in ("checkpoint", "weights"):
        record[name] = Path(record[name]).name
    write_json(folder / RESULT, {"schema": SCHEMA, **record})


def load_result(folder: Path) -> TrainResult | None:
    """The result of a finished training, or None; a damaged one is set aside.

    Args:
        folder: The run's own.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    try:
        result = _parse(read_json(path), folder)
        if sha256_file(result.weights) != result.digest:
            raise DataError(f"{result.weights} was changed since it was written")
    except (DataError, KeyError, TypeError, ValueError) as error:
        moved = set_aside(path)
        _logger.warning("damaged result set aside as %s: %s", moved, error)
        return None
    return result


def _parse(record: dict[str, Any], folder: Path) -> TrainResult:
    if record["schema"] != SCHEMA:
        raise DataError(
            f"{folder / RESULT}",
            expected=f"schema {SCHEMA}",
            got=f"{record['schema']!r}",
        )
    # Results of earlier versions have none.
    selected = record.get("selected")
    return TrainResult(
        checkpoint=folder / record["checkpoint"],
        weights=folder / record["weights"],
        digest=record["digest"],
        num_steps=record["num_steps"],
        curve=tuple(CurvePoint(p["step"], dict(p["losses"])) for p in record["curve"]),
        seconds=record["seconds"],
        selected=None if selected is None else Selected(**selected),
    )


def read_curve(message_hub: Any) -> tuple[tuple[CurvePoint, ...], float]:
    """The losses and the seconds of all steps, from MMEngine's log.

    The log is part of each checkpoint, so that it covers what came before a kill.

    Args:
        message_hub: The runner's.

    Returns:
        The curve, and the time that its steps took.
    """
    import numpy as np

    logs = {
        name.removeprefix("train/"): np.asarray(buffer.data[0], dtype=np.float64)
        for name, buffer in message_hub.log_scalars.items()
        if name.startswith("train/")
    }
    seconds = float(logs.get("time", np.zeros(0)).sum())
    losses = {name: log for name, log in logs.items() if _is_loss(name)}
    num_steps = min((len(log) for log in losses.values()), default=0)
    stretch = -(-num_steps // MAX_POINTS) or 1
    points = []
    for start in range(0, num_steps, stretch):
        stop = min(start + stretch, num_steps)
        means = {k: float(log[start:stop].mean()) for k, log in sorted(losses.items())}
        points.append(CurvePoint(stop, means))
    return tuple(points), seconds


def _is_loss(name: str) -> bool:
    return "loss" in name or name.startswith("acc")
