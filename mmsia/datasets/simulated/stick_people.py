"""Articulated 2D people with COCO's 17 keypoints, sampled from plain rules.

A person is a chain of segments whose lengths are fractions of the stature. Turning
about the vertical axis squeezes the lateral widths and moves the face; segments are
foreshortened at random. Nothing here is fitted to a data set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COCO_KEYPOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip"),
    *("left_knee", "right_knee", "left_ankle", "right_ankle"),
)
# Drawn from far to near: (from, to, width as a fraction of the stature).
CAPSULES = (
    *((11, 13, 0.095), (13, 15, 0.075), (12, 14, 0.095), (14, 16, 0.075)),
    *((5, 11, 0.10), (6, 12, 0.10), (5, 6, 0.09), (11, 12, 0.10)),
    *((5, 12, 0.12), (6, 11, 0.12)),
    *((5, 7, 0.065), (7, 9, 0.055), (6, 8, 0.065), (8, 10, 0.055)),
)
HEAD_RADIUS = 0.068

_TORSO, _NECK, _UPPER_ARM, _FOREARM, _THIGH, _SHIN = 0.29, 0.13, 0.17, 0.15, 0.24, 0.24
_SHOULDER, _HIP = 0.115, 0.085


@dataclass(frozen=True)
class StickPerson:
    """One person at stature 1, upright, hips at the origin.

    Attributes:
        keypoints: (17, 2) x right, y down.
        hidden: (17,) whether the own head covers the keypoint (v = 1 at most).
        head: (2,) centre of the head.
    """

    keypoints: np.ndarray
    hidden: np.ndarray
    head: np.ndarray


def sample_person(rng: np.random.Generator) -> StickPerson:
    """Draw a pose: view, lean, arms and legs."""
    turn = rng.normal(0, 0.5) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
    lean = rng.normal(0, 0.15)
    up = np.array([np.sin(lean), -np.cos(lean)])
    # The person's left is on the image's right when they face the camera.
    side = np.array([np.cos(lean), np.sin(lean)]) * np.cos(turn)
    points = np.zeros((17, 2))
    neck = _TORSO * rng.uniform(0.85, 1.0) * up
    legs = rng.choice(3, p=(0.55, 0.25, 0.20))
    for sign, arm, leg in (
        (1, (5, 7, 9), (11, 13, 15)),
        (-1, (6, 8, 10), (12, 14, 16)),
    ):
        outward = np.sign(side[0]) * sign if side[0] else sign
        points[arm[0]] = neck + sign * _SHOULDER * side
        points[leg[0]] = sign * _HIP * side
        _bend(points, arm, _arm_angles(rng), outward, (_UPPER_ARM, _FOREARM), rng)
        _bend(points, leg, _leg_angles(rng, legs), outward, (_THIGH, _SHIN), rng)
    head = neck + _NECK * up + rng.normal(0, 0.012, 2)
    hidden = _face(points, head, up, side, turn)
    return StickPerson(points, hidden, head)


def place(
    person: StickPerson, stature: float, rotation: float, centre: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (17, 2) and head (2,) in image pixels.

    Args:
        person: A sampled person.
        stature: Pixels.
        rotation: Radians, in the image plane.
        centre: (2,) pixels where the middle of the keypoints comes to lie.
    """
    cosine, sine = np.cos(rotation), np.sin(rotation)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    both = np.vstack([person.keypoints, person.head]) @ turn.T * stature
    both += centre - (both[:17].min(0) + both[:17].max(0)) / 2
    return both[:17], both[17]


def _bend(
    points: np.ndarray,
    joints: tuple[int, int, int],
    angles: tuple[float, float],
    outward: float,
    lengths: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Place the second and third joint; angles are from straight down, outward."""
    for here, there, angle, length in zip(
        joints[:2], joints[1:], angles, lengths, strict=True
    ):
        direction = np.array([outward * np.sin(angle), np.cos(angle)])
        points[there] = points[here] + length * rng.uniform(0.75, 1.0) * direction


def _arm_angles(rng: np.random.Generator) -> tuple[float, float]:
    mean, spread = ((0.15, 0.2), (1.3, 0.4), (2.6, 0.3))[
        rng.choice(3, p=(0.6, 0.3, 0.1))
    ]
    upper = rng.normal(mean, spread)
    return upper, upper + rng.normal(0.2, 0.7)


def _leg_angles(rng: np.random.Generator, mode: int) -> tuple[float, float]:
    """Standing, walking or sitting."""
    mean, spread, knee = ((0.06, 0.08, 0.05), (0.1, 0.35, 0.3), (1.1, 0.25, 0.2))[mode]
    thigh = rng.normal(mean, spread)
    return thigh, rng.normal(0.0 if mode == 2 else thigh, knee)


def _face(
    points: np.ndarray,
    head: np.ndarray,
    up: np.ndarray,
    side: np.ndarray,
    turn: float,
) -> np.ndarray:
    """Place nose, eyes and ears; return which of the 17 the head itself covers."""
    across = np.array([-up[1], up[0]])
    ahead = across * np.sin(turn)
    points[0] = head + 0.055 * ahead - 0.005 * up
    for index, sign in ((1, 1), (2, -1)):
        points[index] = head + sign * 0.026 * side + 0.045 * ahead + 0.022 * up
    for index, sign in ((3, 1), (4, -1)):
        points[index] = head + sign * 0.058 * side - 0.012 * ahead + 0.008 * up
    hidden = np.zeros(17, dtype=bool)
    hidden[:3] = np.cos(turn) < -0.3
    # Turned to the image's right, the person's right ear faces the camera.
    hidden[3] = np.sin(turn) > 0.6
    hidden[4] = np.sin(turn) < -0.6
    return hidden
