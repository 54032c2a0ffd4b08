"""Archives of others, opened so that nothing lands outside of the folder meant for it.

All members are looked at before the first byte is written: a name that leaves the
folder, a link, a device, a sparse or encrypted file, the same name twice, or more bytes
than the caller allows refuse the archive as a whole. Members are read up to the size
that they declare, and are written whole or not at all.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from mmsia.errors import DataError, UnsafeFileError

PART = 1 << 22
"""Bytes of a member that are read at a time."""

_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1
_BLOCK = 512
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
)
"""What the libraries raise on a file that ends early or is no archive."""


@dataclass(frozen=True)
class Member:
    """A file of an archive.

    Attributes:
        name: Its path in the archive, with slashes.
        size: Bytes, as it declares.
    """

    name: str
    size: int


def list_members(path: Path, limit: int | None = None) -> list[Member]:
    """The files of an archive, if every one of its members is harmless.

    Args:
        path: A zip or tar file, the latter also compressed.
        limit: Bytes that all of them may declare together; None: any number.

    Raises:
        UnsafeFileError: A member that is not harmless, or more bytes than allowed.
        DataError: A file that cannot be read to its end.
    """
    with _told(path):
        zipped = path.name.lower().endswith(".zip")
        found = _zip_members(path) if zipped else _tar_members(path)
        members, names, total = [], set(), 0
        for member in found:
            if member.name in names:
                _refuse(path, member.name, "the same name twice")
            names.add(member.name)
            members.append(member)
            total += member.size
            if limit is not None and total > limit:
                raise UnsafeFileError(
                    f"{path} would unpack to more than there is room for",
                    expected=f"{limit / 1e9:.3g} GB at most",
                    got=f"{total / 1e9:.3g} GB and more, up to {member.name}",
                    remedy="Free space, or name another folder; nothing was written.",
                )
        return members


def read_members(path: Path, wanted: set[str]) -> Iterator[tuple[Member, IO[bytes]]]:
    """Open members one after the other, in the archive's order.

    Args:
        path: An archive that `list_members` took.
        wanted: Names of members.

    Yields:
        A member, and a stream that is valid until the next one.

    Raises:
        DataError: A file that cannot be read to its end.
    """
    with _told(path):
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    name = _plain(info.filename)
                    if name in wanted and not info.is_dir():
                        with archive.open(info) as stream:
                            yield Member(name, info.file_size), stream
            return
        with _open_tar(path) as (tar, _):
            for entry in tar:
                name = _plain(entry.name)
                if entry.isreg() and name in wanted:
                    stream = tar.extractfile(entry)
                    if stream is not None:
                        yield Member(name, entry.size), stream


def read_parts(path: Path, member: Member, stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a member, in parts.

    Args:
        path: The archive.
        member: The member.
        stream: Its stream of `read_members`.

    Raises:
        DataError: If it ends before its declared size, or its checksum is wrong.
    """
    left = member.size
    with _told(path, member.name):
        while left:
            part = stream.read(min(PART, left))
            if not part:
                raise EOFError(f"{left} bytes of {member.name} are missing")
            left -= len(part)
            yield part
        # zipfile compares checksums once it is asked for what lies behind the end.
        if stream.read(1):
            raise ValueError(f"{member.name} is longer than it declares")


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            _check_name(path, info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                _refuse(path, info.filename, "a link or a device")
            if info.flag_bits & _ENCRYPTED:
                _refuse(path, info.filename, "an encrypted file")
            if not info.is_dir():
                yield Member(_plain(info.filename), info.file_size)


def _tar_members(path: Path) -> Iterator[Member]:
    with _open_tar(path) as (tar, file):
        for entry in tar:
            _check_name(path, entry.name)
            if entry.isdir():
                continue
            if not entry.isreg() or entry.issparse():
                what = "a link" if entry.issym() or entry.islnk() else "a device"
                _refuse(path, entry.name, "a sparse file" if entry.isreg() else what)
            yield Member(_plain(entry.name), entry.size)
        # tarfile takes a damaged header, and a missing one, for the end.
        if len(file.last) < _BLOCK or file.last.strip(b"\0"):
            raise EOFError("it ends without the mark of an end")


class _Watched:
    """A file that remembers what was last read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        self.last = self._file.read(size)
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def _open_tar(path: Path) -> Iterator[tuple[tarfile.TarFile, _Watched]]:
    ending = path.name.lower().rpartition(".")[2]
    openers = {"gz": gzip.open, "tgz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    with openers.get(ending, open)(path, "rb") as file:
        watched = _Watched(file)
        with tarfile.open(fileobj=watched, mode="r:") as tar:  # type: ignore[call-overload]
            yield tar, watched


def _plain(name: str) -> str:
    """One way to write a name: tar may put `./` before it."""
    return str(PurePosixPath(name))


def _check_name(path: Path, name: str) -> None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or _DRIVE.match(name):
        _refuse(path, name, "an absolute path")
    if ".." in parts or "\\" in name or "\0" in name:
        _refuse(path, name, "a path that can leave the folder")


def _refuse(path: Path, name: str, what: str) -> NoReturn:
    raise UnsafeFileError(
        f"{path} is refused",
        expected="files and folders below one folder, each once",
        got=f"{what}: {name!r}",
        remedy="Nothing was written. Fetch the archive from its publishers again.",
    )


@contextmanager
def _told(path: Path, member: str = "") -> Iterator[None]:
    try:
        yield
    except (OSError, *_DAMAGED) as error:
        raise DataError(
            f"{path} cannot be read{f' at {member}' if member else ''}",
            expected="a whole archive",
            got=f"{type(error).__name__}: {error}",
            remedy="It is truncated or damaged: fetch it again.",
        ) from error
