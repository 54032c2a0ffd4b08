"""Files that are whole or absent: atomic writes, strict JSON and digests.

Everything mmsia stores goes through here: a temporary file in the same folder,
flushed and synced, then moved over the old one, so that a kill or a full disk
leaves either the earlier content or the new one, never a half.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmsia.errors import DataError, InputError

_TEMPORARY = re.compile(r"\.\d+\.[0-9a-f]{8}\.tmp$")
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)


def write_bytes_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` so that no reader ever sees a part of it.

    Folders above `path` are made where they are missing.

    Args:
        path: File to write; one that exists is replaced.
        data: Its whole new content.

    Raises:
        DataError: If the file system refuses; what stood at `path` stays intact.
    """
    write_parts_atomic(path, (data,))


def write_parts_atomic(
    path: str | os.PathLike[str], parts: Iterable[bytes | memoryview]
) -> None:
    """Write the parts one after the other, as `write_bytes_atomic`, without a copy.

    Args:
        path: File to write; one that exists is replaced.
        parts: Its whole new content, in order.

    Raises:
        DataError: If the file system refuses; what stood at `path` stays intact.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise DataError(
            f"cannot write {path}",
            expected="a writable folder with free space",
            got=error.strerror or str(error),
            remedy="Nothing at this path was changed. Free space there or choose "
            "another folder, then run the same command again.",
        ) from error
    finally:
        # Gone already after a successful replace; unreachable on a lost disk.
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the move itself durable; file systems that cannot do it are left be."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: str | os.PathLike[str], pattern: str = "*") -> int:
    """Remove temporary files of writes that were killed.

    Args:
        folder: Where they would lie; nobody else may be writing there.
        pattern: Of the names of the files that were being written.

    Returns:
        How many there were.
    """
    found = [
        path
        for path in Path(folder).glob(f".{pattern}.tmp")
        if _TEMPORARY.search(path.name)
    ]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def set_aside(path: str | os.PathLike[str]) -> Path:
    """Rename a damaged file to the first free `*.corrupt`, which keeps earlier ones.

    Args:
        path: The file.

    Returns:
        Its new path.
    """
    path = Path(path)
    target, number = path.with_name(f"{path.name}.corrupt"), 0
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{number}.corrupt")
    path.rename(target)
    return target


def write_text_atomic(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 with the guarantees of `write_bytes_atomic`.

    Args:
        path: File to write; one that exists is replaced.
        text: Its whole new content; line ends are written as they are.
    """
    write_bytes_atomic(path, text.encode("utf-8"))


def write_json(path: str | os.PathLike[str], obj: Any) -> None:
    """Write `obj` as strict JSON with the guarantees of `write_bytes_atomic`.

    Keys keep their order and the file ends with a newline.

    Args:
        path: File to write; one that exists is replaced.
        obj: Dicts with string keys, lists, tuples, strings, numbers, booleans, None.

    Raises:
        InputError: If `obj` holds NaN, an infinity, a key that is not a string or a
            type that JSON does not have; the message names the place.
    """
    _check_json(obj, where="")
    text = json.dumps(obj, allow_nan=False, ensure_ascii=False, indent=1)
    write_text_atomic(path, text + "\n")


def _check_json(obj: Any, where: str) -> None:
    if isinstance(obj, dict):
        for key, value in obj.items():
            if not isinstance(key, str):
                raise _not_json(f"the key {key!r} in {where or 'the top level'}", key)
            _check_json(value, f"{where}.{key}" if where else key)
    elif isinstance(obj, (list, tuple)):
        for position, value in enumerate(obj):
            _check_json(value, f"{where}[{position}]")
    elif isinstance(obj, float):
        if not math.isfinite(obj):
            raise _not_json(where or "the top level", obj)
    elif not isinstance(obj, (str, int, type(None))):
        raise _not_json(where or "the top level", obj)


def _not_json(place: str, value: Any) -> InputError:
    return InputError(
        f"{place} cannot be written as JSON",
        expected="string keys and strings, finite numbers, booleans, lists or None",
        got=f"{value!r} of type {type(value).__name__}",
        remedy="Convert it first: None for a missing number, .item() or .tolist() "
        "for an array.",
    )


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a strict JSON file.

    Args:
        path: File to read, UTF-8.

    Raises:
        DataError: If the file is missing, unreadable, truncated, not JSON or holds
            NaN or an infinity; the message names the file and the position.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(
            f"cannot read {path}",
            expected="a JSON file",
            got=error.strerror or str(error),
            remedy="Check the path.",
        ) from error
    except UnicodeDecodeError as error:
        got = f"{error.reason} at byte {error.start}"
        raise _bad_json(path, "UTF-8 text", got) from error
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        ends = f" (the file ends after {len(text)} characters)"
        got = f"{error.msg} at {place}" + (ends if error.pos >= len(text) else "")
        raise _bad_json(path, "whole JSON", got) from error
    except _ConstantError as error:
        line, column = _find_constant(text)
        got = f"{error} at line {line}, column {column}"
        raise _bad_json(path, "finite numbers", got) from error


class _ConstantError(Exception):
    """NaN, Infinity or -Infinity, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> None:
    raise _ConstantError(name)


def _find_constant(text: str) -> tuple[int, int]:
    for match in _STRING_OR_CONSTANT.finditer(text):
        if not match.group().startswith('"'):
            before = text[: match.start()]
            return before.count("\n") + 1, match.start() - before.rfind("\n")
    return 1, 1


def _bad_json(path: Path, expected: str, got: str) -> DataError:
    return DataError(
        f"{path} is not a usable JSON file",
        expected=expected,
        got=got,
        remedy="The file is damaged or incomplete: fetch or make it again.",
    )


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits.

    Args:
        path: File to read; it is streamed, so that its size does not matter.

    Raises:
        DataError: If the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"cannot read {path}",
            expected="a file",
            got=error.strerror or str(error),
            remedy="Check the path.",
        ) from error


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes as 64 hexadecimal digits.

    Args:
        text: Text to digest.
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
