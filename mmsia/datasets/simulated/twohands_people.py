"""Whose hands they are and which cameras see them: captures, as the data set says.

A capture is a person in a ring of cameras. In training and validation the person's
hands are within the stand-in model; in the test and stress splits every phalanx has a
length of its own, and what is annotated is the model's nearest fit, as in real data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import (
    about,
    cos_sin,
    cross,
    matmul,
    rotate,
    unit,
)
from mmsia.datasets.simulated.twohands_contact import capsule_radii
from mmsia.datasets.simulated.twohands_model import (
    fit_shape,
    mirror,
    stand_in,
    with_shape,
)
from mmsia.datasets.simulated.twohands_shape import draw_other_shape
from mmsia.ops.hand_mesh import HandModel

NUMBER = 5
# First capture and how many people: nobody is in two splits.
SPLITS = {
    **{"train": (0, 24), "val": (100, 6), "test": (200, 12)},
    **{"stress": (300, 8), "overfit": (400, 4)},
}
OUTSIDE_MODEL = ("test", "stress")
CAMERAS = 10
# Middle of the hands in the world, metres.
PLACE = np.array([0.0, 0.0, 1.0])
_SKINS = (
    *((172, 196, 232), (150, 180, 222), (128, 158, 205), (105, 135, 185)),
    *((84, 112, 160), (66, 88, 132), (48, 66, 102), (38, 50, 78)),
)


@dataclass(frozen=True)
class Person:
    """One person's hands.

    Attributes:
        capture: Number of the capture.
        models: "left" and "right", with the person's own mean hand.
        shape: (10,) shape numbers to pose these models with.
        fitted: (10,) shape numbers of the nearest hand of the stand-in model.
        radii: (20,) of the capsules.
        skin: (3,) BGR.
    """

    capture: int
    models: dict[str, HandModel]
    shape: np.ndarray
    fitted: np.ndarray
    radii: np.ndarray
    skin: np.ndarray


@dataclass(frozen=True)
class View:
    """A calibrated camera.

    Attributes:
        name: Its name in the annotation.
        rotation: (3, 3) from the world to the camera.
        position: (3,) in the world, metres.
        focal: (2,) and
        princpt: (2,) in pixels of a frame 512 high.
    """

    name: str
    rotation: np.ndarray
    position: np.ndarray
    focal: np.ndarray
    princpt: np.ndarray


@lru_cache(maxsize=2)
def stand_in_pair() -> dict[str, HandModel]:
    """The stand-in model of both hands."""
    return {"right": stand_in(), "left": mirror(stand_in())}


@lru_cache(maxsize=64)
def person(seed: int, split: str, number: int) -> Person:
    """The person of a capture.

    Args:
        seed: Seed of the data.
        split: One of `SPLITS`.
        number: Which of the split's people.
    """
    capture = SPLITS[split][0] + number
    rng = np.random.default_rng([seed, capture, NUMBER, 1])
    models, shape = stand_in_pair(), np.clip(rng.normal(0, 1, 10), -2.5, 2.5)
    fitted = shape
    if split in OUTSIDE_MODEL:
        right = with_shape(models["right"], draw_other_shape(rng))
        fitted = fit_shape(models["right"], right.v_template)
        models, shape = {"right": right, "left": mirror(right)}, np.zeros(10)
    skin = np.array(_SKINS[rng.integers(len(_SKINS))]) + rng.normal(0, 7, 3)
    radii = capsule_radii(models["right"], shape)
    return Person(capture, models, shape, fitted, radii, np.clip(skin, 20, 245))


@lru_cache(maxsize=1024)
def view(seed: int, capture: int, number: int) -> View:
    """One of a capture's cameras: around the hands, upright, turned towards them.

    Args:
        seed: Seed of the data.
        capture: Number of the capture.
        number: Which camera, below `CAMERAS`.
    """
    rng = np.random.default_rng([seed, capture, NUMBER, 2, number])
    rotation = _towards_place(rng)
    ahead = np.array(
        [rng.normal(0, 0.015), rng.normal(0, 0.015), rng.uniform(0.8, 1.2)]
    )
    position = PLACE - rotate(rotation.T, ahead)
    focal = 1270 + rng.normal(0, 5, 2)
    return View(
        f"400{100 * (capture % 10) + number:03d}",
        rotation,
        position,
        focal,
        np.array([167.0, 256.0]) + rng.normal(0, 8, 2),
    )


def _towards_place(rng: np.random.Generator) -> np.ndarray:
    """(3, 3) from a world with y down to a camera in front that looks at its middle."""
    azimuth = cos_sin(math.radians(float(rng.uniform(-60, 60))))
    elevation = cos_sin(math.radians(float(rng.uniform(-20, 50))))
    forward = np.array(
        [elevation[0] * azimuth[1], elevation[1], elevation[0] * azimuth[0]]
    )
    right = unit(cross(np.array([0.0, 1.0, 0.0]), forward))
    down = cross(forward, right)
    roll = about(np.array([0.0, 0.0, 1.0]), math.radians(float(rng.normal(0, 6))))
    return matmul(roll, np.array([right, down, forward]))
