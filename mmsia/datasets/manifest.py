"""A data folder's manifest: what it holds and the digest of each file, written last.

A folder with a manifest is whole or not, and a missing, cut or altered file is
named before anything is computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mmsia.datasets.digests import digest_files
from mmsia.errors import DataError
from mmsia.files import read_json, write_json

MANIFEST = "manifest.json"
UNFINISHED = ".preparing"
"""Mark of a folder that is being prepared, or was until that failed."""
SCHEMA = 2
_NAMED = 3


@dataclass(frozen=True)
class About:
    """What a manifest says beside its files.

    Attributes:
        data_set: Name of the data set.
        counts: Annotation file -> what there is of each kind.
        partial: Annotation file -> why it is not the data set's whole one; no entry if
            it is.
        unknown: Annotation files whose published counts are not known: theirs were
            learnt when the folder was prepared.
        simulated: Whether mmsia made what the folder was prepared of, or some of it.
    """

    data_set: str | None = None
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    partial: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True)
class Manifest:
    """A manifest that was read.

    Attributes:
        path: The file.
        digests: Name of a file -> SHA-256.
        sizes: Name of a file -> bytes, where they are known.
        about: What else it says.
    """

    path: Path
    digests: Mapping[str, str]
    sizes: Mapping[str, int | None]
    about: About


def write_manifest(
    folder: Path,
    files: Iterable[Path],
    about: About | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    simulated: bool = False,
) -> Path:
    """Write the manifest of a folder.

    Args:
        folder: The data folder.
        files: Files below it.
        about: What else it says. Without it, files are added to those of a manifest
            that is there; with it, the manifest is written anew.
        on_progress: Called with files that are read and files that must be.
        simulated: Whether files are added that mmsia made.

    Raises:
        DataError: If a file is not there or cannot be read.
    """
    path = folder / MANIFEST
    names = [file.relative_to(folder).as_posix() for file in files]
    found = digest_files(folder, names, on_progress)
    if missing := [name for name in names if name not in found]:
        raise DataError(f"{folder}", expected=f"the file {missing[0]}", got="none")
    old = read_manifest(folder) if about is None else None
    digests = dict(sorted({**(old.digests if old else {}), **found}.items()))
    sizes = {**(old.sizes if old else {}), **_sizes(folder, found)}
    told = about or (old.about if old else About())
    record = {
        "schema": SCHEMA,
        **asdict(replace(told, simulated=told.simulated or simulated)),
        "files": digests,
        "sizes": [sizes.get(name) for name in digests],
    }
    write_json(path, record)
    return path


def _sizes(folder: Path, names: Iterable[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in names}


def read_manifest(folder: Path) -> Manifest | None:
    """Read a folder's manifest; None if it has none.

    Args:
        folder: The data folder.

    Raises:
        DataError: A file that is no manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    record = read_json(path)
    try:
        return _parse(path, record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path}",
            expected=f"a manifest of schema 1 to {SCHEMA}",
            got=f"{type(error).__name__}: {error}",
            remedy="Prepare the data again.",
        ) from error


def _parse(path: Path, record: Any) -> Manifest:
    if record["schema"] == 1:
        return Manifest(path, dict(record["files"]), {}, About())
    if record["schema"] != SCHEMA:
        raise ValueError(f"schema {record['schema']}")
    return Manifest(
        path,
        record["files"],
        dict(zip(record["files"], record["sizes"], strict=True)),
        About(
            record["data_set"],
            record["counts"],
            record["partial"],
            tuple(record["unknown"]),
            # not in manifests of before it was told
            bool(record.get("simulated", False)),
        ),
    )


def check_manifest(folder: Path, below: str | Iterable[str] = "") -> Manifest | None:
    """Compare a folder with its manifest.

    Args:
        folder: The data folder.
        below: Only files whose path begins so, or in one of several ways.

    Returns:
        The manifest, if all is as it says; None if there is none.

    Raises:
        DataError: If files are missing, cut short or altered, and the first ones are
            named; or if the folder was not prepared to the end.
    """
    if (folder / UNFINISHED).exists():
        raise DataError(
            f"the data in {folder}",
            expected="a folder that was prepared to the end",
            got=f"one with the mark {UNFINISHED}",
            remedy="Run the same `mmsia prepare` again: it completes the folder",
        )
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    starts = (below,) if isinstance(below, str) else tuple(below)
    wanted = [name for name in manifest.digests if name.startswith(starts)]
    found = digest_files(folder, wanted)
    differing: dict[str, list[str]] = {"missing": [], "altered": []}
    for name in wanted:
        digest = found.get(name)
        if digest is None:
            differing["missing"].append(name)
        elif digest != manifest.digests[name]:
            size, was = (folder / name).stat().st_size, manifest.sizes.get(name)
            cut = f" ({size} of {was} bytes)" if was and size < was else ""
            differing["altered"].append(name + cut)
    if any(differing.values()):
        raise DataError(
            f"the data in {folder}",
            expected=f"the files of {manifest.path}, unchanged",
            got="; ".join(
                f"{len(names)} {what}: {', '.join(names[:_NAMED])}"
                f"{', ...' if len(names) > _NAMED else ''}"
                for what, names in differing.items()
                if names
            ),
            remedy=_remedy(manifest),
        )
    return manifest


def _remedy(manifest: Manifest) -> str:
    name = manifest.about.data_set
    if name is None:
        return "Fetch or make them again; nothing is skipped silently"
    return (
        f"`mmsia prepare {name} --src DOWNLOADS --dst {manifest.path.parent.parent}` "
        "puts them back; nothing is skipped silently"
    )
