"""Writing of any family of made data: parallel, resumable, ended by a manifest.

A family hands over two functions.

`encode(seed, index, preset) -> Encoded` makes image `index`: the bytes of its files and
a record for the annotations. It is pure and named at the top level of a module, so that
worker processes can call it.

`finish(records, split) -> Finished` turns the records of all images, in order, into
annotation files, and counts what there is.

What is in the folder, for a split `train`:

- `<images>/...`: the files of `encode`, each written whole or not at all;
- `.simulated_train/`: while it is being made, records and digests of finished chunks;
  gone at the end;
- `simulated_train.json`: family, seed, number, preset with version and digest, written
  first, and at the end again with counts and `complete: true`;
- the files of `finish`, then `manifest.json` (mmsia.datasets.manifest) over all.

The same call completes an interrupted folder: chunks whose files still have their
digests are not made again. Other splits of the same family may share a folder; a folder
that holds anything else is refused.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mmsia.datasets.manifest import MANIFEST, check_manifest, write_manifest
from mmsia.datasets.simulated.presets import Preset
from mmsia.errors import DataError, InputError
from mmsia.files import (
    read_json,
    remove_leftovers,
    sha256_file,
    write_bytes_atomic,
    write_json,
)
from mmsia.workers import worker_pool

SCHEMA = 1
_CHUNK = 8


@dataclass(frozen=True)
class Encoded:
    """One image as it goes to disk.

    Attributes:
        files: Path below the folder of images -> content.
        record: What the annotation files need of it, in strict JSON.
    """

    files: Mapping[str, bytes]
    record: dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """The annotation files of a split.

    Attributes:
        files: Path below the data folder -> content; what is not bytes becomes JSON.
        counts: What there is of each kind: images, annotations, ...
    """

    files: Mapping[str, Any]
    counts: dict[str, int] = field(default_factory=dict)


Encode = Callable[[int, int, Any], Encoded]
Finish = Callable[[Sequence[dict[str, Any]], str], Finished]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Job:
    folder: Path
    images: str
    split: str
    num: int
    seed: int
    preset: Preset
    encode: Encode

    @property
    def chunks(self) -> range:
        return range((self.num + _CHUNK - 1) // _CHUNK)

    @property
    def records(self) -> Path:
        return self.folder / f".simulated_{self.split}"

    def record_path(self, chunk: int) -> Path:
        return self.records / f"{chunk:06d}.json"

    def indices(self, chunk: int) -> range:
        return range(chunk * _CHUNK, min(self.num, (chunk + 1) * _CHUNK))


def write_family(
    folder: Path | str,
    family: str,
    num: int,
    seed: int,
    preset: Preset,
    *,
    encode: Encode,
    finish: Finish,
    images: str,
    split: str = "train",
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Path:
    """Write `num` images of a family, or complete the folder of an earlier call.

    Args:
        folder: The data folder; made if it is missing.
        family: Name of the family.
        num: How many images.
        seed: Image i of a seed is the same whatever `num` and `workers` are.
        preset: How hard they are.
        encode: Makes one image, see the module.
        finish: Makes the annotation files, see the module.
        images: Folder of the images, below `folder`.
        split: Name of the split.
        workers: Processes.
        on_progress: Called with images done and images in all.

    Returns:
        The split's `simulated_<split>.json`.

    Raises:
        InputError: If a number makes no sense.
        DataError: If the folder holds something else, is altered after it was whole,
            or cannot be written.
    """
    _check_numbers(num, seed, workers, split)
    folder = Path(folder)
    path = folder / f"simulated_{split}.json"
    about = {
        "schema": SCHEMA,
        "family": family,
        "split": split,
        "seed": seed,
        "num": num,
        "preset": {
            "name": preset.name,
            "version": preset.version,
            "digest": preset.digest,
        },
    }
    job = _Job(folder, images, split, num, seed, preset, encode)
    if _is_complete(folder, path, about):
        _report(on_progress, num, num)
        return path
    write_json(path, {**about, "complete": False})
    with _alone(job):
        _clean(job)
        _make_all(job, workers, on_progress)
        _finish(job, finish, path, about)
    shutil.rmtree(job.records, ignore_errors=True)
    return path


def _check_numbers(num: int, seed: int, workers: int, split: str) -> None:
    if num < 1 or seed < 0 or workers < 1:
        raise InputError(
            "simulated data",
            expected="at least one image and one worker, and a seed of 0 or more",
            got=f"{num} images, {workers} workers, seed {seed}",
        )
    if not split.replace("_", "").replace("-", "").isalnum():
        raise InputError(
            "the name of a split",
            expected="letters, digits, - and _",
            got=repr(split),
        )


def _is_complete(folder: Path, path: Path, about: dict[str, Any]) -> bool:
    """Whether all is there; raises if the folder is somebody else's."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}", expected="a folder", got="a file")
    if not path.is_file():
        _refuse_strangers(folder, about["family"])
        return False
    found = read_json(path)
    known = {key: found.get(key) for key in about} if isinstance(found, dict) else {}
    if known != about:
        differing = [key for key in about if known.get(key) != about[key]]
        raise DataError(
            f"{path} tells of other data",
            expected=", ".join(f"{key} {about[key]}" for key in differing),
            got=", ".join(f"{key} {known.get(key)}" for key in differing),
            remedy="Choose another folder or split, or remove this one",
        )
    return (
        bool(found.get("complete"))
        and check_manifest(folder)
        and path.name in read_json(folder / MANIFEST)["files"]
    )


def _refuse_strangers(folder: Path, family: str) -> None:
    if not folder.is_dir():
        return
    temporary = {p.name for p in folder.glob(".*.tmp")}
    present = sorted(p.name for p in folder.iterdir() if p.name not in temporary)
    if not present:
        return
    families = set()
    for path in folder.glob("simulated_*.json"):
        found = read_json(path)
        families.add(found.get("family") if isinstance(found, dict) else None)
    if families != {family}:
        raise DataError(
            f"{folder} holds something else",
            expected=f"an empty folder, or one with simulated {family}",
            got=", ".join(present[:4]) + (", ..." if len(present) > 4 else ""),
            remedy="Choose another folder",
        )


@contextmanager
def _alone(job: _Job) -> Iterator[None]:
    """Hold the split's lock, which the kernel gives back even after a kill."""
    with _open_lock(job.records / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"{job.folder}, split {job.split}, is being written",
                expected="one run at a time",
                got="another one at work",
                remedy="Wait for it; the same command then has nothing left to do",
            ) from error
        yield


def _open_lock(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "w")
    except OSError as error:
        raise DataError(
            f"cannot write {path}",
            expected="a writable folder with free space",
            got=error.strerror or str(error),
            remedy="Free space there, then run the same command again",
        ) from error


def _clean(job: _Job) -> None:
    """Remove temporary files of a run that was killed."""
    for root in (job.folder / job.images, job.records):
        if root.is_dir():
            for place in (root, *(p for p in root.rglob("*") if p.is_dir())):
                remove_leftovers(place)


def _make_all(job: _Job, workers: int, on_progress: Progress | None) -> None:
    missing = [chunk for chunk in job.chunks if not _is_made(job, chunk)]
    done = job.num - sum(len(job.indices(chunk)) for chunk in missing)
    _report(on_progress, done, job.num)
    for chunk in _made_chunks(job, missing, workers):
        done += len(job.indices(chunk))
        _report(on_progress, done, job.num)


def _report(on_progress: Progress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)


def _is_made(job: _Job, chunk: int) -> bool:
    path = job.record_path(chunk)
    if not path.is_file():
        return False
    root = job.folder / job.images
    return all(
        (root / name).is_file() and sha256_file(root / name) == digest
        for name, digest in read_json(path)["files"].items()
    )


def _made_chunks(job: _Job, missing: list[int], workers: int) -> Iterator[int]:
    """Make chunks and yield them as they are finished."""
    if workers == 1 or len(missing) < 2:
        for chunk in missing:
            yield _make_chunk(job, chunk)
        return
    try:
        with worker_pool(min(workers, len(missing))) as pool:
            futures = [pool.submit(_make_chunk, job, chunk) for chunk in missing]
            for future in as_completed(futures):
                yield future.result()
    except BrokenProcessPool as error:
        raise DataError(
            f"a process that was making images for {job.folder} ended",
            expected=f"{workers} workers to the end",
            got="one that was killed, for its memory perhaps",
            remedy="Run the same command again, with fewer --workers if it happens "
            "again; what is finished is kept",
        ) from error


def _make_chunk(job: _Job, chunk: int) -> int:
    files: dict[str, str] = {}
    records = []
    for index in job.indices(chunk):
        encoded = job.encode(job.seed, index, job.preset)
        for name, data in encoded.files.items():
            write_bytes_atomic(job.folder / job.images / name, data)
            files[name] = hashlib.sha256(data).hexdigest()
        records.append(encoded.record)
    write_json(job.record_path(chunk), {"files": files, "records": records})
    return chunk


def _finish(job: _Job, finish: Finish, path: Path, about: dict[str, Any]) -> None:
    chunks = [read_json(job.record_path(chunk)) for chunk in job.chunks]
    finished = finish([r for chunk in chunks for r in chunk["records"]], job.split)
    written = [job.folder / job.images / n for chunk in chunks for n in chunk["files"]]
    for name, content in finished.files.items():
        target = job.folder / name
        if isinstance(content, bytes):
            write_bytes_atomic(target, content)
        else:
            write_json(target, content)
        written.append(target)
    write_json(path, {**about, "complete": True, "counts": finished.counts})
    # Complete means: named in the manifest. Until then the chunks stay.
    write_manifest(job.folder, [*written, path], simulated=True)
