"""Did mmsia make this data? One answer, for all that says so beside a number.

`mmsia simulate` leaves a mark in the folder that it writes, and `mmsia prepare` carries
it on in the manifest. Annotations say so themselves too, so that a copy of one file is
known without its folder.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path

from mmsia.datasets.manifest import read_manifest

DESCRIPTION = "mmsia simulated"
"""Begins `info.description` of made files in COCO's structure."""
SEQUENCE = "ROM00_Simulated"
"""What made frames of two hands are of, in annotations and in the index of crops."""
MAT_HEADER = "MATLAB 5.0 MAT-file, simulated by mmsia"
"""Begins made `.mat` files."""

_WORDS = tuple(word.encode() for word in (DESCRIPTION, SEQUENCE, MAT_HEADER))


def is_simulated(folder: Path, read: Iterable[str | Path] = ()) -> bool:
    """Whether mmsia made what lies in a data folder, or files that are read of it.

    Args:
        folder: The data folder.
        read: Annotation files; relative ones are below it.

    Raises:
        DataError: If its manifest is none.
    """
    if any(folder.glob("simulated_*.json")):
        return True
    manifest = read_manifest(folder)
    if manifest is not None and manifest.about.simulated:
        return True
    return any(says_simulated(folder / file) for file in read)


def says_simulated(path: Path) -> bool:
    """Whether an annotation file itself says that mmsia made it.

    It is searched, not parsed: some have hundreds of megabytes.

    Args:
        path: The file; one that is not there says nothing.
    """
    if not path.is_file() or not path.stat().st_size:
        return False
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return any(content.find(word) >= 0 for word in _WORDS)


def stand_in_name(name: str) -> str:
    """What made data is called where a real set is looked for.

    Args:
        name: The real one.
    """
    return f"simulated data in the place of {name}"
