"""Where a split of crops lies, while it is being made and when it is whole.

While it is being made, a split lies in `.interhand_<split>/`: `about.json` says of
what, `crops/` holds the files, each whole, `records/` the digests of finished chunks.
At the end `crops/` becomes `prepared/<split>/`, its index and the manifest are written,
and this folder goes: until then the split is not whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.datasets.digests import CACHE
from mmsia.datasets.manifest import MANIFEST, check_manifest
from mmsia.errors import DataError
from mmsia.files import read_json, remove_leftovers, sha256_file

FOLDERS = ("img", "mask", "dense", "anno")


@dataclass(frozen=True)
class SplitFolder:
    """Where the files of a split are while it is being made, and afterwards.

    Attributes:
        target: The data folder.
        split: Name of the split.
    """

    target: Path
    split: str

    @property
    def staging(self) -> Path:
        """What there is until the split is whole."""
        return self.target / f".interhand_{self.split}"

    @property
    def final(self) -> Path:
        """The whole split."""
        return self.target / "prepared" / self.split

    @property
    def index(self) -> Path:
        """The index of the whole split, which tells of what it was made."""
        return self.target / "prepared" / f"{self.split}.json"

    @property
    def about(self) -> Path:
        """What an unfinished split is being made of."""
        return self.staging / "about.json"

    @property
    def crops(self) -> Path:
        """Where the crops are now."""
        return self.final if self.final.is_dir() else self.staging / "crops"

    def record(self, chunk: int) -> Path:
        """The record of a chunk."""
        return self.staging / "records" / f"{chunk:06d}.json"

    def is_made(self, chunk: int) -> bool:
        """Whether a chunk is finished and its files have not changed since."""
        path = self.record(chunk)
        if not path.is_file():
            return False
        crops = self.crops
        return all(
            (crops / name).is_file() and sha256_file(crops / name) == digest
            for name, digest in read_json(path)["files"].items()
        )

    def publish(self) -> None:
        """Put the crops where they belong, if they are not there already."""
        if not self.final.is_dir():
            self.final.parent.mkdir(parents=True, exist_ok=True)
            self.crops.rename(self.final)

    def close(self) -> None:
        """Remove what there is beside a whole split; in one step it is gone."""
        done = self.staging.with_name(f"{self.staging.name}.done")
        shutil.rmtree(done, ignore_errors=True)
        self.staging.rename(done)
        shutil.rmtree(done, ignore_errors=True)

    def clean(self) -> None:
        """Remove the temporary files of a run that was killed."""
        staged = (f"crops/{name}" for name in FOLDERS)
        for place in (".", "records", *staged):
            remove_leftovers(self.staging / place)
        remove_leftovers(self.index.parent, f"{self.index.name}.*")
        for name in (MANIFEST, CACHE):
            remove_leftovers(self.target, f"{name}.*")


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Hold a data folder's lock, which the kernel gives back even after a kill.

    Raises:
        DataError: Another run holds it, or the folder cannot be made.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_RDONLY)
    except OSError as error:
        raise DataError(
            f"cannot write into {target}",
            expected="a writable folder with free space",
            got=error.strerror or str(error),
            remedy="Free space there, or choose another, and run the same again.",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"hands are being prepared in {target}",
                expected="one run at a time",
                got="another one at work",
                remedy="Wait for it; the same command then does what is left.",
            ) from error
        yield
    finally:
        os.close(descriptor)


def counts_if_whole(
    folder: SplitFolder, about: Mapping[str, Any]
) -> dict[str, int] | None:
    """Counts of a split that is whole; None if it is to be made or completed.

    Args:
        folder: The split's.
        about: What decides its files.

    Raises:
        DataError: What is there is of other data, was altered or is not known.
    """
    index = _read(folder.index)
    made: dict[str, Any] = index.get("source") or {}
    begun = _read(folder.about)
    if not made and not begun and (folder.final.exists() or folder.index.exists()):
        raise DataError(
            f"{folder.final}",
            expected="no such folder, or one that was prepared here",
            got="something else",
            remedy="Choose another folder, or remove this one and its index.",
        )
    for path, known in ((folder.index, made), (folder.about, begun)):
        differing = [key for key in about if known and known.get(key) != about[key]]
        if differing:
            raise DataError(
                f"{path} tells of other data",
                expected=", ".join(f"{key} {about[key]}" for key in differing),
                got=", ".join(f"{key} {known.get(key)}" for key in differing),
                remedy=f"Choose another folder, or remove {folder.staging}, "
                f"{folder.final} and {folder.index}.",
            )
    if not made or folder.staging.is_dir():
        return None
    below = folder.final.relative_to(folder.target).as_posix()
    if not check_manifest(folder.target, below):
        raise DataError(
            f"{folder.target}",
            expected="the manifest that was written with the crops",
            got="none",
            remedy=f"Remove {folder.final} and {folder.index}, and prepare them again.",
        )
    return index["counts"]


def _read(path: Path) -> dict[str, Any]:
    found = read_json(path) if path.is_file() else {}
    return found if isinstance(found, dict) else {}
