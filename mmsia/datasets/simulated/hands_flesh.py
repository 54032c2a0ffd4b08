"""The flesh around a hand's bones: tapered capsules, a palm, a forearm, nails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.hands_skeleton import (
    PosedHand,
    directions_to_camera,
    to_camera,
)
from mmsia.datasets.simulated.rendering.colours import sample_cloth, sample_skin
from mmsia.datasets.simulated.rendering.loft import loft
from mmsia.datasets.simulated.rendering.primitives import Capsule, Primitive
from mmsia.datasets.simulated.rendering.rotations import rotate
from mmsia.datasets.simulated.rendering.textures import Texture

PALM, FOREARM, NUM_PARTS = 0, 21, 22
"""Parts: a bone has the number of its outer keypoint, 1 to 20."""

_RADII = np.array(
    [
        (14.0, 11.5, 10.0, 8.0),
        (10.5, 9.0, 7.8, 6.3),
        (10.5, 9.2, 8.0, 6.4),
        (10.0, 8.8, 7.6, 6.2),
        (9.2, 7.6, 6.6, 5.5),
    ]
)
"""(5, 4) radius at each keypoint of a finger, mm."""
_PALM_HALF = 15.0


@dataclass(frozen=True)
class HandLook:
    """Colours.

    Attributes:
        skin: (3,) BGR.
        sleeve: (3,) BGR.
        sleeve_start: Where the sleeve begins, mm from the wrist.
        blotches: Texture of the skin.
        cloth: Texture of the sleeve, or None.
    """

    skin: np.ndarray
    sleeve: np.ndarray
    sleeve_start: float
    blotches: Texture
    cloth: Texture | None


def sample_look(rng: np.random.Generator) -> HandLook:
    """Draw the colours of a hand and its sleeve."""
    skin = sample_skin(rng)
    seed = int(rng.integers(1000))
    blotches = Texture(
        "noise", tuple(skin * (0.78, 0.78, 0.9)), 0.09, strength=0.45, seed=seed
    )
    sleeve, cloth = sample_cloth(rng, 1.5, 4.0)
    start = rng.uniform(20, 60) if rng.random() < 0.6 else 500.0
    return HandLook(skin, sleeve, float(start), blotches, cloth)


def flesh(
    hand: PosedHand,
    forearm: np.ndarray,
    look: HandLook,
    rotation: np.ndarray,
    centre: np.ndarray,
    instance: int = 0,
) -> list[Primitive]:
    """All primitives of a hand, in the camera's frame.

    Args:
        hand: The posed hand.
        forearm: (3, 3) axes of the forearm.
        look: Colours.
        rotation: (3, 3) of the hand's frame.
        centre: (3,) where the wrist lies, mm.
        instance: Whose it is.
    """
    lines = [*_fingers(hand), *_palm_lines(hand)]
    ends = np.array([(start, end) for start, end, *_ in lines])
    ends = to_camera(hand, ends, rotation, centre)
    nail = np.clip(look.skin * 0.75 + 70, 0, 255)
    found: list[Primitive] = []
    for (start, end), (_, _, *radii, part, is_nail) in zip(ends, lines, strict=True):
        colour, texture = (nail, None) if is_nail else (look.skin, look.blotches)
        found.append(Capsule(start, end, *radii, part, colour, instance, texture))
    found.append(_palm(hand, look, rotation, centre, instance))
    found += _forearm(hand, forearm, look, rotation, centre, instance)
    return found


def own_parts() -> np.ndarray:
    """(21, NUM_PARTS) whether seeing a part means seeing a keypoint."""
    own = np.zeros((21, NUM_PARTS), dtype=bool)
    for keypoint in range(21):
        own[keypoint, keypoint] = True
        if keypoint % 4 and keypoint:
            own[keypoint, keypoint + 1] = True
    own[[0, 1, 5, 9, 13, 17], PALM] = True
    own[0, FOREARM] = True
    return own


def joint_depths(hand: PosedHand) -> np.ndarray:
    """(21,) how far under the skin keypoints may lie and count as seen, mm.

    The radius of the flesh and a half of it again, for slanted views.
    """
    radii = np.concatenate([[_PALM_HALF + 3.0], _RADII.ravel()])
    radii[1] = radii[[5, 9, 13, 17]].max() + 6.0
    return 1.5 * radii * hand.shape.thickness


Line = tuple[np.ndarray, np.ndarray, float, float, int, bool]


def _fingers(hand: PosedHand) -> list[Line]:
    thick = hand.shape.thickness
    lines: list[Line] = []
    for finger in range(5):
        radii = _RADII[finger] * thick
        chain = hand.joints[4 * finger + 1 : 4 * finger + 5].copy()
        along, palmwards = hand.frames[finger, 3][:, 1], hand.frames[finger, 3][:, 2]
        # the tip keypoint lies a little under the skin of the finger's end
        chain[3] = chain[3] - along * radii[3] * 0.55
        for bone in range(3):
            part = 4 * finger + 2 + bone
            ends = chain[bone], chain[bone + 1]
            lines.append((*ends, radii[bone], radii[bone + 1], part, False))
        root = chain[2] + (chain[3] - chain[2]) * 0.62 - palmwards * radii[3] * 0.42
        end = chain[3] + along * radii[3] * 0.15 - palmwards * radii[3] * 0.42
        part = 4 * finger + 4
        lines.append((root, end, radii[3] * 0.72, radii[3] * 0.62, part, True))
    return lines


def _palm_lines(hand: PosedHand) -> list[Line]:
    """Metacarpals, the ball of the thumb, the little finger's side, the web."""
    thick = hand.shape.thickness
    joints = hand.joints
    lines: list[Line] = []
    for finger in range(1, 5):
        knuckle = joints[4 * finger + 1]
        root = knuckle * (0.35, 0.12, 0.0)
        radius = _RADII[finger, 0] * thick
        lines.append((root, knuckle, 12.0 * thick, radius, PALM, False))
    up = np.array([0.0, 0.0, 4.0])
    ball, thumb = joints[1] * 0.75 + up, joints[1] * 0.3 + joints[2] * 0.7
    lines.append((ball, thumb, 15.0 * thick, 12.0 * thick, PALM, False))
    side = joints[17] * (0.75, 0.25, 0.0) + up, joints[17] * (0.95, 0.8, 1.0) + up
    lines.append((*side, 13.0 * thick, 10.5 * thick, PALM, False))
    for share, radius in ((0.55, 7.5), (0.8, 6.0)):
        web = joints[1] * (1 - share) + joints[2] * share
        other = joints[5] * (0.35 + 0.4 * share)
        lines.append((web, other, radius * thick, radius * thick, PALM, False))
    return lines


def _palm(
    hand: PosedHand,
    look: HandLook,
    rotation: np.ndarray,
    centre: np.ndarray,
    instance: int,
) -> Primitive:
    thick = hand.shape.thickness
    joints = hand.joints
    across = (joints[5] - joints[17]) / 2
    middle = (joints[5] + joints[17]) / 2
    shares = np.array([-0.06, 0.15, 0.45, 0.8, 1.0])
    widths = np.array([24.0, 29.0, 34.0, 37.0, 36.0])[:, None] * thick / 34.0
    depths = np.array([16.0, 17.0, 15.0, 12.0, 9.0])[:, None] * thick
    turned = np.clip(shares, 0, 1)[:, None]
    straight = np.array([34.0, 0.0, 0.0])
    sides = (straight * (1 - turned) + across * 1.1 * turned) * widths
    centres = middle * shares[:, None] + np.array([0.0, 0.0, 1.0])
    fronts = np.array([0.0, 0.0, -1.0]) * depths
    return _loft(
        hand,
        (centres, sides, fronts),
        (rotation, centre),
        part=PALM,
        colour=look.skin,
        instance=instance,
        texture=Texture("noise", look.blotches.colour, 1.7, strength=0.45),
    )


def _forearm(
    hand: PosedHand,
    forearm: np.ndarray,
    look: HandLook,
    rotation: np.ndarray,
    centre: np.ndarray,
    instance: int,
) -> list[Primitive]:
    thick = hand.shape.thickness
    found: list[Primitive] = []
    cut = min(look.sleeve_start, 260.0)
    pieces = [((12.0, -25.0, -cut), 1.0, look.skin, None)]
    if cut < 260.0:
        pieces.append(
            ((10.0 - cut, -cut - 30.0, -300.0), 1.22, look.sleeve, look.cloth)
        )
    for places, wider, colour, texture in pieces:
        along = np.array(places)[::-1]
        swelling = 1.0 + np.clip(-along - 20.0, 0, 130) * 0.004
        zero = np.zeros_like(along)
        sides = np.stack([24.0 * thick * wider * swelling, zero, zero], axis=1)
        fronts = np.stack([zero, zero, -17.0 * thick * wider * swelling], axis=1)
        way = np.stack([zero, along, zero], axis=1)
        rings = tuple(rotate(forearm, part) for part in (way, sides, fronts))
        found.append(
            _loft(
                hand,
                rings,
                (rotation, centre),
                part=FOREARM,
                colour=colour,
                instance=instance,
                texture=texture,
            )
        )
    return found


def _loft(
    hand: PosedHand,
    rings: tuple[np.ndarray, ...],
    place: tuple[np.ndarray, np.ndarray],
    *,
    part: int,
    colour: np.ndarray,
    instance: int,
    texture: Texture | None,
) -> Primitive:
    rotation, centre = place
    centres, sides, fronts = rings
    # a mirrored tube is inside out: one axis is turned round
    sign = -1.0 if hand.shape.left else 1.0
    return loft(
        to_camera(hand, centres, rotation, centre),
        directions_to_camera(hand, sides, rotation),
        directions_to_camera(hand, fronts, rotation) * sign,
        part=part,
        colour=colour,
        instance=instance,
        squareness=0.5 if part == PALM else 0.0,
        textures={part: texture} if texture is not None else None,
    )
