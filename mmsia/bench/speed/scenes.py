"""What the codecs are timed on: people in a square input image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.datasets.simulated.stick_people import place, sample_person
from mmsia.ops.letterbox import long_edge


@dataclass(frozen=True)
class Scene:
    """The people of one input image.

    Attributes:
        keypoints: (N, 17, 2) input pixels.
        visible: (N, 17), above 0 where annotated.
        boxes: (N, 4) xyxy, input pixels.
    """

    keypoints: np.ndarray
    visible: np.ndarray
    boxes: np.ndarray


def simulated_scenes(
    num_people: int, num_scenes: int, size: int, seed: int = 0
) -> list[Scene]:
    """Crowds of an exact number of stick people.

    Args:
        num_people: People in each scene.
        num_scenes: How many scenes.
        size: Edge of the square input, pixels.
        seed: Seed; scene i is the same whatever ``num_scenes`` is.
    """
    return [_crowd(num_people, size, (seed, i)) for i in range(num_scenes)]


def _crowd(num_people: int, size: int, seed: tuple[int, int]) -> Scene:
    rng = np.random.default_rng([*seed, num_people])
    largest = size * 0.9 / max(1.0, num_people**0.45)
    people = []
    for _ in range(num_people):
        stature = rng.uniform(0.5, 1.0) * largest
        centre = rng.uniform(0.1, 0.9, 2) * size
        keypoints, _ = place(sample_person(rng), stature, rng.normal(0, 0.15), centre)
        people.append(keypoints)
    keypoints = np.stack(people)
    visible = ((keypoints >= 0) & (keypoints < size)).all(-1).astype(float)
    return Scene(keypoints, visible, _boxes(keypoints))


def annotated_scenes(
    records: Sequence[ImageRecord], num_scenes: int, size: int
) -> list[Scene]:
    """Annotated images, evenly spaced over a file, letterboxed to the input.

    Args:
        records: Images with people.
        num_scenes: How many of them at most.
        size: Edge of the square input, pixels.
    """
    chosen = np.unique(np.linspace(0, len(records) - 1, num_scenes).astype(int))
    scenes = []
    for record in (records[i] for i in chosen):
        box = long_edge((record.width, record.height), size)
        corners = record.boxes.reshape(-1, 2, 2).copy()
        corners[:, 1] += corners[:, 0]
        scenes.append(
            Scene(
                box.to_input(record.keypoints[..., :2]),
                record.keypoints[..., 2],
                box.to_input(corners).reshape(-1, 4),
            )
        )
    return scenes


def _boxes(keypoints: np.ndarray) -> np.ndarray:
    return np.concatenate((keypoints.min(1), keypoints.max(1)), axis=1)
