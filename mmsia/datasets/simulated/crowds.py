"""Simple crowds: images with 1 to 30 stick people and COCO annotations.

Every image is a function of (seed, index) alone. People overlap, are cut by the
border and cover each other; what is covered by somebody nearer or by the own head
has visibility 1, what lies outside the image is not annotated. Images are optional:
oracle evidence needs the annotations only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmsia.datasets.origin import DESCRIPTION
from mmsia.datasets.simulated.stick_people import (
    CAPSULES,
    COCO_KEYPOINTS,
    HEAD_RADIUS,
    StickPerson,
    place,
    sample_person,
)
from mmsia.errors import InputError
from mmsia.files import write_bytes_atomic, write_json

MAX_PEOPLE = 30
SIZES = ((640, 480), (640, 427), (480, 640), (500, 375), (640, 640))
_MIN_VISIBLE_AREA = 60
_MIN_ANNOTATED_AREA = 1024
_MIN_STATURE = 70.0
_SKELETON = (
    *((16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7)),
    *((6, 8), (7, 9), (8, 10), (9, 11), (2, 3), (1, 2), (1, 3), (2, 4), (3, 5)),
    *((4, 6), (5, 7)),
)


@dataclass(frozen=True)
class PlacedPerson:
    """A person in image pixels: keypoints (17, 2), head (2,), stature, hidden (17,)."""

    keypoints: np.ndarray
    head: np.ndarray
    stature: float
    hidden: np.ndarray


def simulate_crowds(num_images: int, seed: int = 0) -> dict[str, Any]:
    """COCO keypoint annotations of simulated crowds.

    Args:
        num_images: How many images.
        seed: Seed; image i is the same whatever `num_images` is.
    """
    _check(num_images, seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in range(num_images):
        (width, height), people = sample_crowd(seed, index)
        labels = label_map(people, (width, height))
        image_id = index + 1
        name = f"{image_id:012d}.jpg"
        images.append(dict(id=image_id, file_name=name, width=width, height=height))
        for number, person in enumerate(people, start=1):
            entry = annotate(person, labels, number, seed, index)
            if entry is not None:
                identity = dict(id=len(annotations) + 1, image_id=image_id)
                annotations.append({**identity, **entry})
    description = f"{DESCRIPTION} crowds, {num_images} images, seed {seed}"
    return {
        "info": {"description": description, "version": "1"},
        "images": images,
        "annotations": annotations,
        "categories": [
            {
                "id": 1,
                "name": "person",
                "supercategory": "person",
                "keypoints": list(COCO_KEYPOINTS),
                "skeleton": [list(pair) for pair in _SKELETON],
            }
        ],
    }


def write_crowds(
    folder: Path | str,
    num_images: int,
    seed: int = 0,
    *,
    split: str = "val2017",
    with_images: bool = True,
) -> Path:
    """Write annotations and images as COCO lays them out.

    Args:
        folder: Gets `annotations/person_keypoints_<split>.json` and `<split>/`.
        num_images: How many images.
        seed: Seed of the crowds.
        split: Name of the split.
        with_images: Whether to draw the images too.

    Returns:
        Path of the annotation file, which is written last.
    """
    folder = Path(folder)
    dataset = simulate_crowds(num_images, seed)
    if with_images:
        for index, entry in enumerate(dataset["images"]):
            data = cv2.imencode(".jpg", draw_crowd(seed, index))[1].tobytes()
            write_bytes_atomic(folder / split / entry["file_name"], data)
    path = folder / "annotations" / f"person_keypoints_{split}.json"
    write_json(path, dataset)
    return path


def sample_crowd(seed: int, index: int) -> tuple[tuple[int, int], list[PlacedPerson]]:
    """Size (w, h) of an image and its people from far to near."""
    rng = np.random.default_rng([seed, index, 0])
    width, height = SIZES[rng.integers(len(SIZES))]
    # Few people are as common as many: the logarithm is uniform.
    count = int(np.exp(rng.uniform(0, np.log(MAX_PEOPLE + 1))))
    largest = height * 1.3 / max(1.0, count**0.45)
    people: list[PlacedPerson] = []
    for _ in range(count):
        person = sample_person(rng)
        smallest = min(_MIN_STATURE, largest / 3)
        stature = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
        large_turn = rng.random() < 0.07
        rotation = rng.uniform(-np.pi, np.pi) if large_turn else rng.normal(0, 0.15)
        centre = rng.uniform(0, 1, 2) * (width, height)
        if people and rng.random() < 0.35:
            near = people[rng.integers(len(people))]
            centre = near.keypoints.mean(0) + rng.normal(0, 0.25, 2) * near.stature
            centre = np.clip(centre, 0, (width, height))
        people.append(_placed(person, stature, rotation, centre))
    people.sort(key=lambda person: person.stature)
    return (width, height), people


def label_map(people: list[PlacedPerson], size: tuple[int, int]) -> np.ndarray:
    """(h, w) uint8: 0 for the background, i for the i-th person where nearest."""
    labels = np.zeros((size[1], size[0]), dtype=np.uint8)
    for number, person in enumerate(people, start=1):
        for start, end, thickness in _strokes(person):
            cv2.line(labels, start, end, number, thickness)
    return labels


def annotate(
    person: PlacedPerson, labels: np.ndarray, number: int, seed: int, index: int
) -> dict[str, Any] | None:
    """COCO annotation of the i-th person, or None if next to nothing is seen."""
    mask = (labels == number).astype(np.uint8)
    area = int(mask.sum())
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    polygons = [c.reshape(-1).astype(float).tolist() for c in contours if len(c) >= 3]
    if area < _MIN_VISIBLE_AREA or not polygons:
        return None
    keypoints = _visible_keypoints(person, labels, number, seed, index)
    # COCO's annotators give no keypoints to people this small.
    keypoints *= area > _MIN_ANNOTATED_AREA
    x, y, width, height = cv2.boundingRect(mask)
    return {
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
        "keypoints": keypoints.reshape(-1).tolist(),
        "bbox": [float(x), float(y), float(width), float(height)],
        "area": float(area),
        "segmentation": polygons,
    }


def draw_crowd(seed: int, index: int) -> np.ndarray:
    """The image (h, w, 3) uint8 BGR of (seed, index)."""
    (width, height), people = sample_crowd(seed, index)
    rng = np.random.default_rng([seed, index, 2])
    corners = rng.uniform(40, 215, (2, 2, 3)).astype(np.float32)
    image = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    coarse = rng.normal(0, 14, (height // 16 + 1, width // 16 + 1, 3))
    image += cv2.resize(coarse.astype(np.float32), (width, height))
    image += rng.normal(0, 5, image.shape).astype(np.float32)
    image = np.clip(image, 0, 255).astype(np.uint8)
    for person in people:
        colour = rng.uniform(30, 255, 3)
        for start, end, thickness in _strokes(person):
            shade = np.clip(colour * rng.uniform(0.75, 1.15), 0, 255)
            cv2.line(image, start, end, shade.tolist(), thickness, cv2.LINE_AA)
    return image


def _placed(
    person: StickPerson, stature: float, rotation: float, centre: np.ndarray
) -> PlacedPerson:
    keypoints, head = place(person, stature, rotation, centre)
    return PlacedPerson(keypoints, head, float(stature), person.hidden)


def _strokes(
    person: PlacedPerson,
) -> Iterator[tuple[tuple[int, int], tuple[int, int], int]]:
    """Thick lines (start, end, thickness in pixels) that make up a person."""
    points = np.rint(person.keypoints).astype(int)
    for start, end, width in CAPSULES:
        thickness = max(1, round(width * person.stature))
        yield tuple(points[start]), tuple(points[end]), thickness
    head = tuple(np.rint(person.head).astype(int))
    yield head, head, max(2, round(2 * HEAD_RADIUS * person.stature))


def _visible_keypoints(
    person: PlacedPerson, labels: np.ndarray, number: int, seed: int, index: int
) -> np.ndarray:
    """(17, 3): whole pixels as in COCO, and visibility 0, 1 or 2."""
    rng = np.random.default_rng([seed, index, 1, number])
    height, width = labels.shape
    points = np.rint(person.keypoints)
    x, y = points[:, 0].astype(int), points[:, 1].astype(int)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    seen = labels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    covered = (seen != number) & (seen != 0)
    flags = np.where(covered | person.hidden, 1, 2)
    # As COCO's annotators do, leave out some of what cannot be seen.
    flags[(flags == 1) & (rng.random(17) < 0.5)] = 0
    flags[~inside] = 0
    keypoints = np.column_stack([points, flags])
    keypoints[flags == 0] = 0
    return keypoints.astype(int)


def _check(num_images: int, seed: int) -> None:
    if num_images < 1 or seed < 0:
        raise InputError(
            "simulated crowds",
            expected="at least one image and a seed of 0 or more",
            got=f"{num_images} images, seed {seed}",
        )
