"""The licensed hand model's pickle into plain arrays.

MANO_LEFT.pkl and MANO_RIGHT.pkl were written by Python 2 and hold numpy arrays, a
scipy sparse matrix and objects of chumpy, a package that current numpy breaks. Here
they are read as records (`pickle_records`), so that neither is imported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from mmsia.datasets.hand_models import FILES, WHERE_FROM
from mmsia.datasets.simulated.twohands_model import write_hand_model
from mmsia.errors import DataError, InputError
from mmsia.models.weights.pickle_records import Record, read_records
from mmsia.ops.hand_mesh import PARENTS, HandModel

PICKLES = {side: name.replace(".npz", ".pkl") for side, name in FILES.items()}
"""Side -> name of the published file."""
_EXPECTED = re.compile(
    r"(numpy|scipy\.sparse|chumpy)\.[\w.]+"
    r"|(copy_reg|copyreg)\._reconstructor|_codecs\.encode"
    r"|(__builtin__|builtins)\.(object|set|bytes)"
)
# What numpy and scipy, or our own reading of a record, raise.
_WRONG = (TypeError, ValueError, AttributeError, LookupError, RecursionError)
_MOST = 10_000_000
_NUMBERS = re.compile(r"[fiub][1248]")
_SPARSE = {"csc_matrix": sparse.csc_matrix, "csr_matrix": sparse.csr_matrix}


def convert_mano(source: str | Path, folder: str | Path) -> list[Path]:
    """Convert both hands.

    Args:
        source: Folder with MANO_LEFT.pkl and MANO_RIGHT.pkl.
        folder: Gets MANO_LEFT.npz and MANO_RIGHT.npz; both are read before either is
            written.

    Returns:
        The files written.

    Raises:
        UnsafeFileError: A file that would run code.
        DataError: A file that is missing, damaged or no hand model.
    """
    paths = {side: Path(source) / name for side, name in PICKLES.items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise DataError(
            f"MANO's files in {source}",
            expected=" and ".join(PICKLES.values()),
            got=f"no {' and no '.join(missing)}",
            remedy=f"{WHERE_FROM}.",
        )
    models = {side: read_mano(path) for side, path in paths.items()}
    written = []
    for side, model in models.items():
        written.append(Path(folder) / FILES[side])
        write_hand_model(written[-1], model)
    return written


def read_mano(path: str | Path) -> HandModel:
    """Read one hand from the published pickle, running nothing of it.

    Args:
        path: MANO_LEFT.pkl or MANO_RIGHT.pkl.

    Raises:
        UnsafeFileError: A file that would run code.
        DataError: A damaged file, or one without a hand model's arrays.
    """
    stored = read_records(path, lambda name: _EXPECTED.fullmatch(name) is not None)
    try:
        return HandModel(**_arrays(stored))
    except (InputError, _NoArrayError, KeyError) as error:
        got = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path} is no hand model",
            expected=f"a dict with {', '.join(f.name for f in fields(HandModel))}",
            got=got,
            remedy=f"{WHERE_FROM}.",
        ) from error


class _NoArrayError(Exception):
    """A record that is none of the arrays that we know."""


def _arrays(stored: Any) -> dict[str, np.ndarray]:
    if not isinstance(stored, Mapping):
        raise _NoArrayError(f"a {type(stored).__name__} in place of a dict")
    arrays = {}
    for field in fields(HandModel):
        value = stored[field.name]
        try:
            arrays[field.name] = _plain(field.name, _array(value))
        # Whatever is wrong with an array's own description.
        except (*_WRONG, _NoArrayError) as error:
            raise _NoArrayError(f"{field.name}: {error}") from error
    return arrays


def _plain(name: str, values: np.ndarray) -> np.ndarray:
    """Whole numbers where they are numbers of vertices or joints, else metres."""
    if not np.isfinite(values).all():
        raise _NoArrayError("numbers that are not finite")
    if name == "kintree_table":
        # The root's parent is 2^32 - 1 as published.
        whole = values.astype(np.int64)
        whole[whole == 2**32 - 1] = -1
        if not np.array_equal(whole[0], PARENTS):
            raise _NoArrayError(f"parents {whole[0].tolist()}, not those of MANO")
        return whole
    if name == "f":
        if values.min() < 0 or values.max() > 777:
            raise _NoArrayError(f"vertices {values.min()} to {values.max()}")
        return values.astype(np.int64)
    return values.astype(np.float64)


def _array(value: Any) -> np.ndarray:
    """The numbers of an array, a sparse matrix or an object of chumpy."""
    if not isinstance(value, Record):
        if not isinstance(value, (list, tuple, int, float)):
            raise _NoArrayError(f"a {type(value).__name__} in place of an array")
        return np.array(value)
    kind = value.name.rpartition(".")[2]
    if kind == "_reconstructor":
        return _array(_made_by(value))
    if kind in _SPARSE:
        return _dense(_SPARSE[kind], value.state)
    if value.name.startswith("chumpy."):
        return _of_chumpy(kind, value.state)
    if kind in ("_reconstruct", "ndarray") and isinstance(value.state, tuple):
        _, shape, dtype, by_columns, data = value.state
        return _from_bytes(shape, dtype, "F" if by_columns else "C", data)
    if kind == "_frombuffer":
        data, dtype, shape, order = value.args
        return _from_bytes(shape, dtype, order, data)
    raise _NoArrayError(f"a {value.name} in place of an array")


def _made_by(reconstructor: Record) -> Record:
    """The record that Python 2's `copy_reg` would make of a class and a state."""
    record = reconstructor.args[0]()
    record.state = reconstructor.state
    return record


def _from_bytes(shape: Any, dtype: Any, order: str, data: Any) -> np.ndarray:
    code, *_ = dtype.args
    if not _NUMBERS.fullmatch(code):
        raise _NoArrayError(f"an array of {code!r} in place of numbers")
    byte_order = dtype.state[1] if dtype.state else "="
    kind = np.dtype(code).newbyteorder(byte_order if byte_order in "<>" else "=")
    flat = np.frombuffer(_bytes(data), kind)
    if math.prod(shape) != flat.size:
        raise _NoArrayError(f"{flat.size} numbers for an array of shape {shape}")
    # Not of the foreign byte order any more.
    return flat.reshape(shape, order=order).astype(kind.newbyteorder("="))


def _bytes(data: Any) -> bytes:
    # How Python 3 writes bytes for Python 2; no arguments are no bytes.
    if isinstance(data, Record):
        data = data.args[0] if data.args else b""
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _dense(kind: type, state: Mapping[str, Any]) -> np.ndarray:
    parts = tuple(_array(state[name]) for name in ("data", "indices", "indptr"))
    shape = state["_shape"] if "_shape" in state else state["shape"]
    if math.prod(shape) > _MOST:
        raise _NoArrayError(f"a sparse matrix of shape {shape}")
    matrix = kind(parts, shape=tuple(shape))
    # Indices from outside: wrong ones would be read from anywhere in memory.
    matrix.check_format(full_check=True)
    return matrix.toarray()


def _of_chumpy(kind: str, state: Mapping[str, Any]) -> np.ndarray:
    if kind == "Select":
        values = _array(state["a"]).reshape(-1)[_array(state["idxs"]).astype(np.int64)]
        shape = state.get("preferred_shape")
        return values if shape is None else values.reshape(shape)
    if "x" not in state:
        raise _NoArrayError(f"a chumpy {kind} without its numbers")
    return _array(state["x"])
