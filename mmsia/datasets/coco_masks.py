"""COCO's masks of people, read once and checked before anything is scored on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.coco_keypoints import (
    PERSON_CATEGORY,
    check_lists,
    check_unique,
    index_images,
)
from mmsia.errors import DataError
from mmsia.files import read_json

_LEAST_NUMBERS = 6
"""Of a polygon, three points."""


@dataclass(frozen=True)
class CocoMasks:
    """The people of a checked annotation file.

    Attributes:
        path: Where it was read from.
        sizes: Image -> [h, w].
        num_people: Image -> people in it, crowds not counted.
        dataset: The json with nothing but people, for COCO's evaluation.
    """

    path: Path
    sizes: dict[int, list[int]]
    num_people: dict[int, int]
    dataset: dict[str, Any]


def load_coco_masks(path: Path | str) -> CocoMasks:
    """Read and check an `instances_*.json` or a `person_keypoints_*.json`.

    Args:
        path: The file; of its categories, people are kept.

    Raises:
        DataError: If the file is missing or has no images, or a person in it has no
            image, no outline, no area or an id that is not its own.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"no annotation file at {path}",
            expected="a COCO json with masks of people",
            got="a folder" if path.is_dir() else "nothing",
        )
    content = read_json(path)
    check_lists(content, path)
    images = index_images(content["images"], path)
    sizes = {key: [image["height"], image["width"]] for key, image in images.items()}
    people = [
        {**annotation, "iscrowd": int(annotation.get("iscrowd", 0))}
        for annotation in content["annotations"]
        if annotation.get("category_id") == PERSON_CATEGORY
    ]
    check_unique((person.get("id") for person in people), "annotation", path)
    num_people = dict.fromkeys(sizes, 0)
    for person in people:
        _check_person(person, sizes, path)
        num_people[person["image_id"]] += not person["iscrowd"]
    category = {"id": PERSON_CATEGORY, "name": "person"}
    dataset = {
        "images": list(images.values()),
        "annotations": people,
        "categories": [category],
    }
    return CocoMasks(path, sizes, num_people, dataset)


def _check_person(
    person: Mapping[str, Any], sizes: Mapping[int, list[int]], path: Path
) -> None:
    where = f"annotation {person['id']} of {path}"
    area, size = person.get("area"), sizes.get(person.get("image_id", -1))
    if person["id"] == 0 or size is None:
        raise DataError(
            where,
            expected="an image of the file and an id that is not 0",
            got=f"image {person.get('image_id')!r}",
            remedy="Correct the entry or leave the annotation out",
        )
    number = isinstance(area, int | float) and bool(np.isfinite(area))
    if not number or not _is_mask(person.get("segmentation"), size):
        raise DataError(
            where,
            expected=f"a finite area, and polygons or run lengths of (h, w) {size}",
            got=f"area {area!r}, segmentation {person.get('segmentation')!r:.60}",
            remedy="Correct the entry or leave the annotation out",
        )


def _is_mask(segmentation: Any, size: list[int]) -> bool:
    if isinstance(segmentation, Mapping):
        return segmentation.get("size") == size and "counts" in segmentation
    return (
        isinstance(segmentation, list)
        and len(segmentation) > 0
        and all(
            isinstance(part, list)
            and len(part) >= _LEAST_NUMBERS
            and len(part) % 2 == 0
            and all(isinstance(number, int | float) for number in part)
            and bool(np.isfinite(part).all())
            for part in segmentation
        )
    )
