"""COCO's objects of all categories, checked before detections are scored on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.coco_keypoints import check_lists, check_unique, index_images
from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file


@dataclass(frozen=True)
class CocoObjects:
    """The objects of a checked annotation file.

    Attributes:
        path: Where it was read from.
        digest: SHA-256 of it.
        sizes: Image -> [h, w].
        categories: Number -> name.
        num_objects: Image -> objects in it, crowds not counted.
        dataset: The json, for COCO's evaluation.
    """

    path: Path
    digest: str
    sizes: dict[int, list[int]]
    categories: dict[int, str]
    num_objects: dict[int, int]
    dataset: dict[str, Any]


def load_coco_objects(path: Path | str) -> CocoObjects:
    """Read and check an `instances_*.json`, or objects with keypoints.

    Args:
        path: The file.

    Raises:
        DataError: If it is missing or has no images or categories, or an object in it
            has no image, category, box, area or an id that is not its own.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"no annotation file at {path}",
            expected="a COCO json with objects",
            got="a folder" if path.is_dir() else "nothing",
        )
    content = read_json(path)
    check_lists(content, path)
    images = index_images(content["images"], path)
    sizes = {key: [image["height"], image["width"]] for key, image in images.items()}
    listed = content.get("categories") or []
    categories = {entry.get("id"): entry.get("name") for entry in listed}
    if not categories or None in categories or None in categories.values():
        raise DataError(
            f"categories of {path}",
            expected="an id and a name each, and one at least",
            got=f"{len(listed)} entries",
        )
    check_unique((entry.get("id") for entry in content["annotations"]), "object", path)
    counts = dict.fromkeys(sizes, 0)
    objects = []
    for entry in content["annotations"]:
        _check(entry, sizes, categories, path)
        objects.append({**entry, "iscrowd": int(entry.get("iscrowd", 0))})
        counts[entry["image_id"]] += not entry.get("iscrowd", 0)
    dataset = {
        "images": list(images.values()),
        "annotations": objects,
        "categories": [{"id": n, "name": name} for n, name in categories.items()],
    }
    return CocoObjects(path, sha256_file(path), sizes, categories, counts, dataset)


def _check(
    entry: Mapping[str, Any],
    sizes: Mapping[int, Any],
    categories: Mapping[int, str],
    path: Path,
) -> None:
    box = np.asarray(entry.get("bbox", ()), dtype=np.float64)
    area = entry.get("area")
    fine = (
        entry["id"] != 0
        and entry.get("image_id") in sizes
        and entry.get("category_id") in categories
        and box.shape == (4,)
        and np.isfinite(box).all()
        and isinstance(area, int | float)
        and np.isfinite(area)
    )
    if not fine:
        raise DataError(
            f"annotation {entry['id']} of {path}",
            expected="an image and a category of the file, a box of four numbers, an "
            "area, and an id that is not 0",
            got=f"image {entry.get('image_id')!r}, category "
            f"{entry.get('category_id')!r}, box {entry.get('bbox')!r}, area {area!r}",
            remedy="Correct the entry or leave the annotation out",
        )
