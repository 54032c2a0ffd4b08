"""Annotations of Pascal3D+ and ObjectNet3D in COCO's form, of the paper's categories.

Images without an object of these are left out. Pascal3D+ has an image with each class
that it shows, annotated for that class alone: the files are joined here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mmsia.datasets.hand_layout import image_size
from mmsia.datasets.object_skeletons import PASCAL3D, TABLE5
from mmsia.datasets.objects_convert import category_of, entry_of, read_objects
from mmsia.datasets.origin import DESCRIPTION, says_simulated
from mmsia.datasets.preparing.pieces import Progress
from mmsia.errors import DataError
from mmsia.files import write_json
from mmsia.workers import worker_pool

OBJECTNET3D = tuple(name for name in TABLE5.values() if name is not None)
"""Categories of Table 5 that ObjectNet3D has, in its order."""

_VOC_LISTS = "PASCAL/VOCdevkit/VOC2012/ImageSets/Main"
_NOT_SHOWN = "-1"
_CHUNK = 64
_FEW = 4 * _CHUNK
"""Images that are sooner read here than processes are started."""


@dataclass(frozen=True)
class Sheet:
    """A `.mat` of an image, and what is taken from it.

    Attributes:
        image: Of the image file, below the data folder.
        annotation: Of the `.mat`, below the data folder.
        names: Categories that it annotates.
        key: Sheets with the same one show the same picture.
    """

    image: str
    annotation: str
    names: tuple[str, ...]
    key: str


def convert_pascal3d_folder(
    folder: Path, workers: int, on_progress: Progress
) -> list[Path]:
    """Write `annotations/objects_<split>.json` of the twelve categories.

    Args:
        folder: Data folder with the release.
        workers: Processes.
        on_progress: Told how many `.mat` files are read.

    Returns:
        The files.

    Raises:
        DataError: A file that is missing, damaged, or without annotated images.
    """
    names = sorted(PASCAL3D)
    models = {name: folder / "CAD" / f"{name}.mat" for name in names}
    write = partial(_write_splits, folder, names, models)
    return write(partial(_pascal3d_sheets, folder), workers, on_progress)


def convert_objectnet3d_folder(
    folder: Path, workers: int, on_progress: Progress
) -> list[Path]:
    """Write `annotations/objects_<split>.json` of Table 5's categories.

    Args:
        folder: Data folder with the release.
        workers: Processes.
        on_progress: Told how many `.mat` files are read.

    Returns:
        The files.

    Raises:
        DataError: A file that is missing, damaged, or without annotated images.
    """
    models = {n: folder / "CAD" / "mat" / f"{n}.mat" for n in OBJECTNET3D}
    # Of a category without models there must be no objects: `_entries` checks it.
    names = [name for name in OBJECTNET3D if models[name].is_file()]
    write = partial(_write_splits, folder, names, models)
    return write(partial(_objectnet3d_sheets, folder), workers, on_progress)


def _pascal3d_sheets(folder: Path, split: str) -> Iterator[Sheet]:
    # paper silent: what it trains on. PASCAL's training images and, as in other work,
    # all those of ImageNet; tested is on PASCAL's validation images.
    lists = [("pascal", "jpg", f"{_VOC_LISTS}/{{}}_{split}.txt")]
    if split == "train":
        lists += [
            ("imagenet", "JPEG", f"Image_sets/{{}}_imagenet_{part}.txt")
            for part in ("train", "val")
        ]
    for origin, ending, pattern in lists:
        for name in sorted(PASCAL3D):
            for number in _listed(folder / pattern.format(name)):
                stem = f"{name}_{origin}/{number}"
                yield Sheet(
                    f"Images/{stem}.{ending}",
                    f"Annotations/{stem}.mat",
                    (name,),
                    f"{origin}/{number}",
                )


def _objectnet3d_sheets(folder: Path, split: str) -> Iterator[Sheet]:
    for number in _listed(folder / "Image_sets" / f"{split}.txt"):
        image, annotation = f"Images/{number}.JPEG", f"Annotations/{number}.mat"
        yield Sheet(image, annotation, OBJECTNET3D, number)


def _listed(path: Path) -> list[str]:
    """Images of a list, without those that are listed as showing no such object."""
    if not path.is_file():
        return []
    lines = (line.split() for line in path.read_text().splitlines())
    return [words[0] for words in lines if words and _NOT_SHOWN not in words[1:]]


def _write_splits(
    folder: Path,
    names: Sequence[str],
    models: dict[str, Path],
    sheets_of: Callable[[str], Iterable[Sheet]],
    workers: int,
    on_progress: Progress,
) -> list[Path]:
    categories = [
        category_of(name, number, models[name])
        for number, name in enumerate(names, start=1)
    ]
    paths = []
    for split in ("train", "val", "test"):
        sheets = [s for s in sheets_of(split) if _is_there(folder, s)]
        tell = partial(on_progress, f"objects, {split}")
        content = _content(folder, sheets, categories, workers, tell)
        if content["images"]:
            paths.append(folder / "annotations" / f"objects_{split}.json")
            write_json(paths[-1], content)
    if not paths:
        raise DataError(
            f"lists of images in {folder}",
            expected="annotated images of the parts train, val or test",
            got="none",
        )
    return paths


def _is_there(folder: Path, sheet: Sheet) -> bool:
    """False: listed, but not annotated, as some of both releases are.

    Raises:
        DataError: An annotation without its image.
    """
    if not (folder / sheet.annotation).is_file():
        return False
    if not (folder / sheet.image).is_file():
        raise DataError(
            f"{folder / sheet.annotation} has no image",
            expected=f"{folder / sheet.image}",
            got="nothing there",
            remedy="Unpack the images again.",
        )
    return True


def _content(
    folder: Path,
    sheets: Sequence[Sheet],
    categories: list[dict[str, Any]],
    workers: int,
    tell: Callable[[int, int], None],
) -> dict[str, Any]:
    by_name = {category["name"]: category for category in categories}
    images: dict[str, dict[str, Any]] = {}
    entries: list[tuple[str, dict[str, Any]]] = []
    found = _read_all(folder, sheets, workers, tell)
    for sheet, (size, objects) in zip(sheets, found, strict=True):
        if not objects:
            continue
        image = {"file_name": sheet.image, "width": size[0], "height": size[1]}
        images.setdefault(sheet.key, image)
        made = _entries(objects, by_name, folder / sheet.annotation)
        entries += [(sheet.key, entry) for entry in made]
    numbers = {key: number for number, key in enumerate(sorted(images), start=1)}
    entries.sort(key=lambda pair: numbers[pair[0]])
    return {
        "info": {"description": _description(folder, sheets), "version": "1"},
        "licenses": [],
        "images": [{"id": numbers[key], **images[key]} for key in numbers],
        "annotations": [
            {"id": number, "image_id": numbers[key], **entry}
            for number, (key, entry) in enumerate(entries, start=1)
        ],
        "categories": categories,
    }


def _description(folder: Path, sheets: Sequence[Sheet]) -> str:
    """The data set's name, with who made it if that was mmsia."""
    if any(says_simulated(folder / sheet.annotation) for sheet in sheets):
        return f"{DESCRIPTION} objects, {folder.name}"
    return folder.name


def _entries(
    objects: Sequence[dict[str, Any]],
    categories: Mapping[str, dict[str, Any]],
    path: Path,
) -> list[dict[str, Any]]:
    lacking = sorted({each["class"] for each in objects} - set(categories))
    if lacking:
        raise DataError(
            f"{path} has objects without models",
            expected=f"CAD files of {', '.join(lacking)}, which name the keypoints",
            got=f"those of {', '.join(categories) or 'none'}",
            remedy="Unpack the models again.",
        )
    try:
        return [entry_of(each, categories[each["class"]]) for each in objects]
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


_Read = tuple[tuple[int, int], list[dict[str, Any]]]


def _read_all(
    folder: Path,
    sheets: Sequence[Sheet],
    workers: int,
    tell: Callable[[int, int], None],
) -> list[_Read]:
    """(w, h) and objects of each sheet, in order."""
    chunks = [sheets[i : i + _CHUNK] for i in range(0, len(sheets), _CHUNK)]
    read = partial(_read_chunk, folder)
    found: list[_Read] = []
    if workers == 1 or len(sheets) <= _FEW:
        for chunk in chunks:
            found += read(chunk)
            tell(len(found), len(sheets))
        return found
    with worker_pool(workers) as pool:
        for part in pool.map(read, chunks):
            found += part
            tell(len(found), len(sheets))
    return found


def _read_chunk(folder: Path, sheets: Sequence[Sheet]) -> list[_Read]:
    return [
        (
            image_size(folder / sheet.image),
            read_objects(folder / sheet.annotation, sheet.names),
        )
        for sheet in sheets
    ]
