"""A hand's 21 keypoints in MMPose's Panoptic order, by anatomy: lengths and limits.

The frame of a right hand, in millimetres: the wrist is the origin, x points to the
thumb's side, y along the fingers, z out of the palm. Left hands are mirrored in x.
Lengths and limits are rounded figures of adult anatomy; nothing is fitted to a set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import (
    about,
    cross,
    matmul,
    rotate,
    unit,
)

FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
KEYPOINTS = ("wrist", *(f"{name}{k}" for name in FINGERS for k in range(1, 5)))
LINKS = tuple(
    (0 if k == 0 else 4 * f + k, 4 * f + k + 1) for f in range(5) for k in range(4)
)
"""Bones as pairs of keypoints, from the wrist outwards."""

_BASES = np.array(
    [
        (21.0, 20.0, 9.0),
        (24.0, 88.0, 1.0),
        (3.0, 90.0, -2.0),
        (-16.0, 83.0, 0.0),
        (-33.0, 73.0, 4.0),
    ]
)
_LENGTHS = np.array(
    [
        (44.0, 33.0, 27.0),
        (43.0, 26.0, 21.0),
        (47.0, 30.0, 22.0),
        (44.0, 28.0, 22.0),
        (35.0, 21.0, 19.0),
    ]
)
_FAN = np.array([0.0, 0.06, 0.0, -0.07, -0.16])
"""How far fingers at rest point to the thumb's side, radians."""

# Degrees, (lowest, highest): flexion of the three joints, then spreading.
LIMITS = np.array(
    [
        [(-15, 30), (-5, 55), (-15, 75), (-20, 25)],
        [(-20, 85), (0, 105), (0, 70), (-15, 15)],
        [(-20, 88), (0, 108), (0, 70), (-10, 10)],
        [(-20, 88), (0, 108), (0, 70), (-12, 12)],
        [(-20, 88), (0, 105), (0, 70), (-20, 12)],
    ],
    dtype=float,
)
"""(5 fingers, 4 angles, 2) anatomical limits, degrees."""


@dataclass(frozen=True)
class HandShape:
    """What stays the same about a hand.

    Attributes:
        bases: (5, 3) first keypoint of each finger, mm.
        lengths: (5, 3) the bones after it, mm.
        thickness: Factor of all radii.
        left: Whether it is a left hand.
    """

    bases: np.ndarray
    lengths: np.ndarray
    thickness: float
    left: bool


@dataclass(frozen=True)
class HandPose:
    """Joint angles.

    Attributes:
        angles: (5, 4) degrees: flexion of three joints, then spreading.
        wrist: (2,) degrees: flexion, and turn to the thumb's side, of the hand
            against the forearm.
    """

    angles: np.ndarray
    wrist: np.ndarray


@dataclass(frozen=True)
class PosedHand:
    """A hand in its own frame.

    Attributes:
        joints: (21, 3) mm.
        frames: (5, 4, 3, 3) axes of each bone as columns: across, along, palmwards;
            the first bone of a finger lies in the palm.
        shape: Its shape.
    """

    joints: np.ndarray
    frames: np.ndarray
    shape: HandShape


def sample_shape(rng: np.random.Generator) -> HandShape:
    """Draw the size, the length of each finger and of each bone, and the side."""
    size = rng.uniform(0.82, 1.12)
    fingers = rng.uniform(0.9, 1.1, (5, 1))
    bones = rng.uniform(0.94, 1.06, (5, 3))
    wide = np.array([rng.uniform(0.9, 1.1), rng.uniform(0.93, 1.07), 1.0])
    return HandShape(
        _BASES * wide * size,
        _LENGTHS * fingers * bones * size,
        float(size * rng.uniform(0.88, 1.12)),
        bool(rng.random() < 0.5),
    )


def sample_pose(
    rng: np.random.Generator, bend: float = 1.0, grasp: bool = False
) -> HandPose:
    """Draw angles inside the limits.

    Args:
        rng: Draws them.
        bend: Share of the limits that is used, 0 to 1.
        grasp: Whether the fingers close around something.
    """
    if grasp:
        curl = rng.uniform(0.4, 0.6) + rng.normal(0, 0.05, 5)
        curl[0] = rng.uniform(0.1, 0.5)
    elif rng.random() < 0.35:
        # each finger straight or bent by itself: pointing, counting, horns
        curl = np.where(rng.random(5) < 0.5, 0.05, 0.85) + rng.normal(0, 0.08, 5)
    else:
        curl = rng.uniform(-0.05, 1.0) + rng.normal(0, 0.15, 5)
    flexion = np.clip(curl[:, None] + rng.normal(0, 0.1, (5, 3)), 0, 1) * bend
    # the last joint follows the middle one, as tendons have it
    flexion[1:, 2] = np.clip(0.85 * flexion[1:, 1] + rng.normal(0, 0.08, 4), 0, bend)
    spread = np.clip(rng.normal(0, 0.4, 5) + rng.normal(0, 0.3), -1, 1)
    # bent fingers cannot be spread
    spread[1:] *= (1 - 0.8 * flexion[1:, 0]) * bend
    low, high = LIMITS[:, :, 0], LIMITS[:, :, 1]
    angles = np.empty((5, 4))
    angles[:, :3] = low[:, :3] + flexion * (high - low)[:, :3]
    angles[:, 3] = np.where(spread < 0, -low[:, 3] * spread, high[:, 3] * spread)
    wrist = np.clip(rng.normal(0, (22, 9)), (-60, -20), (60, 25)) * bend
    return HandPose(angles, wrist)


def between(start: HandPose, end: HandPose, share: float) -> HandPose:
    """The pose some share (0 to 1) of the way from one to another."""
    return HandPose(
        start.angles * (1 - share) + end.angles * share,
        start.wrist * (1 - share) + end.wrist * share,
    )


def pose_hand(shape: HandShape, pose: HandPose) -> PosedHand:
    """Forward kinematics.

    Args:
        shape: Bones.
        pose: Angles; they are taken as they are, limits are the sampler's.
    """
    joints = np.zeros((21, 3))
    frames = np.empty((5, 4, 3, 3))
    for finger in range(5):
        frame = _rest_frame(finger)
        frames[finger, 0] = np.eye(3)
        point = shape.bases[finger]
        joints[4 * finger + 1] = point
        spread = math.radians(pose.angles[finger, 3])
        # positive spreading goes to the thumb's side
        frame = matmul(frame, about((0.0, 0.0, 1.0), -spread))
        for bone in range(3):
            bent = math.radians(pose.angles[finger, bone])
            frame = matmul(frame, about((1.0, 0.0, 0.0), bent))
            frames[finger, bone + 1] = frame
            point = point + frame[:, 1] * shape.lengths[finger, bone]
            joints[4 * finger + 2 + bone] = point
    return PosedHand(joints, frames, shape)


def forearm_frame(pose: HandPose) -> np.ndarray:
    """(3, 3) axes of the forearm in the hand's frame; y points to the hand."""
    flexion, turn = (math.radians(angle) for angle in pose.wrist)
    return matmul(about((0.0, 0.0, 1.0), turn), about((1.0, 0.0, 0.0), -flexion))


def to_camera(
    hand: PosedHand, points: np.ndarray, rotation: np.ndarray, centre: np.ndarray
) -> np.ndarray:
    """Points (..., 3) of the hand's frame in the camera's.

    Args:
        hand: Tells left from right.
        points: mm.
        rotation: (3, 3) of the right hand's frame.
        centre: (3,) where the wrist lies, mm.
    """
    return directions_to_camera(hand, points, rotation) + centre


def directions_to_camera(
    hand: PosedHand, vectors: np.ndarray, rotation: np.ndarray
) -> np.ndarray:
    """Vectors (..., 3) of the hand's frame in the camera's."""
    if hand.shape.left:
        vectors = vectors * np.array([-1.0, 1.0, 1.0])
    return rotate(rotation, vectors)


def _rest_frame(finger: int) -> np.ndarray:
    """(3, 3) axes of a straight finger: across, along, towards the palm."""
    if finger:
        return about((0.0, 0.0, 1.0), -_FAN[finger])
    along = unit(np.array([0.62, 0.70, 0.36]))
    # the thumb bends across the palm
    inwards = np.array([-0.80, 0.10, 0.59])
    share = along[0] * inwards[0] + along[1] * inwards[1] + along[2] * inwards[2]
    inwards = unit(inwards - along * share)
    return np.stack([cross(along, inwards), along, inwards], axis=1)
