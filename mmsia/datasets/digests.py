"""SHA-256 of a folder's files, computed once for each content.

`.digests.npz` in the folder remembers digests with each file's size, time of change and
time of status change; the last one tells of edits that put the first two back. Where
the folder cannot be written, nothing is remembered and all files are read each time.
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmsia.errors import DataError
from mmsia.files import sha256_file, write_bytes_atomic
from mmsia.log import get_logger

CACHE = ".digests.npz"
_SCHEMA = 1
_FRESH = 2_000_000_000
"""Nanoseconds; a file that changed so lately may change again within its time stamp."""
_CHUNK = 256

_NONE = -1
"""In place of the stamps of a file that is not there."""

_logger = get_logger(__name__)


@dataclass(frozen=True)
class _Known:
    """Digests of some files, each with its stamp.

    Attributes:
        names: Paths below the folder.
        stamps: (N, 3) bytes, time of change and of status change in nanoseconds.
        text: Their digests, 64 digits each, one after the other.
    """

    names: list[str] = field(default_factory=list)
    stamps: np.ndarray = field(default_factory=lambda: np.empty((0, 3), np.int64))
    text: str = ""

    def digests(self, names: list[str], stamps: np.ndarray) -> list[str]:
        """Digests of files that have the same stamp; "" for others."""
        if self.names == names:
            rows = np.arange(len(names))
        else:
            place = dict(zip(self.names, range(len(self.names)), strict=True))
            rows = np.array([place.get(name, _NONE) for name in names], np.int64)
        same = rows >= 0
        same[same] = (self.stamps[rows[same]] == stamps[same]).all(axis=1)
        starts = np.where(same, 64 * rows, _NONE).tolist()
        text = self.text
        return [text[start : start + 64] if start >= 0 else "" for start in starts]


def digest_files(
    folder: Path,
    names: Iterable[str],
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """Digest files by several threads, those that changed since the last time.

    Args:
        folder: The folder.
        names: Paths below it, with slashes.
        on_progress: Called with files that are read and files that must be.

    Returns:
        Name -> 64 hexadecimal digits; files that are not there are left out.

    Raises:
        DataError: If a file cannot be read.
    """
    names = list(names)
    known, stamps = _load(folder), _stamps(folder, names)
    digests = known.digests(names, stamps)
    there = (stamps[:, 0] != _NONE).tolist()
    unknown = [row for row, digest in enumerate(digests) if there[row] and not digest]
    if unknown:
        begun = time.time_ns()
        read = _digest(folder, [names[row] for row in unknown], on_progress)
        for row, digest in zip(unknown, read, strict=True):
            digests[row] = digest
        late = stamps[:, 1:].max(axis=1, initial=0) >= begun - _FRESH
        kept = [row for row in np.flatnonzero(~late).tolist() if there[row]]
        if kept:
            text = "".join(digests[row] for row in kept)
            new = _Known([names[row] for row in kept], stamps[kept], text)
            _save(folder, known, new)
    return {name: digest for name, digest in zip(names, digests, strict=True) if digest}


def _stamps(folder: Path, names: list[str]) -> np.ndarray:
    """(N, 3) of files; those that are not there have `_NONE`."""
    root, found = f"{folder}{os.sep}", []
    for name in names:
        try:
            told = os.stat(root + name)
        except (FileNotFoundError, NotADirectoryError):
            found += (_NONE, _NONE, _NONE)
        else:
            found += (told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    return np.array(found, np.int64).reshape(-1, 3)


def _digest(
    folder: Path,
    names: list[str],
    on_progress: Callable[[int, int], None] | None,
) -> list[str]:
    """By threads: hashing leaves Python's lock to the others."""
    digests: list[str] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(names), _CHUNK):
            part = (folder / name for name in names[start : start + _CHUNK])
            digests += pool.map(sha256_file, part)
            if on_progress is not None:
                on_progress(len(digests), len(names))
    return digests


def _load(folder: Path) -> _Known:
    try:
        with np.load(folder / CACHE, allow_pickle=False) as stored:
            names = bytes(stored["names"]).decode().split("\n")
            known = _Known(names, stored["stamps"], bytes(stored["digests"]).hex())
            whole = known.stamps.shape == (len(names), 3)
            fits = whole and len(known.text) == 64 * len(names)
            return known if fits and int(stored["schema"]) == _SCHEMA else _Known()
    # Whatever is wrong with it, all it costs is time.
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return _Known()


def _save(folder: Path, old: _Known, new: _Known) -> None:
    """Remember digests, and those of other files from before."""
    renewed = set(new.names)
    rest = [row for row, name in enumerate(old.names) if name not in renewed]
    names = [*new.names, *(old.names[row] for row in rest)]
    text = new.text + "".join(old.text[64 * row : 64 * row + 64] for row in rest)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        schema=_SCHEMA,
        names=np.frombuffer("\n".join(names).encode(), np.uint8),
        stamps=np.concatenate([new.stamps, old.stamps[rest]]),
        digests=np.frombuffer(bytes.fromhex(text), np.uint8),
    )
    try:
        write_bytes_atomic(folder / CACHE, buffer.getvalue())
    except DataError:
        _logger.info("%s cannot be written: files are read again next time", folder)
