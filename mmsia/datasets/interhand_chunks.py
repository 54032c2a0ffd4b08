"""Frames of a split, prepared and recorded chunk by chunk by several processes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from mmsia.datasets.interhand_folder import SplitFolder
from mmsia.datasets.interhand_frames import FrameTask
from mmsia.datasets.interhand_posing import Tools, prepare_frame
from mmsia.errors import DataError
from mmsia.files import write_bytes_atomic, write_json
from mmsia.workers import worker_pool

CHUNK = 16
"""Frames of a chunk."""
# Chunks that wait for a process, so that not all of a split is in their queue.
_AHEAD = 3


@dataclass(frozen=True)
class Chunk:
    """Frames that are made and recorded together."""

    number: int
    tasks: Sequence[FrameTask]


@dataclass(frozen=True)
class MadeChunk:
    """A chunk that was gone through.

    Attributes:
        frames: How many it has.
        damaged: Pictures that cannot be read; the chunk is not recorded if any.
    """

    frames: int
    damaged: tuple[str, ...]


def make_chunks(
    chunks: Iterable[Chunk], folder: SplitFolder, tools: Tools, workers: int
) -> Iterator[MadeChunk]:
    """Make chunks, and yield them as they are gone through.

    Args:
        chunks: Taken as they are needed, a few ahead.
        folder: Where they go.
        tools: For their frames.
        workers: Processes.

    Raises:
        DataError: A process ended, or the disk refuses; what is finished is kept.
    """
    if workers == 1:
        for chunk in chunks:
            yield make_chunk(chunk, folder, tools)
        return
    try:
        with worker_pool(workers, _start, (folder, tools)) as pool:
            waiting: set[Future[MadeChunk]] = set()
            for chunk in chunks:
                waiting.add(pool.submit(_make, chunk))
                if len(waiting) >= _AHEAD * workers:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in as_completed(waiting))
    except BrokenProcessPool as error:
        raise DataError(
            f"a process that was preparing {folder.target} ended",
            expected=f"{workers} workers to the end",
            got="one that was killed, for its memory perhaps",
            remedy="Run the same command again, with fewer --workers if it happens "
            "again; what is finished is kept.",
        ) from error


_at_hand: list[tuple[SplitFolder, Tools]] = []
"""Of a worker process: sent to it once, not with every chunk."""


def _start(folder: SplitFolder, tools: Tools) -> None:
    _at_hand.append((folder, tools))


def _make(chunk: Chunk) -> MadeChunk:
    return make_chunk(chunk, *_at_hand[0])


def make_chunk(chunk: Chunk, folder: SplitFolder, tools: Tools) -> MadeChunk:
    """Write the crops of a chunk, then its record."""
    crops = folder.crops
    files: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    damaged = []
    for task in chunk.tasks:
        outcome = prepare_frame(task, tools)
        for name, content in outcome.files.items():
            write_bytes_atomic(crops / name, content)
            files[name] = hashlib.sha256(content).hexdigest()
        if outcome.damaged:
            damaged.append(outcome.damaged)
        if outcome.reason:
            left_out.setdefault(outcome.reason, []).append(task.file_name)
    if not damaged:
        record = {"files": files, "left_out": left_out}
        write_json(folder.record(chunk.number), record)
    return MadeChunk(len(chunk.tasks), tuple(damaged))
