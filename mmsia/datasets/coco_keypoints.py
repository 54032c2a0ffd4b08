"""COCO person keypoint annotations, read once and checked before anything runs.

The oracle and the evaluation both start from `CocoKeypoints`. Everything that would
make COCO's own tools fail late, or score wrongly in silence, is refused here with the
file, the annotation and the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file

NUM_KEYPOINTS = 17
PERSON_CATEGORY = 1
VAL2017_NUM_IMAGES = 5000
VAL2017_NUM_ANNOTATED = 2346

_DOWNLOAD = (
    "The file wanted is person_keypoints_val2017.json of COCO's "
    "annotations_trainval2017 archive"
)


@dataclass(frozen=True)
class ImageRecord:
    """One image and its annotated people (no crowds, at least one keypoint).

    Attributes:
        image_id: COCO's number of the image.
        file_name: Name inside the image folder.
        width: Pixels.
        height: Pixels.
        keypoints: (N, 17, 3) original image pixels x, y and visibility 0, 1 or 2.
        boxes: (N, 4) x, y, w, h in pixels.
        areas: (N,) segment areas in square pixels.
        annotation_ids: (N,) COCO's numbers of the people.
    """

    image_id: int
    file_name: str
    width: int
    height: int
    keypoints: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    annotation_ids: np.ndarray


@dataclass(frozen=True)
class CocoKeypoints:
    """A checked annotation file.

    Attributes:
        path: Where it was read from.
        digest: SHA-256 of the file.
        images: One record an image, in the order of the file.
        dataset: The json as read, for COCO's evaluation.
    """

    path: Path
    digest: str
    images: tuple[ImageRecord, ...]
    dataset: dict[str, Any]

    def annotated(self) -> tuple[ImageRecord, ...]:
        """The images with at least one keypoint of visibility above 0."""
        return tuple(r for r in self.images if (r.keypoints[..., 2] > 0).any())

    def is_full_val2017(self) -> bool:
        """Whether the counts are those of the whole of COCO val2017."""
        return (
            len(self.images) == VAL2017_NUM_IMAGES
            and len(self.annotated()) == VAL2017_NUM_ANNOTATED
        )


def find_annotations(data_root: Path | str, split: str = "val2017") -> Path:
    """Path of the keypoint annotations below a data root.

    Args:
        data_root: Folder that holds `coco/annotations` (or `annotations`).
        split: Name of the COCO split.

    Raises:
        DataError: If neither file is there; both are named.
    """
    name = f"person_keypoints_{split}.json"
    root = Path(data_root)
    wanted = (root / "coco" / "annotations" / name, root / "annotations" / name)
    for path in wanted:
        if path.is_file():
            return path
    raise DataError(
        f"no COCO keypoint annotations under the data root {root}",
        expected=f"the file {wanted[0]} (or {wanted[1]})",
        got="a folder without them" if root.is_dir() else "no such folder",
        remedy=f"{_DOWNLOAD}; or name an annotation file with --ann-file",
    )


def load_coco_keypoints(path: Path | str) -> CocoKeypoints:
    """Read and check a COCO person keypoint file.

    Args:
        path: A `person_keypoints_*.json`.

    Raises:
        DataError: If the file is missing, truncated, has no images or no keypoints,
            or holds annotations without image, duplicates or non-finite numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"no annotation file at {path}",
            expected="a COCO person keypoint json",
            got="a folder" if path.is_dir() else "nothing",
            remedy=_DOWNLOAD,
        )
    dataset = read_json(path)
    _check_layout(dataset, path)
    images = index_images(dataset["images"], path)
    people: dict[int, list[Mapping[str, Any]]] = {key: [] for key in images}
    check_unique((a.get("id") for a in dataset["annotations"]), "annotation", path)
    for annotation in dataset["annotations"]:
        if annotation.get("category_id") == PERSON_CATEGORY:
            _check_annotation(annotation, images, path)
            if not annotation.get("iscrowd", 0) and annotation["num_keypoints"] > 0:
                people[annotation["image_id"]].append(annotation)
    records = tuple(_record(images[key], people[key]) for key in images)
    return CocoKeypoints(path, sha256_file(path), records, dataset)


def check_lists(dataset: Any, path: Path) -> None:
    """Check that a file has the lists of a COCO annotation file, and images.

    Args:
        dataset: The json as read.
        path: Of the file.

    Raises:
        DataError: If it has not.
    """
    parts = ("images", "annotations", "categories")
    if not isinstance(dataset, dict) or not all(
        isinstance(dataset.get(part), list)
        and all(isinstance(entry, dict) for entry in dataset[part])
        for part in parts
    ):
        keys = sorted(dataset)[:8] if isinstance(dataset, dict) else type(dataset)
        raise DataError(
            f"{path} is not a COCO annotation file",
            expected="lists of objects: images, annotations and categories",
            got=f"{keys}",
            remedy=_DOWNLOAD,
        )
    if not dataset["images"]:
        raise DataError(
            f"{path} names no images",
            expected="at least one image",
            got="an empty list 'images'",
            remedy=_DOWNLOAD,
        )


def _check_layout(dataset: Any, path: Path) -> None:
    check_lists(dataset, path)
    person = [c for c in dataset["categories"] if c.get("id") == PERSON_CATEGORY]
    named = len(person[0].get("keypoints", ())) if person else 0
    if named != NUM_KEYPOINTS:
        raise DataError(
            f"{path} has no person keypoints",
            expected=f"category {PERSON_CATEGORY} with {NUM_KEYPOINTS} keypoint names",
            got=f"{named} names" if person else "no such category",
            remedy=_DOWNLOAD,
        )


def index_images(images: Sequence[Any], path: Path) -> dict[int, Mapping[str, Any]]:
    """Images by their number.

    Args:
        images: Entries of the json.
        path: Of the file.

    Raises:
        DataError: A number that is not its image's own, or an image without a size.
    """
    check_unique((image.get("id") for image in images), "image", path)
    for image in images:
        size = (image.get("width"), image.get("height"))
        if not all(isinstance(side, int) and side > 0 for side in size):
            raise DataError(
                f"image {image.get('id')} of {path} has no usable size",
                expected="whole numbers 'width' and 'height' above 0",
                got=f"{size}",
                remedy="Correct the entry or leave the image out",
            )
    return {image["id"]: image for image in images}


def check_unique(ids: Iterable[Any], what: str, path: Path) -> None:
    """Check that numbers are whole, and each stands once.

    Args:
        ids: Of images or annotations.
        what: What they are numbers of.
        path: Of the file.

    Raises:
        DataError: The first one that is not.
    """
    seen: set[int] = set()
    for number in ids:
        duplicate = isinstance(number, int) and number in seen
        if duplicate or not isinstance(number, int):
            raise DataError(
                f"{what} id {number!r} in {path}",
                expected=f"a whole number of its own for each {what}",
                got="a duplicate" if duplicate else f"a {type(number).__name__}",
                remedy="Remove or renumber the entry",
            )
        seen.add(number)


def _check_annotation(
    annotation: Mapping[str, Any], images: Mapping[int, Any], path: Path
) -> None:
    where = f"annotation {annotation['id']} of {path}"
    remedy = "Correct the entry or leave the annotation out"
    if annotation["id"] == 0:
        raise DataError(
            f"id of {where}",
            expected="ids that are not 0, which COCO's evaluation takes for unmatched",
            got="0",
            remedy="Number the annotations from 1",
        )
    if annotation.get("image_id") not in images:
        raise DataError(
            f"{where} belongs to an image that the file does not list",
            expected=f"an id of its {len(images)} images",
            got=f"{annotation.get('image_id')!r}",
            remedy=remedy,
        )
    for key, length in (("keypoints", 3 * NUM_KEYPOINTS), ("bbox", 4)):
        _check_numbers(annotation.get(key), length, f"{key!r} of {where}", remedy)
    for key in ("area", "num_keypoints"):
        _check_numbers([annotation.get(key)], 1, f"{key!r} of {where}", remedy)
    flags = set(annotation["keypoints"][2::3])
    if not flags <= {0, 1, 2}:
        raise DataError(
            f"visibility in {where}",
            expected="0, 1 or 2 for each keypoint",
            got=f"{sorted(flags)}",
            remedy=remedy,
        )


def _check_numbers(values: Any, length: int, what: str, remedy: str) -> None:
    count = len(values) if isinstance(values, list) else None
    if count != length:
        got = "nothing" if values is None else f"{count} of them"
        raise DataError(what, expected=f"{length} numbers", got=got, remedy=remedy)
    wrong = [v for v in values if isinstance(v, bool | str | None | list | dict)]
    if wrong or not np.isfinite(values).all():
        bad = wrong or [v for v in values if not np.isfinite(v)]
        raise DataError(
            what, expected="finite numbers", got=f"{bad[0]!r}", remedy=remedy
        )


def _record(
    image: Mapping[str, Any], people: Sequence[Mapping[str, Any]]
) -> ImageRecord:
    def rows(key: str, *shape: int) -> np.ndarray:
        values = [person[key] for person in people]
        return np.asarray(values, dtype=np.float64).reshape(len(people), *shape)

    return ImageRecord(
        image_id=image["id"],
        file_name=str(image.get("file_name", "")),
        width=image["width"],
        height=image["height"],
        keypoints=rows("keypoints", NUM_KEYPOINTS, 3),
        boxes=rows("bbox", 4),
        areas=rows("area"),
        annotation_ids=np.asarray([p["id"] for p in people], dtype=np.int64),
    )
