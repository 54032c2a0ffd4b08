"""Writes hands of any source in the layout of MMPose's PanopticHand2DDataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from mmsia.datasets.simulated.hands_skeleton import KEYPOINTS, LINKS
from mmsia.errors import DataError
from mmsia.files import read_json, write_json


@dataclass(frozen=True)
class Hand:
    """One labelled hand of one image.

    Attributes:
        file_name: Of the image, below the data folder, with slashes.
        size: (w, h) of the image, pixels.
        keypoints: (21, 3) pixels and whether the point is labelled, in the order of
            `hands_skeleton.KEYPOINTS`.
        sequence: What the frame was taken with, if known.
        left: Whether it is a left hand, if known.
    """

    file_name: str
    size: tuple[int, int]
    keypoints: np.ndarray
    sequence: str | None = None
    left: bool | None = None


def write_hands_file(path: Path, hands: Iterable[Hand], description: str) -> int:
    """Write an annotation file; ids follow the file names' order.

    Args:
        path: The file; one that exists and says something else is left alone.
        hands: In any order.
        description: What they are.

    Returns:
        How many hands it has.

    Raises:
        DataError: If such a file exists, there is no hand, or a hand has no label.
    """
    ordered = sorted(hands, key=lambda hand: hand.file_name)
    if not ordered:
        raise DataError(f"{path}", expected="hands to write", got="none")
    skeleton = [[start + 1, end + 1] for start, end in LINKS]
    category = {"id": 1, "name": "hand", "supercategory": "hand"}
    content = {
        "info": {"description": description, "version": "1"},
        "licenses": "",
        "images": [_image(number, hand) for number, hand in enumerate(ordered, 1)],
        "annotations": [
            _annotation(number, hand) for number, hand in enumerate(ordered, 1)
        ],
        "categories": [
            {**category, "keypoints": list(KEYPOINTS), "skeleton": skeleton}
        ],
    }
    if path.exists() and not _says(path, content):
        raise DataError(
            f"{path} is there already and says something else",
            remedy="Move it away to write it again.",
        )
    write_json(path, content)
    return len(ordered)


def _says(path: Path, content: Any) -> bool:
    try:
        return read_json(path) == content
    except DataError:
        return False


def list_images(folder: Path, pattern: str) -> list[Path]:
    """Images of a download, in order.

    Args:
        folder: Where they lie.
        pattern: Of their paths below it.

    Raises:
        DataError: If the folder is missing or has no such file.
    """
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if not found:
        raise DataError(
            f"{folder}",
            expected=f"a folder with {pattern}",
            got="no such file" if folder.is_dir() else "no such folder",
            remedy="Unpack the download there.",
        )
    return found


def image_size(path: Path) -> tuple[int, int]:
    """(w, h) of an image file, from its header.

    Raises:
        DataError: If it is no image.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}", expected="an image", got=str(error)) from error


def check_keypoints(values: Any, source: object) -> np.ndarray:
    """Labels of a hand as an array.

    Args:
        values: 21 triples: x, y and a number above 0 where the point is labelled.
        source: What to name if they are not.

    Returns:
        (21, 3) float64, the last column 0 or 1.

    Raises:
        DataError: Another shape, or labelled points that are no numbers.
    """
    try:
        points = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.shape != (21, 3):
        raise DataError(
            f"labels of {source}",
            expected="21 points of x, y and whether they are labelled",
            got=f"an array of {points.shape}" if points.size else "no such array",
        )
    points[:, 2] = points[:, 2] > 0
    if not np.isfinite(points[points[:, 2] > 0]).all():
        raise DataError(f"labels of {source}", expected="numbers", got="NaN")
    points[points[:, 2] == 0] = 0
    return points


def _image(number: int, hand: Hand) -> dict[str, Any]:
    width, height = hand.size
    entry = {"id": number, "file_name": hand.file_name}
    entry |= {"width": width, "height": height}
    return entry if hand.sequence is None else {**entry, "sequence": hand.sequence}


def _annotation(number: int, hand: Hand) -> dict[str, Any]:
    labelled = hand.keypoints[hand.keypoints[:, 2] > 0, :2]
    if not len(labelled):
        raise DataError(f"labels of {hand.file_name}", expected="some", got="none")
    low, high = labelled.min(axis=0), labelled.max(axis=0)
    annotation = {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "keypoints": _numbers(hand.keypoints.ravel()),
        "num_keypoints": len(labelled),
        "bbox": _numbers([*low, *(high - low)]),
        "area": float(np.prod(high - low)),
        "iscrowd": 0,
        "segmentation": [],
    }
    if hand.left is not None:
        annotation["hand_type"] = "left" if hand.left else "right"
    return annotation


def _numbers(values: Sequence[float] | np.ndarray) -> list[float]:
    return [float(value) for value in values]
