"""What an annotation file tells of: counts of each kind, and images that must be there.

An image that ends early is told from a whole one by the mark at its end; where there is
none, it is decoded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mmsia.datasets.preparing.pieces import Expected
from mmsia.errors import DataError
from mmsia.files import read_json

_TAIL = 4096
_ENDS = (b"\xff\xd9", b"IEND")
"""Marks of the end of a JPEG and of a PNG; some bytes may follow."""
_NAMED = 3
_CHUNK = 512


@dataclass(frozen=True)
class Survey:
    """An annotation file.

    Attributes:
        path: The file.
        counts: How many there are of each kind.
        images: Their file names, as the file says.
    """

    path: Path
    counts: dict[str, int]
    images: list[str]


def survey(path: Path) -> Survey:
    """Read an annotation file in COCO's structure and count.

    `labelled_keypoints` have v > 0, `visible_keypoints` v = 2; `annotated_images` have
    at least one that is labelled.

    Args:
        path: The file; without annotations, as for a test set, only images count.

    Raises:
        DataError: If it is truncated or has another structure.
    """
    stored = read_json(path)
    try:
        images = [str(image["file_name"]) for image in stored["images"]]
        entries = stored.get("annotations", [])
        flags = [entry.get("keypoints", ())[2::3] for entry in entries]
        lengths = np.array([len(each) for each in flags], np.int64)
        seen = np.fromiter(chain.from_iterable(flags), np.float64, lengths.sum())
        owners = np.array([int(entry["image_id"]) for entry in entries], np.int64)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path}",
            expected="images with a `file_name`, annotations with an `image_id`",
            got=f"{type(error).__name__}: {error}",
            remedy="Fetch or unpack it again.",
        ) from error
    labelled = np.repeat(owners, lengths)[seen > 0]
    return Survey(
        path,
        {
            "images": len(images),
            "annotated_images": len(np.unique(labelled)),
            "instances": len(entries),
            "labelled_keypoints": len(labelled),
            "visible_keypoints": int((seen == 2).sum()),
        },
        images,
    )


def differences(counts: dict[str, int], expected: Expected) -> list[str]:
    """In what counts are not those that were published.

    Args:
        counts: Of `survey`.
        expected: The published ones.
    """
    return [
        f"{counts[kind]} {kind.replace('_', ' ')}, not {number} ({expected.source})"
        for kind, number in expected.counts.items()
        if counts[kind] != number
    ]


def check_images(
    folder: Path,
    names: Iterable[str],
    owner: Path,
    on_progress: Callable[[int, int], None],
) -> None:
    """Check that images are there, and are whole.

    Args:
        folder: Where they lie.
        names: Below the folder.
        owner: The annotation file that lists them.
        on_progress: Called with images that were looked at and images in all.

    Raises:
        DataError: If some are missing, empty or cut short; the first ones are named.
    """
    paths = [folder / name for name in dict.fromkeys(names)]
    missing: list[Path] = []
    damaged: list[Path] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(paths), _CHUNK):
            part = paths[start : start + _CHUNK]
            for path, fault in zip(part, pool.map(_fault, part), strict=True):
                if fault is not None:
                    (missing if fault == "missing" else damaged).append(path)
            on_progress(start + len(part), len(paths))
    if missing or damaged:
        raise DataError(
            f"images of {owner}",
            expected=f"{len(paths)} whole images in {folder}",
            got="; ".join(
                f"{len(those)} {what}: {_names(those, folder)}"
                for what, those in (("missing", missing), ("damaged", damaged))
                if those
            ),
            remedy="Fetch or unpack them again, then run the same command again",
        )


def _names(paths: Sequence[Path], folder: Path) -> str:
    names = [path.relative_to(folder).as_posix() for path in paths[:_NAMED]]
    return ", ".join(names) + (", ..." if len(paths) > _NAMED else "")


def _fault(path: Path) -> str | None:
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL))
            tail = file.read()
        if any(mark in tail for mark in _ENDS):
            return None
        with Image.open(path) as image:
            image.load()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return "damaged"
    return None
