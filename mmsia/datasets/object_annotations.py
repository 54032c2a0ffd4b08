"""Annotated objects of several categories in COCO's structure, as metrics need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file


@dataclass(frozen=True)
class ObjectAnnotations:
    """The objects of an annotation file; categories have different keypoints.

    Attributes:
        path: The file.
        digest: SHA-256 of it.
        num_images: Images that it lists.
        categories: Name of each category by the file's number.
        links: Pairs of parts of each category; none where the file has no skeleton.
        ids: (A,) numbers of the objects.
        image_ids: (A,) of their images.
        category_ids: (A,) the file's numbers of their categories.
        keypoints: (A, K, 2) pixels of the image, xy; K of the category with most.
        labelled: (A, K) bool.
        boxes: (A, 4) xyxy pixels.
        flags: Name -> (A,) bool, of `FLAGS`.
    """

    path: Path
    digest: str
    num_images: int
    categories: Mapping[int, str]
    links: Mapping[int, tuple[tuple[int, int], ...]]
    ids: np.ndarray
    image_ids: np.ndarray
    category_ids: np.ndarray
    keypoints: np.ndarray
    labelled: np.ndarray
    boxes: np.ndarray
    flags: Mapping[str, np.ndarray]

    def rows_of(
        self,
        image_ids: Iterable[int],
        classes: Iterable[str],
        without: Iterable[str] = (),
    ) -> np.ndarray:
        """Indices of the objects that count, in the order of the file.

        Args:
            image_ids: Numbers of the images.
            classes: Names of the categories.
            without: Flags that none of them may have set.
        """
        names = set(classes)
        numbers = [n for n, name in self.categories.items() if name in names]
        chosen = np.isin(self.image_ids, list(image_ids))
        chosen &= np.isin(self.category_ids, numbers) & self.labelled.any(axis=1)
        for flag in without:
            chosen &= ~self.flags[flag]
        return np.flatnonzero(chosen)


FLAGS = ("truncated", "occluded", "difficult")
"""What Pascal3D+ says of an object beside its place; 0 where a file does not."""


def load_object_annotations(path: Path) -> ObjectAnnotations:
    """Read and check an annotation file.

    Args:
        path: In COCO's structure; each category lists its keypoints, each object has
            (x, y, v) for each of its category's.

    Raises:
        DataError: If it is missing, has another structure, or lists no object.
    """
    stored = read_json(path)
    try:
        return _parse(path, stored)
    except (KeyError, TypeError, ValueError) as error:
        raise _unlike(path, f"{type(error).__name__}: {error}") from error


def _parse(path: Path, stored: Mapping[str, Any]) -> ObjectAnnotations:
    images, objects = stored["images"], stored["annotations"]
    listed = {int(entry["id"]): entry for entry in stored["categories"]}
    sizes = {number: len(entry["keypoints"]) for number, entry in listed.items()}
    known = {int(image["id"]) for image in images}
    ids = _whole_numbers(objects, "id")
    image_ids = _whole_numbers(objects, "image_id")
    category_ids = _whole_numbers(objects, "category_id")
    strangers = set(image_ids.tolist()) - known
    if not len(ids) or len(set(ids.tolist())) < len(ids) or strangers:
        raise ValueError(
            f"{len(ids)} objects, {len(set(ids.tolist()))} numbers, "
            f"{len(strangers)} images that are not listed"
        )
    points = np.zeros((len(objects), max(sizes.values()), 3))
    for row, entry in enumerate(objects):
        own = np.asarray(entry["keypoints"], np.float64).reshape(-1, 3)
        size = sizes[int(entry["category_id"])]
        if len(own) != size:
            raise ValueError(f"object {entry['id']}: {len(own)} keypoints, not {size}")
        points[row, :size] = own
    boxes = np.array([entry["bbox"] for entry in objects], np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return ObjectAnnotations(
        path=path,
        digest=sha256_file(path),
        num_images=len(images),
        categories={number: str(entry["name"]) for number, entry in listed.items()},
        links={
            # COCO counts from 1
            number: tuple((a - 1, b - 1) for a, b in entry.get("skeleton") or ())
            for number, entry in listed.items()
        },
        ids=ids,
        image_ids=image_ids,
        category_ids=category_ids,
        keypoints=points[..., :2],
        labelled=points[..., 2] > 0,
        boxes=boxes,
        flags={
            flag: np.array([bool(entry.get(flag)) for entry in objects])
            for flag in FLAGS
        },
    )


def _whole_numbers(entries: Sequence[Mapping[str, Any]], key: str) -> np.ndarray:
    return np.array([int(entry[key]) for entry in entries], dtype=np.int64)


def _unlike(path: Path, got: str) -> DataError:
    return DataError(
        f"annotated objects in {path}",
        expected="images, categories with keypoints, and objects with a number, a box "
        "and (x, y, v) for each keypoint of their category",
        got=got,
    )
