"""People's bones: COCO's 17 keypoints from joint angles of everyday poses.

The frame of a body, in statures: x to the person's left, y up, z where they face; the
origin lies between the hips. Proportions are rounded figures of human anatomy with
variation; nothing is fitted to a data set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import about, matmul, rotate

POSES = ("stand", "walk", "cheer", "sit", "bend", "crouch", "jump", "lie")
_ORDINARY = np.array([0.62, 0.38])
_UNUSUAL = np.array([0.16, 0.30, 0.16, 0.12, 0.18, 0.08])
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

# Flexion of hip and knee, spreading of the leg, flexion and spreading of the arm at
# the shoulder, flexion of the elbow, lean of the trunk: (mean, spread) in degrees.
_ANGLES = {
    "stand": ((2, 5), (4, 5), (4, 3), (0, 18), (10, 8), (25, 25), (0, 5)),
    "walk": ((2, 8), (12, 8), (2, 2), (0, 10), (8, 6), (30, 20), (4, 4)),
    "cheer": ((2, 5), (4, 5), (6, 4), (10, 25), (140, 22), (25, 25), (0, 6)),
    "sit": ((86, 8), (84, 14), (9, 6), (30, 20), (8, 8), (60, 28), (-2, 10)),
    "bend": ((0, 8), (12, 10), (6, 4), (55, 25), (8, 8), (20, 18), (62, 16)),
    "crouch": ((108, 10), (125, 12), (14, 8), (45, 22), (10, 8), (50, 28), (28, 10)),
    "jump": ((20, 22), (45, 30), (14, 9), (20, 40), (95, 38), (30, 25), (5, 12)),
    "lie": ((10, 18), (20, 20), (8, 5), (10, 30), (30, 30), (35, 30), (0, 6)),
}
_LOW = np.array([-25, 0, -8, -55, -8, 0, -25], dtype=float)
_HIGH = np.array([125, 140, 45, 175, 170, 145, 95], dtype=float)


@dataclass(frozen=True)
class Body:
    """A posed person of stature 1, in the body's frame.

    Attributes:
        keypoints: (17, 3) COCO's order.
        pelvis: (3, 3) axes of hips as columns.
        trunk: (3, 3) axes of the chest.
        head: (3, 3) axes of the head.
        neck: (3,) between the shoulders.
        skull: (3,) middle of the head.
        hands: (2, 3) ends of the left and right hand.
        toes: (2, 3) ends of the feet.
        pose: One of `POSES`.
    """

    keypoints: np.ndarray
    pelvis: np.ndarray
    trunk: np.ndarray
    head: np.ndarray
    neck: np.ndarray
    skull: np.ndarray
    hands: np.ndarray
    toes: np.ndarray
    pose: str


def sample_body(rng: np.random.Generator, unusual: float) -> Body:
    """Draw proportions and a pose.

    Args:
        rng: Draws them.
        unusual: Probability of a pose other than standing and walking.
    """
    if rng.random() < unusual:
        pose = POSES[2 + rng.choice(len(_UNUSUAL), p=_UNUSUAL)]
    else:
        pose = POSES[rng.choice(2, p=_ORDINARY)]
    table = np.array(_ANGLES[pose], dtype=float)
    # both sides share half of their deviation: people are roughly symmetric
    shared, own = rng.normal(size=7), rng.normal(size=(2, 7))
    angles = table[:, 0] + table[:, 1] * (0.7 * shared + 0.7 * own)
    if pose == "walk":
        stride = rng.uniform(12, 32)
        angles[:, 0] += (stride, -stride * 0.7)
        angles[:, 1] += (0.0, stride * 0.8)
        angles[:, 3] += (-stride, stride)
    elif rng.random() < 0.25:
        # one arm does something else: waves, points, scratches the head
        arm = rng.integers(2)
        angles[arm, 3:6] = rng.uniform((0, 0, 0), (150, 110, 140))
    angles = np.radians(np.clip(angles, _LOW, _HIGH))
    return _build(rng, angles, pose)


def spine(
    pelvis: np.ndarray, trunk: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """A point (3,) of the spine and the axes (3, 3) there, not quite of length 1.

    Args:
        pelvis: (3, 3) axes of the hips.
        trunk: (3, 3) axes of the chest.
        height: Along the spine from between the hips, statures. Between -0.02 and
            0.10 the axes go over from one to the other.
    """
    low, high = -0.02, 0.10
    inside = min(max(height, low), high)
    share = (inside - low) / (high - low)
    # the integral of the share from 0 to the height
    of_trunk = ((inside - low) ** 2 - low**2) / (2 * (high - low))
    of_trunk += max(height - high, 0.0)
    point = pelvis[:, 1] * (height - of_trunk) + trunk[:, 1] * of_trunk
    return point, pelvis * (1 - share) + trunk * share


def _build(rng: np.random.Generator, angles: np.ndarray, pose: str) -> Body:
    lean, side, twist = angles[0, 6], rng.normal(0, 0.07), rng.normal(0, 0.15)
    pelvis = np.eye(3)
    if pose == "lie":
        pelvis = matmul(about(X, -math.pi / 2), about(Y, rng.uniform(-1.2, 1.2)))
    trunk = matmul(matmul(about(X, lean), about(Z, side)), about(Y, twist))
    trunk = matmul(pelvis, trunk)
    # the head looks ahead: it takes back a part of the lean
    nod = np.clip(rng.normal(-0.55 * lean, 0.18), -0.9, 0.6)
    turn = np.clip(rng.normal(0, 0.4), -1.1, 1.1)
    head = matmul(trunk, matmul(about(Y, turn), about(X, nod)))
    wide, tall = rng.uniform(0.9, 1.12), rng.uniform(0.95, 1.05)
    points = np.zeros((17, 3))
    neck, _ = spine(pelvis, trunk, 0.285 * tall)
    hands, toes = np.zeros((2, 3)), np.zeros((2, 3))
    for number, sign in enumerate((1.0, -1.0)):
        shoulder = neck + rotate(trunk, np.array([0.107 * wide * sign, -0.02, 0.0]))
        arm = _limb(trunk, -angles[number, 3], sign * angles[number, 4])
        bent = -angles[number, 5], sign * rng.normal(0.3, 0.4)
        lengths = (0.172 * tall, 0.152 * tall, 0.075)
        points[[5 + number, 7 + number, 9 + number]], hands[number] = _segments(
            shoulder, arm, bent, lengths
        )
        hip = rotate(pelvis, np.array([0.056 * wide * sign, 0.0, 0.0]))
        leg = _limb(pelvis, -angles[number, 0], sign * angles[number, 2])
        lengths = (0.245 / tall, 0.243 / tall, 0.0)
        joints, _ = _segments(hip, leg, (angles[number, 1], 0.0), lengths)
        points[[11 + number, 13 + number, 15 + number]] = joints
        foot = matmul(leg, about(X, angles[number, 1]))
        bent = about(X, rng.normal(-0.1, 0.12))
        forwards = rotate(matmul(foot, bent), np.array([0.015 * sign, -0.022, 0.1]))
        toes[number] = joints[2] + forwards
    skull = neck + rotate(trunk, np.array([0.0, 0.055, 0.006]))
    skull = skull + rotate(head, np.array([0.0, 0.062, 0.008]))
    points[:5] = skull + rotate(head, _FACE)
    return Body(points, pelvis, trunk, head, neck, skull, hands, toes, pose)


_FACE = np.array(
    [
        (0.0, -0.012, 0.066),
        (0.0185, 0.008, 0.051),
        (-0.0185, 0.008, 0.051),
        (0.0525, -0.006, -0.002),
        (-0.0525, -0.006, -0.002),
    ]
)
"""Nose, eyes and ears from the middle of the head."""


def _limb(frame: np.ndarray, flexion: float, spread: float) -> np.ndarray:
    """(3, 3) axes of an upper limb; it hangs along its -y."""
    return matmul(frame, matmul(about(Z, spread), about(X, flexion)))


def _segments(
    start: np.ndarray,
    upper: np.ndarray,
    bent: tuple[float, float],
    lengths: tuple[float, float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Three joints (3, 3) of a limb, and the end of its third segment (3,)."""
    down = np.array([0.0, -1.0, 0.0])
    middle = start + rotate(upper, down) * lengths[0]
    # the upper arm's twist turns the plane in which the elbow bends
    lower = matmul(upper, matmul(about(Y, -bent[1]), about(X, bent[0])))
    along = rotate(lower, down)
    end = middle + along * lengths[1]
    return np.stack([start, middle, end]), end + along * lengths[2]
