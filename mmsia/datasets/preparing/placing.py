"""Files of a download brought to where they belong: planned first, then written.

The plan looks at every archive and every name and writes nothing. Files are then
unpacked or copied, each whole or not at all; those that are there already with the same
content stay as they are, so that an interrupted run is completed by the same command.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

from mmsia.datasets.archives import (
    PART,
    Member,
    list_members,
    read_members,
    read_parts,
)
from mmsia.datasets.preparing.pieces import Found, Piece, names_below
from mmsia.errors import DataError
from mmsia.files import remove_leftovers, write_bytes_atomic, write_parts_atomic

_AHEAD = 32
"""Files that are read before they are written."""
_THREADS = 4
_RESOURCE_FORK = "._"


@dataclass(frozen=True)
class Job:
    """A file to bring.

    Attributes:
        target: Where to, below the data folder.
        place: The archive, or the file itself.
        member: Its name in the archive, if it is packed.
        size: Bytes.
    """

    target: str
    place: Path
    member: str | None
    size: int


def plan_files(found: Sequence[Found], folder: Path) -> list[Job]:
    """What is to be brought, with every archive looked through; nothing is written.

    Args:
        found: The pieces.
        folder: The data folder.

    Raises:
        UnsafeFileError: An archive that is not harmless.
        DataError: An archive that cannot be read or lacks files, or too little room.
    """
    usage = shutil.disk_usage(_existing(folder))
    listed: dict[Path, list[Member]] = {}
    jobs: dict[str, Job] = {}
    for each in found:
        if each.packed and each.place not in listed:
            # Nothing honest is larger than the whole disk.
            listed[each.place] = list_members(each.place, limit=usage.total)
        names = _packed(each, listed[each.place]) if each.packed else _loose(each)
        for job in names:
            jobs.setdefault(job.target, job)
    _check_room(jobs.values(), folder, usage.free)
    return list(jobs.values())


def _packed(found: Found, members: Sequence[Member]) -> list[Job]:
    piece, places = found.piece, []
    for member in members:
        place = _place(piece.path, member.name)
        if place is not None:
            places.append((place, member))
    # The highest folder of that name: others may lie deeper.
    top = min((len(PurePosixPath(above).parts) for (above, _), _ in places), default=0)
    jobs = {
        below: Job(f"{piece.path}/{below}", found.place, member.name, member.size)
        for (above, below), member in places
        if len(PurePosixPath(above).parts) == top and _is_taken(piece, below)
    }
    lacking = piece.lacks(jobs)
    if lacking and not piece.needed:
        return []
    if lacking:
        raise DataError(
            f"{found.place} lacks files",
            expected=", ".join(f"{piece.path}/{pattern}" for pattern in lacking),
            got=f"{len(members)} other files"
            + (f", such as {members[0].name}" if members else ""),
            remedy=f"It comes from {piece.source}; nothing was written",
        )
    return list(jobs.values())


def _place(path: str, name: str) -> tuple[str, str] | None:
    """What stands before and behind a piece's path in a member's name."""
    before, found, behind = f"/{name}".partition(f"/{path}/")
    return (before.strip("/"), behind) if found else None


def _loose(found: Found) -> Iterator[Job]:
    for below in names_below(found.place):
        if _is_taken(found.piece, below):
            path = found.place / below
            size = _stat(path).st_size
            yield Job(f"{found.piece.path}/{below}", path, None, size)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be read",
        expected="a file that can be read",
        got=error.strerror or str(error),
        remedy="Unpack it again.",
    )


def _is_taken(piece: Piece, below: str) -> bool:
    fork = PurePosixPath(below).name.startswith(_RESOURCE_FORK)
    return piece.takes(below) and not fork


def _existing(folder: Path) -> Path:
    """A folder, or the nearest one above it that exists."""
    whole = folder.resolve()
    return next(path for path in (whole, *whole.parents) if path.exists())


def _check_room(jobs: Iterable[Job], folder: Path, free: int) -> None:
    needed = sum(job.size for job in jobs if not _has_size(folder / job.target, job))
    if needed > free:
        raise DataError(
            f"no room for the data in {folder}",
            expected=f"{needed / 1e9:.3g} GB",
            got=f"{free / 1e9:.3g} GB free",
            remedy="Free space there or choose another folder; nothing was written.",
        )


def _has_size(path: Path, job: Job) -> bool:
    return path.is_file() and path.stat().st_size == job.size


def place_files(
    jobs: Sequence[Job], folder: Path, on_progress: Callable[[int, int], None]
) -> None:
    """Bring files; those that are there with the same content stay.

    Args:
        jobs: Of `plan_files`.
        folder: The data folder.
        on_progress: Called with files that are there and files in all.

    Raises:
        DataError: An archive that ends early, or a file that cannot be written; what
            was finished before stays.
    """
    for place in {(folder / job.target).parent for job in jobs}:
        remove_leftovers(place)
    waiting: deque[Future[None]] = deque()
    pool, done = ThreadPoolExecutor(_THREADS), 0
    try:
        for work in chain(_copies(jobs, folder), _unpacked(jobs, folder)):
            waiting.append(pool.submit(work))
            if len(waiting) == _AHEAD:
                waiting.popleft().result()
                done += 1
                on_progress(done, len(jobs))
        for future in waiting:
            future.result()
            done += 1
            on_progress(done, len(jobs))
    finally:
        pool.shutdown(cancel_futures=True)


_Work = Callable[[], None]


def _copies(jobs: Iterable[Job], folder: Path) -> Iterator[_Work]:
    for job in jobs:
        if job.member is None:
            yield partial(_copy, job.place, folder / job.target)


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its time, unless there is one of this size and time."""
    told = _stat(source)
    if target.exists():
        there = target.stat()
        same = (there.st_size, there.st_mtime_ns) == (told.st_size, told.st_mtime_ns)
        if same or target.samefile(source):
            return
    try:
        file = open(source, "rb")
    except OSError as error:
        raise _unreadable(source, error) from error
    with file:
        write_parts_atomic(target, iter(partial(file.read, PART), b""))
    os.utime(target, ns=(told.st_atime_ns, told.st_mtime_ns))


def _unpacked(jobs: Iterable[Job], folder: Path) -> Iterator[_Work]:
    """What is left to do for each member; archives are read here, one at a time."""
    places: dict[Path, dict[str, Job]] = {}
    for job in jobs:
        if job.member is not None:
            places.setdefault(job.place, {})[job.member] = job
    for place, wanted in places.items():
        for member, stream in read_members(place, set(wanted)):
            target = folder / wanted[member.name].target
            parts = read_parts(place, member, stream)
            if member.size <= PART:
                yield partial(_write, target, b"".join(parts))
            else:
                # Too large to be kept: written as it is read.
                write_parts_atomic(target, parts)
                yield _nothing


def _write(target: Path, data: bytes) -> None:
    same = target.is_file() and target.stat().st_size == len(data)
    if not (same and target.read_bytes() == data):
        write_bytes_atomic(target, data)


def _nothing() -> None:
    """A file that is written already."""
