"""Image files that speeds are measured on: COCO's commonest sizes, people as annotated.

Images to test on show exactly as many people as papers count boxes in their timings;
those to train on show as many as an image of COCO with keypoints does in the mean.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.mask import iou

from mmsia.bench.scales import TRAIN_SPLIT, VAL_SPLIT
from mmsia.datasets.simulated.people import encode, finish
from mmsia.datasets.simulated.presets import PEOPLE, PeoplePreset
from mmsia.datasets.simulated.writing import Encoded
from mmsia.errors import DataError
from mmsia.files import write_bytes_atomic

SIZES = ((640, 480), (480, 640), (640, 427), (500, 375))
"""(w, h) pixels, one image of each to test on."""

NUM_BOXES = 20
"""People annotated in an image to test on."""

NUM_TRAIN = 16
_TRAIN_PEOPLE = 3
# So many that enough of them are seen well enough to have keypoints.
_CROWD = 60
_MAX_IOU = 0.45
_TRIES = 40
_PLAIN: dict[str, Any] = dict(
    crowd=0.0, truncation=0.0, overlap=0.0, occlusion=0.0, heights=(0.6, 1.2)
)


def write_images(folder: Path, seed: int) -> None:
    """Write both splits with COCO annotations, where overlays expect them.

    Args:
        folder: Data folder.
        seed: Of the people.

    Raises:
        DataError: No image that shows enough people well enough.
    """
    splits = {
        VAL_SPLIT: [_crowd(seed, *place) for place in enumerate(SIZES)],
        TRAIN_SPLIT: [
            encode(seed, number, _preset(SIZES[number % len(SIZES)], _TRAIN_PEOPLE))
            for number in range(NUM_TRAIN)
        ],
    }
    for split, images in splits.items():
        for image in images:
            for name, content in image.files.items():
                write_bytes_atomic(folder / split / name, content)
        records = [image.record for image in images]
        for name, content in finish(records, split).files.items():
            write_bytes_atomic(folder / name, content)


def _preset(size: tuple[int, int], people: int) -> PeoplePreset:
    return replace(PEOPLE["mini"], size=size, people=(people, people), **_PLAIN)


def _crowd(seed: int, number: int, size: tuple[int, int]) -> Encoded:
    """An image with as many people as are needed, who alone are annotated."""
    for attempt in range(_TRIES):
        made = encode(seed, number + attempt * len(SIZES), _preset(size, _CROWD))
        people = _apart(made.record["annotations"])
        if len(people) >= NUM_BOXES:
            return replace(
                made, record={**made.record, "annotations": people[:NUM_BOXES]}
            )
    raise DataError(
        "people in simulated images",
        expected=f"{NUM_BOXES} with keypoints who hardly overlap",
        got=f"fewer in {_TRIES} images of {size[0]} x {size[1]}",
        remedy="Another --seed makes others",
    )


def _apart(annotations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """People with keypoints, the largest first, who are not nearly at one place.

    Mask R-CNN takes two boxes that overlap by half for one person.
    """
    people = [person for person in annotations if person["num_keypoints"]]
    kept: list[dict[str, Any]] = []
    for person in sorted(people, key=lambda person: -person["area"]):
        others = [other["bbox"] for other in kept]
        overlaps = iou([person["bbox"]], others, [0] * len(others)) if kept else 0.0
        if np.max(overlaps) <= _MAX_IOU:
            kept.append(person)
    return kept
