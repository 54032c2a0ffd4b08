"""A data folder's manifest: the digest of each of its files, written last.

A folder with a manifest is whole or not, and an altered file is named before anything
is computed from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file, write_json

MANIFEST = "manifest.json"
SCHEMA = 1


def write_manifest(folder: Path, files: Iterable[Path]) -> Path:
    """Write the manifest of a folder, adding to one that is there.

    Args:
        folder: The data folder.
        files: Files below it.
    """
    path = folder / MANIFEST
    known = _read(path) if path.is_file() else {}
    known |= {f.relative_to(folder).as_posix(): sha256_file(f) for f in files}
    write_json(path, {"schema": SCHEMA, "files": dict(sorted(known.items()))})
    return path


def check_manifest(folder: Path, below: str = "") -> bool:
    """Compare a folder with its manifest.

    Args:
        folder: The data folder.
        below: Only files whose path begins so.

    Returns:
        False if there is no manifest, True if all is as it says.

    Raises:
        DataError: If files are missing or altered; the first ones are named.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return False
    missing, altered = [], []
    for name, digest in _read(path).items():
        if not name.startswith(below):
            continue
        file = folder / name
        if not file.is_file():
            missing.append(name)
        elif sha256_file(file) != digest:
            altered.append(name)
    if missing or altered:
        raise DataError(
            f"the data in {folder}",
            expected=f"the files of {path}, unchanged",
            got="; ".join(
                f"{len(names)} {what}: {', '.join(names[:3])}"
                f"{', ...' if len(names) > 3 else ''}"
                for what, names in (("missing", missing), ("altered", altered))
                if names
            ),
            remedy="Fetch or make them again; nothing is skipped silently",
        )
    return True


def _read(path: Path) -> dict[str, str]:
    record = read_json(path)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise DataError(f"{path}", expected=f"a manifest of schema {SCHEMA}")
    return record["files"]
