"""A download made into a data folder: found, planned, placed, converted, surveyed.

Nothing is written before all that is needed was found and every archive was looked
through. From then on the folder has a mark, `.preparing`, which goes when the manifest
is written: nothing is computed from a folder that has it. The same command completes
what was interrupted.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from mmsia.datasets.manifest import UNFINISHED, About, read_manifest, write_manifest
from mmsia.datasets.origin import is_simulated, says_simulated
from mmsia.datasets.preparing.pieces import (
    FILES,
    DataSet,
    Found,
    Piece,
    Progress,
    find_pieces,
)
from mmsia.datasets.preparing.placing import Job, place_files, plan_files
from mmsia.datasets.preparing.survey import Survey, check_images, differences, survey
from mmsia.errors import DataError
from mmsia.files import read_json

_LABELS = (".json", ".mat")
"""Ends of files that may say who made them."""


@dataclass(frozen=True)
class Prepared:
    """A data folder that is ready.

    Attributes:
        folder: The folder.
        num_files: Files in its manifest.
        about: What its manifest says beside them.
        absent: Files that were not there and need not be, one of each piece.
    """

    folder: Path
    num_files: int
    about: About
    absent: tuple[str, ...]


def prepare(
    data_set: DataSet,
    source: Path,
    root: Path,
    *,
    workers: int = 1,
    allow_partial: bool = False,
    on_progress: Progress = lambda what, done, total: None,
) -> Prepared:
    """Prepare a data set below a data root.

    Args:
        data_set: The data set.
        source: Folder with the archives, or with what was in them; it may be the data
            folder itself.
        root: The data root.
        workers: Processes.
        allow_partial: Go on with other counts than the published ones; the manifest
            says so.
        on_progress: See `pieces.Progress`.

    Raises:
        UnsafeFileError: An archive that is not harmless; nothing was written.
        DataError: Files that are missing or damaged, too little room, a folder that
            cannot be written, or other counts than the published ones.
    """
    found = find_pieces(data_set, source)
    folder = root / data_set.name
    jobs = plan_files(found, folder)
    with _alone(folder):
        place_files(jobs, folder, partial(on_progress, "files"))
        made = []
        if data_set.convert is not None:
            _forget_converted(data_set, folder)
            made = data_set.convert(folder, workers, on_progress)
        placed = [folder / job.target for job in jobs]
        files = [*placed, *made]
        about = replace(
            _about(data_set, folder, files, on_progress),
            simulated=_any_simulated(found, placed),
        )
        _check_boxes(data_set, placed)
        if about.partial and not allow_partial:
            raise _not_whole(data_set, folder, about)
        write_manifest(folder, files, about, partial(on_progress, "digests"))
    absent = tuple(
        f"{piece.path}/{piece.files[0]}"
        for piece in data_set.pieces
        if not any(_brings(job, piece) for job in jobs)
    )
    return Prepared(folder, len(set(files)), about, absent)


def _any_simulated(found: Iterable[Found], placed: Iterable[Path]) -> bool:
    """Whether mmsia made some of it, by the folders it lay in or by the files."""
    roots = {each.root for each in found if not each.packed}
    labels = (path for path in placed if path.suffix in _LABELS)
    return any(map(is_simulated, roots)) or any(map(says_simulated, labels))


def _brings(job: Job, piece: Piece) -> bool:
    below = job.target.removeprefix(f"{piece.path}/")
    return below != job.target and piece.takes(below)


def _forget_converted(data_set: DataSet, folder: Path) -> None:
    """Remove annotations that an earlier run wrote; files of others stay."""
    manifest = read_manifest(folder)
    for name in manifest.digests if manifest is not None else ():
        if any(fnmatch(name, pattern) for pattern in data_set.annotations):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's mark, which stays if what is done inside fails."""
    mark = folder / UNFINISHED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(mark, "w")
    except OSError as error:
        raise DataError(
            f"cannot write into {folder}",
            expected="a folder that can be written",
            got=error.strerror or str(error),
            remedy="Nothing was written. Name another one with --dst.",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"{folder} is being prepared",
                expected="one run at a time",
                got="another one at work",
                remedy="Wait for it; the same command then has little left to do",
            ) from error
        yield
        mark.unlink()


def _about(
    data_set: DataSet, folder: Path, files: list[Path], on_progress: Progress
) -> About:
    """Counts of all annotation files, whose images are there and whole."""
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    counts: dict[str, dict[str, int]] = {}
    for name in names:
        if any(fnmatch(name, pattern) for pattern in data_set.annotations):
            found = survey(folder / name)
            _check_images(data_set, folder, found, on_progress)
            counts[name] = found.counts
    partly, known = {}, set()
    for each in data_set.expected:
        if each.counts.keys() == {FILES}:
            number = sum(fnmatch(name, each.file) for name in names)
            counts[each.file] = {FILES: number}
        if each.file in counts:
            known.add(each.file)
            if reasons := differences(counts[each.file], each):
                partly[each.file] = reasons
    unknown = tuple(name for name in counts if name not in known)
    return About(data_set.name, counts, partly, unknown)


def _not_whole(data_set: DataSet, folder: Path, about: About) -> DataError:
    reasons = about.partial.items()
    return DataError(
        f"{folder} is not the whole of {data_set.title}",
        expected="the published counts",
        got="; ".join(f"{name}: {', '.join(why)}" for name, why in reasons),
        remedy="Fetch what is missing; --allow-partial goes on without it, and every "
        "number that is computed on the data says so",
    )


def _check_boxes(data_set: DataSet, placed: list[Path]) -> None:
    """JSON that is no annotation file, as a detector's boxes, is whole at least."""
    surveyed = [pattern.rpartition("/")[2] for pattern in data_set.annotations]
    for path in placed if data_set.convert is None else ():
        known = any(fnmatch(path.name, pattern) for pattern in surveyed)
        if path.suffix == ".json" and not known:
            read_json(path)


def _check_images(
    data_set: DataSet, folder: Path, found: Survey, on_progress: Progress
) -> None:
    below = next(
        (
            images
            for pattern, images in (data_set.image_folders or {}).items()
            if fnmatch(found.path.name, pattern)
        ),
        "",
    )
    optional = {piece.path for piece in data_set.pieces if not piece.needed}
    if below in optional and not (folder / below).is_dir():
        return
    tell = partial(on_progress, f"images of {found.path.name}")
    check_images(folder / below, found.images, found.path, tell)
