"""How much is made and how hard it is: frozen numbers with a version and a digest.

A preset is never changed in place: other numbers are another version, and the digest
beside the data tells which it was. Nothing here was chosen by looking at a method.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from mmsia.errors import InputError
from mmsia.files import sha256_text


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What presets of all families have.

    Attributes:
        name: Name on the command line.
        version: Rises with every change of a number, of pixels or of annotations.
        num: Images that are made where no number is asked for.
        occlusion: Probability that something lies in front of a subject.
        clutter: Things behind the subjects, in the mean.
        blur: Probability of motion blur.
        darkness: Probability of low light.
        noise: Largest standard deviation of the sensor's noise, levels.
        quality: (lowest, highest) JPEG quality.
    """

    name: str
    version: int
    num: int
    occlusion: float
    clutter: float
    blur: float
    darkness: float
    noise: float
    quality: tuple[int, int] = (70, 95)

    @property
    def digest(self) -> str:
        """SHA-256 of the fields and of nothing else."""
        return sha256_text(json.dumps(asdict(self), sort_keys=True))


@dataclass(frozen=True, kw_only=True)
class HandsPreset(Preset):
    """Hands: one to a crop.

    Attributes:
        size: Edge of the crop, pixels.
        rotation: Largest in-plane turn to both sides, radians.
        frames: Frames of a sequence.
        second_hand: Probability of another hand in the picture.
        held: Probability of a thing in the hand.
        bend: Share of the joints' limits that poses may use, 0 to 1.
    """

    size: int
    rotation: float
    frames: int
    second_hand: float
    held: float
    bend: float


@dataclass(frozen=True, kw_only=True)
class PeoplePreset(Preset):
    """Crowds of people.

    Attributes:
        size: (w, h) of the image, pixels.
        people: (fewest, most) people in an image; few are as common as many.
        overlap: Probability that a person stands close to one that is there.
        truncation: How far beyond the border middles of people may lie, as a share of
            the image.
        heights: (smallest, largest) stature as a share of the image's height, for one
            person alone; crowds are smaller.
        unusual: Probability of a pose that is not standing.
        crowd: Probability of a distant group that is one region with iscrowd = 1.
    """

    size: tuple[int, int]
    people: tuple[int, int]
    overlap: float
    truncation: float
    heights: tuple[float, float]
    unusual: float
    crowd: float


_HANDS_MINI = dict(size=256, rotation=3.141593, frames=8)
HANDS: Mapping[str, HandsPreset] = {
    preset.name: preset
    for preset in (
        HandsPreset(
            name="smoke",
            version=1,
            num=48,
            size=96,
            rotation=0.8,
            frames=4,
            occlusion=0.1,
            clutter=3.0,
            blur=0.1,
            darkness=0.1,
            noise=4.0,
            second_hand=0.1,
            held=0.15,
            bend=0.8,
        ),
        HandsPreset(
            name="mini",
            version=1,
            num=6000,
            occlusion=0.35,
            clutter=10.0,
            blur=0.25,
            darkness=0.2,
            noise=8.0,
            second_hand=0.35,
            held=0.4,
            bend=1.0,
            **_HANDS_MINI,
        ),
        HandsPreset(
            name="easy",
            version=1,
            num=2000,
            occlusion=0.0,
            clutter=0.0,
            blur=0.0,
            darkness=0.0,
            noise=2.0,
            second_hand=0.0,
            held=0.0,
            bend=0.6,
            **_HANDS_MINI,
        ),
        HandsPreset(
            name="hard",
            version=1,
            num=2000,
            occlusion=0.8,
            clutter=20.0,
            blur=0.6,
            darkness=0.5,
            noise=16.0,
            second_hand=0.7,
            held=0.7,
            bend=1.0,
            quality=(35, 80),
            **_HANDS_MINI,
        ),
    )
}
"""Presets of hands by name; easy and hard differ from mini in difficulty alone."""

_PEOPLE_MINI = dict(size=(512, 512))
PEOPLE: Mapping[str, PeoplePreset] = {
    preset.name: preset
    for preset in (
        PeoplePreset(
            name="smoke",
            version=2,
            num=32,
            size=(128, 128),
            people=(1, 4),
            occlusion=0.1,
            clutter=3.0,
            blur=0.1,
            darkness=0.1,
            noise=4.0,
            overlap=0.2,
            truncation=0.0,
            heights=(0.5, 0.9),
            unusual=0.3,
            crowd=0.0,
        ),
        PeoplePreset(
            name="mini",
            version=2,
            num=3000,
            people=(1, 30),
            occlusion=0.25,
            clutter=12.0,
            blur=0.2,
            darkness=0.15,
            noise=8.0,
            overlap=0.35,
            truncation=0.05,
            heights=(0.25, 1.2),
            unusual=0.4,
            crowd=0.12,
            **_PEOPLE_MINI,
        ),
        PeoplePreset(
            name="easy",
            version=2,
            num=1500,
            people=(1, 4),
            occlusion=0.0,
            clutter=0.0,
            blur=0.0,
            darkness=0.0,
            noise=2.0,
            overlap=0.0,
            truncation=0.0,
            heights=(0.5, 0.9),
            unusual=0.1,
            crowd=0.0,
            **_PEOPLE_MINI,
        ),
        PeoplePreset(
            name="hard",
            version=2,
            num=1500,
            people=(5, 30),
            occlusion=0.7,
            clutter=25.0,
            blur=0.5,
            darkness=0.4,
            noise=16.0,
            overlap=0.6,
            truncation=0.15,
            heights=(0.2, 1.2),
            unusual=0.6,
            crowd=0.25,
            quality=(35, 80),
            **_PEOPLE_MINI,
        ),
    )
}
"""Presets of people by name; easy and hard differ from mini in difficulty alone.

Version 1 had the same images and keypoints, and outlines with every pixel's corners.
"""

AnyPreset = TypeVar("AnyPreset", bound=Preset)


def find_preset(presets: Mapping[str, AnyPreset], name: str) -> AnyPreset:
    """The preset of a family by its name.

    Raises:
        InputError: If there is none of this name.
    """
    if name not in presets:
        raise InputError(
            "the name of a preset",
            expected=f"one of {', '.join(presets)}",
            got=repr(name),
        )
    return presets[name]
