"""Pictures of people on common ground: who stands where, and what is in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.people_flesh import (
    Clothes,
    flesh,
    sample_clothes,
    sample_looks,
)
from mmsia.datasets.simulated.people_skeleton import Body, sample_body
from mmsia.datasets.simulated.presets import PeoplePreset
from mmsia.datasets.simulated.rendering.backgrounds import backdrop, clutter
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import box
from mmsia.datasets.simulated.rendering.primitives import Primitive
from mmsia.datasets.simulated.rendering.rotations import about, matmul, rotate
from mmsia.datasets.simulated.rendering.scene import Light, Scene

_UPRIGHT = np.diag([1.0, -1.0, -1.0])
"""A body's frame to the camera's for somebody who faces the camera."""
_FOCAL = 1.1
_TRIES = 8
# Metres between two people's middles, where there is room.
_APART = 0.55
DISTANT = 1000
"""Instances from here on belong to a distant group."""


@dataclass(frozen=True)
class PlacedPerson:
    """Somebody in the camera's frame.

    Attributes:
        keypoints: (17, 3) metres.
        stature: Metres.
        body: The posed body.
    """

    keypoints: np.ndarray
    stature: float
    body: Body


@dataclass(frozen=True)
class PeopleScene:
    """A picture ready to be drawn; person i is instance i, a group is `DISTANT`.

    Attributes:
        scene: The scene.
        people: The people.
    """

    scene: Scene
    people: list[PlacedPerson]


def build_scene(rng: np.random.Generator, preset: PeoplePreset) -> PeopleScene:
    """Draw a picture of people.

    Args:
        rng: Draws everything.
        preset: Difficulty.
    """
    width, height = preset.size
    horizon = height * rng.uniform(0.2, 0.5)
    focal = _FOCAL * max(width, height)
    camera = Camera((focal, focal), ((width - 1) / 2, horizon), (width, height))
    eye = rng.uniform(1.0, 2.2)
    count = _log_uniform_count(rng, *preset.people)
    uniform = sample_clothes(rng) if rng.random() < 0.25 else None
    places = _places(rng, camera, eye, count, preset)
    people: list[PlacedPerson] = []
    things: list[Primitive] = []
    colours: list[np.ndarray] = []
    for number, (x, z, stature) in enumerate(places):
        person, flesh_of, tones = _person(
            rng, preset, (x, eye, z), stature, number, uniform
        )
        people.append(person)
        things += flesh_of
        colours += tones
    if rng.random() < preset.crowd:
        things += _distant_group(rng, camera, eye, preset)
    things += _furniture(rng, people, eye, preset, colours)
    things += clutter(
        rng,
        camera,
        int(rng.poisson(preset.clutter)),
        depth=(5.0, 14.0),
        radius=(height / 130, height / 35),
        colours=colours,
    )
    direction = (rng.normal(0, 0.7), -rng.uniform(0.4, 1.2), -rng.uniform(0.2, 1.0))
    light = Light(direction, rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6))
    background = backdrop(rng, preset.size, horizon=horizon)
    scene = Scene(camera, things, background, light, rng.uniform(0.5, 3.0))
    return PeopleScene(scene, people)


def _log_uniform_count(rng: np.random.Generator, fewest: int, most: int) -> int:
    """Few are as common as many: the logarithm is uniform."""
    drawn = math.exp(rng.uniform(math.log(fewest), math.log(most + 1)))
    return min(most, max(fewest, int(drawn)))


Place = tuple[float, float, float]
"""x, z and stature, metres."""


def _places(
    rng: np.random.Generator,
    camera: Camera,
    eye: float,
    count: int,
    preset: PeoplePreset,
) -> list[Place]:
    """Where people are who do not stand inside one another."""
    low, high = preset.heights
    # crowds are made of smaller people
    high = max(high / max(1.0, count**0.35), low * 1.2)
    found: list[Place] = []
    for _ in range(count):
        stature = rng.uniform(1.5, 1.95) if rng.random() < 0.85 else rng.uniform(1, 1.5)
        best, room = (0.0, 1.0), -1.0
        for _ in range(_TRIES):
            share = math.exp(rng.uniform(math.log(low), math.log(high)))
            x, z = _on_the_ground(rng, camera, eye, stature, share, preset)
            if found and rng.random() < preset.overlap:
                near = found[rng.integers(len(found))]
                x = near[0] + rng.normal(0, 0.35)
                z = max(1.2, near[1] + rng.choice((-1.0, 1.0)) * rng.uniform(0.55, 1.2))
            apart = min(
                (math.sqrt((x - a) ** 2 + (z - b) ** 2) for a, b, _ in found),
                default=9.0,
            )
            if apart > room:
                best, room = (x, z), apart
            if apart > _APART:
                break
        found.append((float(best[0]), float(best[1]), float(stature)))
    return found


def _on_the_ground(
    rng: np.random.Generator,
    camera: Camera,
    eye: float,
    stature: float,
    share: float,
    preset: PeoplePreset,
) -> tuple[float, float]:
    """Where somebody stands whose height is a share of the image's: x, z, metres."""
    (width, height), focal = camera.size, camera.focal[0]
    z = focal * 1.75 / (share * height)
    x = rng.uniform(-preset.truncation, 1 + preset.truncation)
    if preset.truncation == 0:
        # nobody is cut off: feet, heads and elbows stay inside
        z = max(z, focal * eye / (0.95 * height - camera.centre[1]))
        above = max(0.0, stature + 0.12 - eye)
        z = max(z, focal * above / (camera.centre[1] - 0.02 * height))
        margin = min(0.5, 0.65 * focal / z / width)
        x = margin + x * (1 - 2 * margin)
    return (x * width - camera.centre[0]) * z / focal, z


def _person(
    rng: np.random.Generator,
    preset: PeoplePreset,
    place: tuple[float, float, float],
    stature: float,
    number: int,
    uniform: Clothes | None,
) -> tuple[PlacedPerson, list[Primitive], list[np.ndarray]]:
    """Somebody, their flesh and their colours; `place` is x, the ground's y, z."""
    body = sample_body(rng, preset.unusual)
    clothes = uniform if uniform is not None and rng.random() < 0.8 else None
    looks = sample_looks(rng, clothes)
    yaw = rng.normal(0, 0.8) if rng.random() < 0.6 else rng.uniform(-math.pi, math.pi)
    turned = matmul(about((0.0, 0.0, 1.0), rng.normal(0, 0.04)), _UPRIGHT)
    rotation = matmul(turned, about((0.0, 1.0, 0.0), yaw))
    # what hangs lowest stands on the ground; who jumps is above it
    lowest = np.concatenate([body.keypoints, body.toes, body.hands])
    reach = float(rotate(rotation, lowest)[:, 1].max()) + 0.03
    lift = rng.uniform(0.08, 0.4) if body.pose == "jump" else 0.0
    origin = np.array([place[0], place[1] - reach * stature - lift, place[2]])
    keypoints = rotate(rotation, body.keypoints * stature) + origin
    things = flesh(body, looks, rotation, origin, stature, number)
    if body.pose == "sit":
        things.append(_seat(rng, body, rotation, origin, stature, place[1]))
    tones = [looks.clothes.shirt, looks.clothes.trousers, looks.skin]
    return PlacedPerson(keypoints, stature, body), things, tones


def _distant_group(
    rng: np.random.Generator, camera: Camera, eye: float, preset: PeoplePreset
) -> list[Primitive]:
    """Small people close together, far away."""
    share = rng.uniform(0.10, 0.16)
    far = camera.focal[0] * 1.75 / (share * camera.size[1])
    middle = rng.uniform(0.1, 0.9) * camera.size[0] - camera.centre[0]
    found: list[Primitive] = []
    for _ in range(rng.integers(6, 15)):
        z = far * rng.uniform(0.9, 1.1)
        x = middle * far / camera.focal[0] + rng.normal(0, 1.5)
        stature = rng.uniform(1.5, 1.95)
        found += _person(rng, preset, (x, eye, z), stature, DISTANT, None)[1]
    return found


def _seat(
    rng: np.random.Generator,
    body: Body,
    rotation: np.ndarray,
    origin: np.ndarray,
    stature: float,
    ground: float,
) -> Primitive:
    """A box from the ground to under the thighs."""
    top = origin[1] + 0.06 * stature
    half_height = max(0.02, (ground - top) / 2)
    back = rotate(rotation, np.array([0.0, 0.0, -0.05 * stature]))
    centre = np.array([origin[0] + back[0], top + half_height, origin[2] + back[2]])
    half = np.array([rng.uniform(0.2, 0.35), half_height, rng.uniform(0.16, 0.22)])
    # the box's own y is the camera's: only its turn about the vertical is the body's
    turn = matmul(rotation, np.diag([1.0, -1.0, -1.0]))
    return box(centre, half, turn, rng.uniform(20, 220, 3))


def _furniture(
    rng: np.random.Generator,
    people: list[PlacedPerson],
    ground: float,
    preset: PeoplePreset,
    colours: list[np.ndarray],
) -> list[Primitive]:
    """Boxes and posts in front of some people."""
    found: list[Primitive] = []
    for person in people:
        if rng.random() >= preset.occlusion:
            continue
        nearest = float(person.keypoints[:, 2].min())
        z = nearest - rng.uniform(0.25, 0.6)
        if z < 0.8:
            continue
        x = float(person.keypoints[11:13, 0].sum() / 2) + rng.normal(0, 0.3)
        if rng.random() < 0.5:
            half = np.array([rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.55), 0.1])
            middle = ground - half[1]
        else:
            half = np.array([rng.uniform(0.03, 0.12), 1.5, 0.05])
            middle = ground - 1.5
        colour = rng.uniform(20, 230, 3)
        if rng.random() < 0.4:
            colour = colours[rng.integers(len(colours))]
        turn = about((0.0, 1.0, 0.0), rng.uniform(-0.6, 0.6))
        found.append(box(np.array([x, middle, z]), half, turn, colour))
    return found
