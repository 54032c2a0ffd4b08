"""A foreign checkpoint into plain weights, once: safetensors and a record beside it.

What is written holds tensors alone, so that no later reading of it can run anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmsia.errors import DataError
from mmsia.files import sha256_file, write_bytes_atomic, write_json
from mmsia.models.weights.loading import (
    find_state_dict,
    fit_weights,
    read_checkpoint,
)
from mmsia.models.weights.names import find_source

SCHEMA = 1
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote.

    Attributes:
        path: The weights.
        record: What stands in the json beside them.
    """

    path: Path
    record: Mapping[str, Any]


def record_path(path: Path) -> Path:
    """Where the record of converted weights stands.

    Args:
        path: The weights.
    """
    return path.with_name(f"{path.name}.json")


def convert_weights(
    source: str | Path,
    target: str | Path,
    *,
    model: nn.Module | None = None,
    start: bool = False,
    trust: bool = False,
) -> Converted:
    """Read a checkpoint once and write its weights.

    Args:
        source: `.safetensors`, or what `torch.save` wrote.
        target: The `.safetensors` to write; `target.json` tells both digests, whose
            names the file follows and what was left out.
        model: Estimator whose names the weights get, all names and shapes checked;
            without it they keep their names.
        start: With a model: the weights start a training, see `load_weights`.
        trust: Read the source as a pickle, which runs code that it may bring along.

    Raises:
        DataError: As `read_checkpoint` and `fit_weights`, weights that safetensors
            cannot hold, or a target that is the source, has another suffix or cannot be
            written; nothing is left half written.
        UnsafeFileError: A source that holds more than weights, without `trust`.
    """
    source, target = Path(source), Path(target)
    _check_target(source, target)
    stored = read_checkpoint(source, trust=trust)
    weights = find_state_dict(stored, source)
    if model is None:
        kept, names, dropped, missing = weights, _whose(weights), (), ()
    else:
        kept, names, dropped, missing = fit_weights(stored, model, source, start=start)
    data = _packed(kept, source)
    record = {
        "schema": SCHEMA,
        "source": {
            "file": source.name,
            "bytes": source.stat().st_size,
            "sha256": sha256_file(source),
            "trusted": trust,
            "names": names,
        },
        "result": {
            "file": target.name,
            "bytes": len(data),
            "sha256": sha256(data).hexdigest(),
            "names": names if model is None else "mmsia",
            "num_weights": len(kept),
            "num_numbers": sum(tensor.numel() for tensor in kept.values()),
        },
        "dropped": list(dropped),
        "missing": list(missing),
        "not_weights": _not_weights(stored, weights),
    }
    # The weights last: until they are there the record counts for nothing.
    write_json(record_path(target), record)
    write_bytes_atomic(target, data)
    return Converted(target, record)


def _check_target(source: Path, target: Path) -> None:
    same = target.exists() and source.exists() and target.samefile(source)
    if target.suffix != SUFFIX or same:
        raise DataError(
            f"cannot convert {source} to {target}",
            expected=f"another file, whose name ends with {SUFFIX}",
            got="the file itself" if same else f"the suffix {target.suffix!r}",
        )


def _whose(weights: Mapping[str, Tensor]) -> str | None:
    try:
        return find_source(weights)
    except DataError:
        return None


def _packed(weights: Mapping[str, Tensor], source: Path) -> bytes:
    from safetensors.torch import save

    try:
        # Parts of larger tensors and those that are shared become tensors of their own.
        return save(
            {
                name: torch.clone(tensor, memory_format=torch.contiguous_format)
                for name, tensor in sorted(weights.items())
            }
        )
    # Sparse or quantised tensors: it raises what it likes.
    except Exception as error:
        raise DataError(
            f"weights of {source} cannot be written",
            expected="dense tensors of numbers",
            got=f"{type(error).__name__}: {error}",
        ) from error


def _not_weights(stored: Mapping[str, Any], weights: Mapping[str, Tensor]) -> list[str]:
    """Entries of the file at the top that are neither weights nor what holds them."""

    def holds(value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(holds(inner) for inner in value.values())
        return any(value is tensor for tensor in weights.values())

    return sorted(str(name) for name, value in stored.items() if not holds(value))
