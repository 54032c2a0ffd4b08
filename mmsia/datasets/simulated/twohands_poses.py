"""Poses of two hands that have to do with each other.

Fingers bend within anatomical limits (degrees below), the outer joint with the middle
one. The hands are turned towards each other as in a prayer, a clasp, a stack, side by
side or anyhow; then one is brought up to the other until they touch or nearly so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import (
    about,
    cross,
    dot,
    matmul,
    uniform_rotation,
    unit,
)
from mmsia.datasets.simulated.twohands_contact import (
    Capsules,
    approach,
    bone_ends,
    own_gap,
)
from mmsia.ops.hand_mesh import HandModel, axis_angle, pose_hand

# Smallest and largest angle of the three joints of a finger: bending, then spreading.
BENDING = ((-15.0, 85.0), (0.0, 105.0), (-5.0, 75.0))
SPREADING = (-14.0, 14.0)
THUMB_BENDING = ((-15.0, 35.0), (-10.0, 50.0), (-10.0, 75.0))
THUMB_SPREADING = (-20.0, 20.0)
# Deepest overlap of capsules: of a hand with itself and of two hands, metres.
OWN_OVERLAP, PAIR_OVERLAP = 0.005, 0.002

_GESTURES = ("relaxed", "fist", "point", "flat", "grasp", "anyhow")
_MEETINGS = ("prayer", "clasp", "stack", "beside", "anyhow")
_THUMB_AXES = ((0.566, 0.0, 0.655), (0.437, -0.713, 0.260))
_HALF = math.pi
# How far forearms lean forwards and sidewards, radians.
_LEAN = 0.35


@dataclass(frozen=True)
class PosedHand:
    """A hand in the world.

    Attributes:
        root: (3,) axis-angle of the whole hand.
        pose: (45,) axis-angles as differences from the mean pose.
        shape: (10,) shape numbers.
        trans: (3,) metres.
        vertices: (778, 3) metres.
        joints: (16, 3) metres.
        radii: (20,) of its capsules.
    """

    root: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    trans: np.ndarray
    vertices: np.ndarray
    joints: np.ndarray
    radii: np.ndarray

    @property
    def capsules(self) -> Capsules:
        """The capsules around its bones."""
        return Capsules(bone_ends(self.joints, self.vertices), self.radii)


def draw_pair(
    models: dict[str, HandModel],
    shape: np.ndarray,
    radii: np.ndarray,
    rng: np.random.Generator,
    *,
    apart: float = 0.3,
    bend: float = 1.0,
    spin: float = 0.8,
) -> dict[str, PosedHand]:
    """Draw two hands of one person that meet, around the origin.

    Args:
        models: "left" and "right".
        shape: (10,) shape numbers of the person.
        radii: (20,) of the capsules of the person's hands.
        rng: Source of randomness.
        apart: Probability that they do not touch; a third of these are 15 to 50 mm
            from each other, the others nearer.
        bend: Share of the bending that the gestures ask for.
        spin: Largest turn of the person about the vertical, radians.
    """
    turns = _draw_turns(spin, rng)
    hands = {}
    for side in ("right", "left"):
        root = axis_angle(turns[side])
        pose = draw_pose(models[side], side, shape, radii, rng, bend)
        hands[side] = place_hand(models[side], root, pose, shape, np.zeros(3), radii)
    towards = turns["towards"]
    kind = rng.random()
    low, high = (0.015, 0.05) if kind < apart / 3 else (0.001, 0.015)
    if kind >= apart:
        low, high = -PAIR_OVERLAP + 3e-4, 0.001
    # Start with the middles of both hands on the line of approach.
    offset = hands["right"].vertices.sum(axis=0) - hands["left"].vertices.sum(axis=0)
    offset = offset / 778 + rng.normal(0, 0.022, 3)
    left = hands["left"].capsules.moved(offset)
    shift = offset + approach(
        hands["right"].capsules, left, towards, float(rng.uniform(low, high))
    )
    hands["left"] = _shifted(hands["left"], shift)
    middle = hands["left"].vertices.sum(axis=0) + hands["right"].vertices.sum(axis=0)
    middle = middle / (2 * 778) - rng.normal(0, 0.01, 3)
    return {side: _shifted(hand, -middle) for side, hand in hands.items()}


def place_hand(
    model: HandModel,
    root: np.ndarray,
    pose: np.ndarray,
    shape: np.ndarray,
    trans: np.ndarray,
    radii: np.ndarray,
) -> PosedHand:
    """Pose a hand and keep what it was posed by."""
    vertices, joints = pose_hand(model, root, pose, shape, trans)
    return PosedHand(root, pose, shape, trans, vertices, joints, radii)


def draw_pose(
    model: HandModel,
    side: str,
    shape: np.ndarray,
    radii: np.ndarray,
    rng: np.random.Generator,
    bend: float = 1.0,
) -> np.ndarray:
    """(45,) pose as a difference from the mean, without fingers inside each other."""
    still = np.zeros(3)
    gentle = bend
    while True:
        pose = _joint_angles(rng, gentle)
        if side == "left":
            pose = pose * np.array([1.0, -1.0, -1.0])
        pose = pose.reshape(45) - model.hands_mean
        vertices, joints = pose_hand(model, still, pose, shape, still)
        if own_gap(Capsules(bone_ends(joints, vertices), radii)) > -OWN_OVERLAP:
            return pose
        # Flat fingers never meet, so that this ends.
        gentle *= 0.85


def _joint_angles(rng: np.random.Generator, gentle: float) -> np.ndarray:
    """(15, 3) axis-angles of the joints of a right hand."""
    angles = np.zeros((15, 3))
    curls = _curls(rng)
    fan = float(rng.uniform(-3, 9))
    for f in range(4):
        curl = float(curls[f])
        bends = [
            curl * (high - low) * 0.9 + low * 0.3 + float(rng.normal(0, 7))
            for low, high in BENDING
        ]
        bends[2] = bends[1] * 0.62 + float(rng.normal(0, 5))
        # The fan opens from the middle finger and closes as the fingers bend.
        place = (1.0, 0.0, -2.0, -1.0)[f]
        spread = (place * fan + float(rng.normal(0, 3))) * (1 - 0.8 * min(curl, 1))
        for bone, bend in enumerate(bends):
            bend = min(max(bend, BENDING[bone][0]), BENDING[bone][1]) * gentle
            turn = about((0, 0, 1), math.radians(bend))
            if bone == 0:
                spread = min(max(spread, SPREADING[0]), SPREADING[1]) * gentle
                turn = matmul(about((0, 1, 0), math.radians(spread)), turn)
            angles[3 * f + bone] = axis_angle(turn)
    angles[12:] = _thumb_angles(rng, float(curls[4]), gentle)
    return angles


def _thumb_angles(rng: np.random.Generator, curl: float, gentle: float) -> np.ndarray:
    angles = np.zeros((3, 3))
    for bone, (low, high) in enumerate(THUMB_BENDING):
        bend = low * 0.3 + curl * (high - low) * 0.9 + float(rng.normal(0, 6))
        bend = min(max(bend, low), high) * gentle
        axis = unit(np.array(_THUMB_AXES[bone > 0]))
        turn = about(axis, math.radians(bend))
        if bone == 0:
            spread = float(rng.uniform(*THUMB_SPREADING)) * gentle
            turn = matmul(about((0, 1, 0), math.radians(spread)), turn)
        angles[bone] = axis_angle(turn)
    return angles


def _curls(rng: np.random.Generator) -> np.ndarray:
    """(5,) how far each finger is bent, 0 to 1, by gesture."""
    gesture = _GESTURES[rng.integers(len(_GESTURES))]
    if gesture == "anyhow":
        return rng.uniform(0, 0.9, 5)
    base = {"relaxed": 0.25, "fist": 0.85, "point": 0.8, "flat": 0.05, "grasp": 0.5}
    curls = base[gesture] + rng.normal(0, 0.07, 5)
    if gesture == "point":
        curls[: 1 + rng.integers(3)] = rng.uniform(0, 0.15)
    return np.clip(curls, 0, 1)


def _draw_turns(spin: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rotations of both hands, and the direction from the right to the left one."""
    meeting = _MEETINGS[rng.integers(len(_MEETINGS))]
    # A left hand at rest points the other way; half a turn about y aligns them.
    left = about((0, 1, 0), _HALF)
    palm = np.array([0.0, -1.0, 0.0])
    towards = palm
    if meeting in ("prayer", "clasp"):
        left = matmul(about((1, 0, 0), _HALF), left)
    if meeting == "clasp":
        left = matmul(about((0, 1, 0), float(rng.uniform(0.6, 2.2))), left)
    elif meeting == "stack":
        left = matmul(about((0, 1, 0), float(rng.uniform(-1.6, 1.6))), left)
        towards = palm * (1 if rng.random() < 0.5 else -1)
    elif meeting == "beside":
        towards = np.array([0.0, 0.0, 1.0])
    elif meeting == "anyhow":
        left = uniform_rotation(rng)
        towards = unit(rng.normal(0, 1, 3))
    for axis in np.eye(3):
        left = matmul(about(axis, float(rng.normal(0, 0.25))), left)
    towards = unit(towards + rng.normal(0, 0.2, 3))
    # The right forearm points along +x, the left one along -x of the resting hand.
    forearms = np.array([1.0, 0.0, 0.0]) - left[:, 0]
    world = _upright(forearms, towards, spin, rng)
    return {
        "right": world,
        "left": matmul(world, left),
        "towards": matmul(world, towards[:, None])[:, 0],
    }


def _upright(
    forearms: np.ndarray, across: np.ndarray, spin: float, rng: np.random.Generator
) -> np.ndarray:
    """(3, 3) turn into the world: forearms from below, the left hand on the right.

    Seen from the front, that is; the world's y is down and the front looks along z.

    Args:
        forearms: (3,) where both arms come from, on the whole.
        across: (3,) from the right to the left hand.
        spin: Largest turn about the vertical to both sides, radians.
        rng: Source of randomness.
    """
    down = unit(forearms) if float(dot(forearms, forearms)) > 0.1 else across
    if down is across:
        across = unit(rng.normal(0, 1, 3))
    right = across - down * dot(across, down)
    if float(dot(right, right)) < 1e-4:
        right = cross(down, unit(rng.normal(0, 1, 3)))
    right = unit(right)
    to_front = np.array([right, down, cross(right, down)])
    lean_x, lean_z = rng.normal(0, _LEAN, 2).tolist()
    lean = matmul(about((1, 0, 0), lean_x), about((0, 0, 1), lean_z))
    turn = about((0, 1, 0), float(rng.uniform(-spin, spin)))
    return matmul(matmul(turn, lean), to_front)


def _shifted(hand: PosedHand, shift: np.ndarray) -> PosedHand:
    return PosedHand(
        hand.root,
        hand.pose,
        hand.shape,
        hand.trans + shift,
        hand.vertices + shift,
        hand.joints + shift,
        hand.radii,
    )
