"""Annotated hands in MMPose's Panoptic layout, as metrics need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.hand_sequences import group_images
from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file

NUM_KEYPOINTS = 21


@dataclass(frozen=True)
class HandAnnotations:
    """The hands of an annotation file.

    Attributes:
        path: The file.
        digest: SHA-256 of it.
        num_images: Images that it lists.
        ids: (A,) numbers of the hands.
        image_ids: (A,) of their images.
        keypoints: (A, 21, 2) pixels of the image, xy.
        labelled: (A, 21) bool.
        groups: (A,) name of the sequence that the image belongs to.
    """

    path: Path
    digest: str
    num_images: int
    ids: np.ndarray
    image_ids: np.ndarray
    keypoints: np.ndarray
    labelled: np.ndarray
    groups: np.ndarray

    def rows_of(self, image_ids: Iterable[int]) -> np.ndarray:
        """Indices of the hands of some images, in the order of the file.

        Args:
            image_ids: Numbers of the images.
        """
        return np.flatnonzero(np.isin(self.image_ids, list(image_ids)))


def load_hand_annotations(path: Path) -> HandAnnotations:
    """Read and check an annotation file.

    Args:
        path: In COCO's structure, 21 keypoints (x, y, v) to a hand.

    Raises:
        DataError: If it is missing, has another structure, or lists no hand.
    """
    stored = read_json(path)
    try:
        images, hands = stored["images"], stored["annotations"]
        groups = group_images(images)
        points = np.array([hand["keypoints"] for hand in hands], dtype=np.float64)
        points = points.reshape(len(hands), NUM_KEYPOINTS, 3)
        ids = _whole_numbers(hand["id"] for hand in hands)
        image_ids = _whole_numbers(hand["image_id"] for hand in hands)
        names = np.array([groups[number] for number in image_ids.tolist()])
    except (KeyError, TypeError, ValueError) as error:
        raise _unlike(path, f"{type(error).__name__}: {error}") from error
    if not len(hands) or len(set(ids.tolist())) < len(hands):
        raise _unlike(path, f"{len(hands)} hands, {len(set(ids.tolist()))} numbers")
    return HandAnnotations(
        path=path,
        digest=sha256_file(path),
        num_images=len(images),
        ids=ids,
        image_ids=image_ids,
        keypoints=points[..., :2],
        labelled=points[..., 2] > 0,
        groups=names,
    )


def _whole_numbers(values: Iterable[Any]) -> np.ndarray:
    return np.array([int(value) for value in values], dtype=np.int64)


def _unlike(path: Path, got: str) -> DataError:
    return DataError(
        f"annotated hands in {path}",
        expected="images and annotations of 21 keypoints (x, y, v), each hand with a "
        "number of its own and an image in the file",
        got=got,
    )
