"""What a data set consists of, and where it is found among downloads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from mmsia.errors import DataError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

FILES = "files"
"""Name of the count of files that match a pattern."""

_DEPTH = 2
"""Folders above a piece at most, such as the archive's own."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A folder of a data set, as its download has it.

    Attributes:
        path: The folder, below the data folder and in the download alike.
        files: Patterns below it; there must be a file of each.
        also: Patterns of files that are taken where they are there.
        archives: Patterns of the names of archives that hold it.
        source: Where the archive comes from.
        needed: Whether nothing can be prepared without it.
    """

    path: str
    files: tuple[str, ...]
    also: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    source: str
    needed: bool = True

    def takes(self, name: str) -> bool:
        """Whether a file is part of it.

        Args:
            name: Path below its folder.
        """
        return any(fnmatch(name, pattern) for pattern in (*self.files, *self.also))

    def lacks(self, names: Iterable[str]) -> list[str]:
        """Patterns of which there is no file.

        Args:
            names: Paths below its folder.
        """
        left = list(self.files)
        for name in names:
            left = [pattern for pattern in left if not fnmatch(name, pattern)]
            if not left:
                break
        return left

    def describe(self) -> str:
        """What is looked for, in a line."""
        wanted = ", ".join(f"{self.path}/{pattern}" for pattern in self.files)
        packed = f"; or {' or '.join(self.archives)}" if self.archives else ""
        return f"{wanted}{packed} ({self.source})"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Counts that the publishers of a data set state.

    Attributes:
        file: Annotation file below the data folder; a pattern of files if `FILES` are
            counted.
        counts: As `survey.survey` names them, or `FILES` alone.
        source: Who says so.
    """

    file: str
    counts: Mapping[str, int]
    source: str


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A data set that can be prepared.

    Attributes:
        name: Of its folder below a data root.
        title: What it is.
        licence: Its terms, in short.
        pieces: What its download consists of.
        convert: Writes annotations and splits into a data folder that has all pieces,
            with a number of processes; returns the files. None: nothing is to be
            written.
        annotations: Patterns of the files, below the data folder, that are counted and
            whose images must be there.
        image_folders: Pattern of an annotation file -> folder of its images; the data
            folder itself where none matches.
        expected: Counts that are known.
    """

    name: str
    title: str
    licence: str
    pieces: tuple[Piece, ...]
    annotations: tuple[str, ...]
    convert: Callable[[Path, int, Progress], list[Path]] | None = None
    image_folders: Mapping[str, str] | None = None
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True)
class Found:
    """A piece and where it is.

    Attributes:
        piece: The piece.
        place: The folder, or the archive.
        packed: Whether it is an archive.
    """

    piece: Piece
    place: Path
    packed: bool

    @property
    def root(self) -> Path:
        """The folder with all pieces, where it is not an archive."""
        return self.place.parents[len(PurePath(self.piece.path).parts) - 1]


def find_pieces(data_set: DataSet, source: Path) -> list[Found]:
    """Look for the pieces of a data set.

    Archives come before folders: what they hold is known to be whole.

    Args:
        data_set: The data set.
        source: Folder of downloads, or of what was unpacked from them.

    Raises:
        DataError: If one that is needed is missing, all that were looked for named; or
            if a folder cannot be read.
    """
    if not source.is_dir():
        raise DataError(
            f"the downloads of {data_set.title}",
            expected=f"a folder at {source}",
            got="a file" if source.exists() else "nothing there",
            remedy=_remedy(data_set),
        )
    try:
        places = list(_folders(source))
        found = [_find(piece, places) for piece in data_set.pieces]
    except OSError as error:
        raise DataError(
            f"{error.filename or source} cannot be read",
            expected="folders and files that can be read",
            got=error.strerror or str(error),
            remedy="Nothing was written.",
        ) from error
    missing = [
        piece
        for piece, place in zip(data_set.pieces, found, strict=True)
        if place is None and piece.needed
    ]
    if missing:
        present = sorted(entry.name for entry in source.iterdir())
        raise DataError(
            f"{source} has not all of {data_set.title}",
            expected="".join(f"\n  {piece.describe()}" for piece in missing) + "\n",
            got=(", ".join(present[:8]) or "an empty folder")
            + (", ..." if len(present) > 8 else ""),
            remedy=_remedy(data_set),
        )
    return [place for place in found if place is not None]


def _remedy(data_set: DataSet) -> str:
    return (
        f"`mmsia prepare --list {data_set.name}` tells where each comes from; nothing "
        "is downloaded, and nothing was written"
    )


def _folders(top: Path, depth: int = _DEPTH) -> Iterator[Path]:
    """A folder and those below it, the higher ones first."""
    level = [top]
    for step in range(depth + 1):
        yield from level
        if step < depth:
            level = sorted(
                entry
                for folder in level
                for entry in folder.iterdir()
                if entry.is_dir() and not entry.name.startswith(".")
            )


def _find(piece: Piece, places: Sequence[Path]) -> Found | None:
    for place in places:
        for pattern in piece.archives:
            packed = sorted(p for p in place.glob(pattern) if is_archive(p))
            if packed:
                return Found(piece, packed[0], packed=True)
    for place in places:
        folder = place / piece.path
        if folder.is_dir() and not piece.lacks(names_below(folder)):
            return Found(piece, folder, packed=False)
    return None


def names_below(folder: Path) -> Iterator[str]:
    """Paths of the files below a folder, with slashes; links are followed.

    Args:
        folder: The folder.
    """
    for place, _, files in os.walk(folder, followlinks=True):
        above = Path(place).relative_to(folder)
        for name in files:
            yield (above / name).as_posix()


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of an archive that can be opened."""
    name = path.name.lower()
    return path.is_file() and name.endswith(ARCHIVES)


ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""Ends of names of archives that are opened."""
