"""Pictures of hands: identity and motion of a sequence, camera, things around."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mmsia.datasets.simulated.hands_flesh import (
    HandLook,
    flesh,
    sample_look,
)
from mmsia.datasets.simulated.hands_skeleton import (
    HandPose,
    HandShape,
    PosedHand,
    between,
    forearm_frame,
    pose_hand,
    sample_pose,
    sample_shape,
    to_camera,
)
from mmsia.datasets.simulated.presets import HandsPreset
from mmsia.datasets.simulated.rendering.backgrounds import backdrop, clutter
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import box, occluder
from mmsia.datasets.simulated.rendering.primitives import NOTHING, Capsule, Primitive
from mmsia.datasets.simulated.rendering.rotations import (
    about,
    cos_sin,
    matmul,
    uniform_rotation,
)
from mmsia.datasets.simulated.rendering.scene import Light, Scene

CROP = 2.2
"""Side of a crop over the larger side of the keypoints' tight box."""
# A right hand with its palm to the camera and its fingers up.
_FACING = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Sequence:
    """What frames of one sequence share.

    Attributes:
        shape: The hand's bones.
        look: Its colours.
        poses: First and last pose.
        turns: (2, 3) radians at the first and last frame: in plane, pitch, yaw.
        distance: Of the wrist, mm.
        light: Light.
        background: (size, size, 3) uint8.
        held: Radius of a thing in the hand, mm, or 0.
        held_colour: (3,) BGR.
        seed: Of what clutters the background, the same in all frames.
    """

    shape: HandShape
    look: HandLook
    poses: tuple[HandPose, HandPose]
    turns: np.ndarray
    distance: float
    light: Light
    background: np.ndarray
    held: float
    held_colour: np.ndarray
    seed: int


@dataclass(frozen=True)
class HandScene:
    """One frame, ready to be drawn.

    Attributes:
        scene: The scene; the hand is instance 0.
        hand: The posed hand in its own frame.
        joints: (21, 3) keypoints in the camera's frame, mm.
    """

    scene: Scene
    hand: PosedHand
    joints: np.ndarray


def sample_sequence(rng: np.random.Generator, preset: HandsPreset) -> Sequence:
    """Draw what the frames of a sequence share."""
    held = rng.uniform(9, 30) if rng.random() < preset.held else 0.0
    poses = tuple(sample_pose(rng, preset.bend, held > 0) for _ in range(2))
    side = math.pi if rng.random() < 0.5 else 0.0
    first = np.array(
        [
            rng.uniform(-preset.rotation, preset.rotation),
            rng.normal(0, 0.5),
            side + rng.normal(0, 0.6),
        ]
    )
    direction = (rng.normal(0, 0.6), -rng.uniform(0.2, 1.0), -rng.uniform(0.3, 1.0))
    return Sequence(
        sample_shape(rng),
        sample_look(rng),
        poses,
        np.stack([first, first + rng.normal(0, (0.35, 0.25, 0.35))]),
        float(rng.uniform(380, 900)),
        Light(direction, rng.uniform(0.35, 0.6), rng.uniform(0.4, 0.65)),
        backdrop(rng, (preset.size, preset.size)),
        float(held),
        rng.uniform(10, 245, 3),
        int(rng.integers(2**31)),
    )


def build_scene(
    sequence: Sequence, share: float, rng: np.random.Generator, preset: HandsPreset
) -> HandScene:
    """Put a frame together.

    Args:
        sequence: Its sequence.
        share: Where in the sequence the frame lies, 0 to 1.
        rng: Draws what changes from frame to frame.
        preset: Difficulty.
    """
    pose = between(*sequence.poses, share)
    pose = HandPose(pose.angles + rng.normal(0, 1.5, (5, 4)), pose.wrist)
    hand = pose_hand(sequence.shape, pose)
    turns = sequence.turns[0] * (1 - share) + sequence.turns[1] * share
    rotation = _orientation(turns)
    wrist = np.array([0.0, 0.0, sequence.distance])
    joints = to_camera(hand, hand.joints, rotation, wrist)
    camera = crop_camera(joints, preset.size)
    frame = forearm_frame(pose)
    things = flesh(hand, frame, sequence.look, rotation, wrist)
    if sequence.held:
        things.append(_held(hand, sequence, rotation, wrist))
    colours = [sequence.look.skin, sequence.held_colour, sequence.look.sleeve]
    fixed = np.random.default_rng(sequence.seed)
    things += _second_hand(fixed, camera, sequence, preset)
    things += clutter(
        fixed,
        camera,
        int(fixed.poisson(preset.clutter)),
        depth=(sequence.distance * 1.5, sequence.distance * 2.0),
        radius=(preset.size / 60, preset.size / 20),
        colours=colours,
        textures=[sequence.look.blotches],
    )
    if rng.random() < preset.occlusion:
        things.append(_occluder(rng, camera, joints, colours))
    grain = rng.uniform(0.5, 3.0)
    scene = Scene(camera, things, sequence.background, sequence.light, grain)
    return HandScene(scene, hand, joints)


def crop_camera(points: np.ndarray, size: int) -> Camera:
    """The camera whose image is the square crop around keypoints, by the 2.2 rule.

    Args:
        points: (K, 3) in the camera's frame.
        size: Edge of the crop, pixels.

    Returns:
        A camera at the same place: the tight box of the projected points is centred
        and its larger side is the image's over `CROP`.
    """
    flat = points[:, :2] / points[:, 2:]
    low, high = flat.min(axis=0), flat.max(axis=0)
    focal = size / (CROP * float((high - low).max()))
    middle = (low + high) / 2 * focal
    centre = (size - 1) / 2 - middle
    return Camera((focal, focal), (float(centre[0]), float(centre[1])), (size, size))


def _orientation(turns: np.ndarray) -> np.ndarray:
    in_plane, pitch, yaw = turns
    turned = matmul(about((1.0, 0.0, 0.0), pitch), about((0.0, 1.0, 0.0), yaw))
    return matmul(about((0.0, 0.0, 1.0), in_plane), matmul(turned, _FACING))


def _held(
    hand: PosedHand, sequence: Sequence, rotation: np.ndarray, wrist: np.ndarray
) -> Primitive:
    """A rod or a ball between the palm and the bent fingers."""
    radius = sequence.held
    fixed = np.random.default_rng([sequence.seed, 1])
    knuckles = hand.joints[[5, 9, 13, 17]]
    across = (knuckles[0] - knuckles[3]) * 0.5
    middle = (knuckles[0] + knuckles[3]) * 0.5
    place = middle * 0.82 + np.array([0.0, 0.0, 12.0 + radius])
    reach = fixed.uniform(1.2, 3.5) if fixed.random() < 0.7 else 0.1
    ends = np.stack([place - across * reach, place + across * reach])
    ends = to_camera(hand, ends, rotation, wrist)
    return Capsule(*ends, radius, radius, NOTHING, sequence.held_colour, NOTHING)


def _second_hand(
    rng: np.random.Generator, camera: Camera, sequence: Sequence, preset: HandsPreset
) -> list[Primitive]:
    """A second hand, often of the same skin, that is not the one to be found."""
    if rng.random() >= preset.second_hand:
        return []
    shape, pose = sample_shape(rng), sample_pose(rng, preset.bend)
    look = sample_look(rng)
    if rng.random() < 0.6:
        look = replace(look, skin=sequence.look.skin, blotches=sequence.look.blotches)
    hand = pose_hand(shape, pose)
    away = np.array(cos_sin(rng.uniform(0, 2 * math.pi)))
    middle = (camera.size[0] - 1) / 2 + away * camera.size[0] * rng.uniform(0.3, 0.5)
    depth = float(sequence.distance * rng.uniform(1.0, 1.3))
    rotation = uniform_rotation(rng)
    wrist = camera.unproject(middle, depth)
    inner = to_camera(hand, hand.joints[9], rotation, wrist) - wrist
    return flesh(hand, forearm_frame(pose), look, rotation, wrist - inner, instance=1)


def _occluder(
    rng: np.random.Generator,
    camera: Camera,
    joints: np.ndarray,
    colours: list[np.ndarray],
) -> Primitive:
    """A box or a bar in front of some keypoints."""
    depth = float(joints[:, 2].min()) * rng.uniform(0.7, 0.85)
    target = camera.project(joints[rng.integers(21)])
    place = target + rng.normal(0, camera.size[0] * 0.05, 2)
    colour = colours[rng.integers(len(colours))]
    if rng.random() < 0.4:
        colour = rng.uniform(0, 255, 3)
    size = camera.size[0] * rng.uniform(0.12, 0.3)
    if rng.random() < 0.5:
        return occluder(rng, camera, place, size, depth, colour)
    long = np.array([camera.size[0] * 2.0, size * 0.25, size * 0.1])
    turn = about((0.0, 0.0, 1.0), rng.uniform(0, math.pi))
    centre = camera.unproject(place, depth)
    return box(centre, long * depth / camera.focal[0] / 2, turn, colour)
