"""Is the data of a config there? Asked before the first step, answered in one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmsia.datasets.origin import is_simulated
from mmsia.datasets.wholeness import why_partial
from mmsia.engine.run_config import inner_dataset
from mmsia.errors import DataError
from mmsia.files import read_json

_REMEDY = "Name the folder that holds those of the data sets with --data-root."


def check_data(dataset: Any, key: str) -> None:
    """Check that annotations and images of a COCO-style data set exist.

    Of images in one folder a class, without annotations, the folder is looked for.

    Args:
        dataset: Its config, with `data_root`, `ann_file` and `data_prefix.img`.
        key: Where the config stands, for the message.

    Raises:
        DataError: The annotations, the boxes of a detector that are to be cut out, the
            folder of images or some images are missing.
    """
    dataset = inner_dataset(dataset)
    root = Path(dataset.get("data_root") or "")
    folder = root / dataset.get("data_prefix", {}).get("img", "")
    if "ann_file" not in dataset:
        _check_folder(folder, key)
        return
    annotations = root / dataset.ann_file
    if not annotations.is_file():
        raise DataError(
            f"the annotations of {key} are missing",
            expected=f"the file {annotations}",
            got="nothing there",
            remedy=_REMEDY,
        )
    boxes = dataset.get("bbox_file")
    if boxes and not Path(boxes).is_file():
        raise DataError(
            f"the detected boxes of {key} are missing",
            expected=f"the file {boxes}",
            got="nothing there",
            remedy="Fetch it, or take bbox_file out: annotated boxes are used then.",
        )
    _check_folder(
        folder, key, " Annotations alone give oracle evidence: `mmsia reproduce`."
    )
    missing = missing_images(annotations, folder)
    if missing:
        raise DataError(
            f"images of {key} are missing in {folder}",
            expected=f"every image of {annotations}",
            got=f"{len(missing)} that are not there, the first {missing[0]}",
            remedy="Fetch them; nothing is skipped silently.",
        )


def check_prepared(dataset: Any, *, allow_partial: bool = False) -> tuple[str, ...]:
    """Compare what a data set reads with the manifest of its folder.

    Args:
        dataset: Its config, as `check_data` takes it.
        allow_partial: Go on with data that was not whole when it was prepared.

    Returns:
        Why numbers on it are not those of the whole data set; nothing if they are.

    Raises:
        DataError: If files are missing or altered, or were never whole and that is not
            allowed.
    """
    dataset = inner_dataset(dataset)
    root = Path(dataset.get("data_root") or "")
    read = (*files_of(dataset), *folders_of(dataset))
    return why_partial(root, read, allow_partial=allow_partial)


def is_made(dataset: Any) -> bool:
    """Whether mmsia made what a data set reads.

    Args:
        dataset: Its config, as `check_data` takes it.
    """
    dataset = inner_dataset(dataset)
    return is_simulated(Path(dataset.get("data_root") or ""), files_of(dataset))


def files_of(dataset: Any) -> list[str]:
    """The files that a data set reads beside images, below its folder.

    Args:
        dataset: Its config; of a detector's boxes, MMPose has the whole path.
    """
    boxes = dataset.get("bbox_file") or ""
    below = boxes.removeprefix(dataset.get("data_root") or "")
    named = (dataset.get("ann_file"), dataset.get("split_file"), below)
    return [file for file in named if file]


def folders_of(dataset: Any) -> tuple[str, ...]:
    """The folders that a data set reads beside its annotations, below its own.

    Args:
        dataset: Its config; without `data_prefix`, all of the folder.
    """
    return tuple((dataset.get("data_prefix") or {}).values()) or ("",)


def _check_folder(folder: Path, key: str, more: str = "") -> None:
    if not folder.is_dir():
        raise DataError(
            f"the images of {key} are missing",
            expected=f"the folder {folder}",
            got="nothing there",
            remedy=_REMEDY + more,
        )


def missing_images(annotations: Path, folder: Path) -> list[str]:
    """List the images that annotations name and a folder does not hold.

    Args:
        annotations: COCO json file.
        folder: Where the images should be.

    Raises:
        DataError: Annotations that are no COCO json or that list no image.
    """
    stored = read_json(annotations)
    images = stored.get("images") if isinstance(stored, dict) else None
    if not images:
        raise DataError(
            f"{annotations} is no COCO annotation file",
            expected="a list of images under `images`",
            got="none",
        )
    names = [image["file_name"] for image in images]
    there = {entry.name for entry in os.scandir(folder)}
    # Names with a folder in front are rare; those are looked up one by one.
    return [
        name
        for name in names
        if name not in there and not ("/" in name and (folder / name).is_file())
    ]
