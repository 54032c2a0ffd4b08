"""Results on disk: `runs/<key>/`, whole or absent, checked when read.

`result.json` is written last and carries the digests of everything beside it, so a
run counts as done only if all of it is there and unchanged. What is damaged is set
aside as `*.corrupt` and the run is made again.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench import locks
from mmsia.bench.measurement import unpack_draws
from mmsia.bench.weights import Weights
from mmsia.errors import DataError
from mmsia.files import (
    read_json,
    set_aside,
    sha256_file,
    sha256_text,
    write_bytes_atomic,
    write_json,
)
from mmsia.log import get_logger

SCHEMA = 1
RESULT, PROVENANCE, PREDICTIONS = (
    "result.json",
    "provenance.json",
    "predictions.json.gz",
)

_logger = get_logger(__name__)


class FutureSchemaError(DataError):
    """A result that a later mmsia wrote: not damaged, and not ours to set aside."""


@dataclass(frozen=True)
class StoredRun:
    """A finished run as read from disk.

    Attributes:
        key: Name of its folder.
        result: scores, intervals, counts and curves.
        provenance: Where the numbers come from.
    """

    key: str
    result: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def draws(self) -> dict[str, np.ndarray]:
        """Score -> (B,) its draws; none in results of earlier versions."""
        packed = self.result.get("draws", {})
        return {name: unpack_draws(values) for name, values in packed.items()}

    @property
    def weights(self) -> Weights | None:
        """The weights that it left, if it trained."""
        record = self.result.get("weights")
        return None if record is None else Weights.from_json(record)


class Store:
    """The runs of one work folder.

    Args:
        folder: `W/runs`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> StoredRun | None:
        """The run of this key if it is done; a damaged one is set aside first.

        Raises:
            FutureSchemaError: If a later mmsia wrote it.
        """
        folder = self.folder / key
        if not (folder / RESULT).is_file():
            return None
        try:
            return self._read(folder)
        except FutureSchemaError:
            raise
        except DataError as error:
            self.set_aside(key, str(error))
            return None

    def save(
        self,
        key: str,
        result: dict[str, Any],
        provenance: dict[str, Any],
        predictions: Any,
    ) -> StoredRun:
        """Write a finished run; the result last, which makes it count.

        Args:
            key: The run's key.
            result: Plain JSON values.
            provenance: Plain JSON values.
            predictions: Plain JSON values, stored compressed.
        """
        folder = self.folder / key
        text = json.dumps(predictions, allow_nan=False, separators=(",", ":"))
        packed = gzip.compress(text.encode(), compresslevel=6, mtime=0)
        write_bytes_atomic(folder / PREDICTIONS, packed)
        write_json(folder / PROVENANCE, provenance)
        files = {n: sha256_file(folder / n) for n in (PROVENANCE, PREDICTIONS)}
        record = {"schema": SCHEMA, "key": key, "result": result, "files": files}
        write_json(folder / RESULT, {**record, "digest": _digest(record)})
        return StoredRun(key, result, provenance)

    def keys(self) -> list[str]:
        """Keys of the runs that have a result, damaged or not."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{RESULT}"))

    def set_aside(self, key: str, problem: str) -> None:
        """Rename a result that cannot be believed, so that the run is made again.

        Args:
            key: The run.
            problem: What is wrong with it, for the log.
        """
        try:
            moved = set_aside(self.folder / key / RESULT)
        except OSError as error:
            _logger.warning(
                "damaged result cannot be set aside (%s): %s", error, problem
            )
        else:
            _logger.warning("damaged result set aside as %s: %s", moved, problem)

    def weights_path(self, key: str) -> Path | None:
        """Where the weights of a run are, if it left any."""
        run = self.load(key)
        if run is None or run.weights is None:
            return None
        return self.folder / key / run.weights.file

    def weights_problem(self, key: str) -> str | None:
        """What is wrong with the weights of a run, or None."""
        run = self.load(key)
        if run is None or run.weights is None:
            return f"the run {key} left no weights"
        return run.weights.problem(self.folder / key)

    def acquire(self, key: str) -> locks.Holder | None:
        """Take the lock of a run: None if it is ours now, else who holds it."""
        return locks.acquire(self.folder / key)

    def release(self, key: str) -> None:
        """Give the lock of a run back."""
        locks.release(self.folder / key)

    def predictions(self, key: str) -> Any:
        """The stored predictions of a run.

        Raises:
            DataError: If they are missing or damaged.
        """
        path = self.folder / key / PREDICTIONS
        try:
            return json.loads(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, ValueError) as error:
            raise DataError(f"predictions in {path}", got=str(error)) from error

    def _read(self, folder: Path) -> StoredRun:
        path = folder / RESULT
        record = read_json(path)
        if not isinstance(record, dict) or "schema" not in record:
            raise DataError(f"{path} is not a result file", remedy="It is made again")
        schema = record["schema"]
        if isinstance(schema, int) and schema > SCHEMA:
            raise FutureSchemaError(
                f"{path} was written by a later mmsia",
                expected=f"schema {SCHEMA} or earlier",
                got=f"schema {schema}",
                remedy="Use that mmsia, or another --work-dir",
            )
        if schema != SCHEMA:
            raise DataError(f"{path}", expected=f"schema {SCHEMA}", got=f"{schema!r}")
        digest = record.pop("digest", None)
        if digest != _digest(record) or record["key"] != folder.name:
            raise DataError(f"{path}", expected="an unchanged file", got="another one")
        for name, wanted in record["files"].items():
            if sha256_file(folder / name) != wanted:
                raise DataError(f"{folder / name}", expected="an unchanged file")
        provenance = read_json(folder / PROVENANCE)
        return StoredRun(folder.name, record["result"], provenance)


def _digest(record: dict[str, Any]) -> str:
    # NaN is refused where the record is written, with the place of it.
    return sha256_text(json.dumps(record, sort_keys=True))
