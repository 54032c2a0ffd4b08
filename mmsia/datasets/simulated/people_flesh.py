"""What people look like: limbs, trunk, head with face and hair, clothes, shoes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.people_skeleton import Body, spine
from mmsia.datasets.simulated.rendering.colours import (
    sample_cloth,
    sample_hair,
    sample_skin,
)
from mmsia.datasets.simulated.rendering.loft import loft
from mmsia.datasets.simulated.rendering.primitives import Capsule, Primitive
from mmsia.datasets.simulated.rendering.rotations import dot, rotate
from mmsia.datasets.simulated.rendering.textures import Texture

HEAD, HAIR, TRUNK, NUM_PARTS = 0, 1, 2, 11
"""Then, left before right: upper arms 3, lower 5, thighs 7, shins with feet 9."""
_UPPER_ARM, _LOWER_ARM, _THIGH, _SHIN = 3, 5, 7, 9


@dataclass(frozen=True)
class Clothes:
    """What a group may share.

    Attributes:
        shirt: (3,) BGR.
        pattern: Of the shirt, or None.
        trousers: (3,) BGR.
        shoes: (3,) BGR.
        long_sleeves: Whether they reach the wrist.
        long_trousers: Whether they reach the ankle.
        skirt: Whether there is a skirt over the legs.
    """

    shirt: np.ndarray
    pattern: Texture | None
    trousers: np.ndarray
    shoes: np.ndarray
    long_sleeves: bool
    long_trousers: bool
    skirt: bool


@dataclass(frozen=True)
class Looks:
    """One person's own.

    Attributes:
        clothes: Clothes.
        skin: (3,) BGR.
        hair: (3,) BGR.
        style: 0 bald, 1 short, 2 long.
        build: Factor of all radii.
    """

    clothes: Clothes
    skin: np.ndarray
    hair: np.ndarray
    style: int
    build: float


def sample_clothes(rng: np.random.Generator) -> Clothes:
    """Draw clothes."""
    shirt, pattern = sample_cloth(rng, 1.5, 3.5)
    return Clothes(
        shirt,
        pattern,
        sample_cloth(rng, 1, 2)[0] * rng.uniform(0.4, 1.0),
        rng.uniform(10, 230, 3),
        bool(rng.random() < 0.5),
        bool(rng.random() < 0.7),
        bool(rng.random() < 0.15),
    )


def sample_looks(rng: np.random.Generator, clothes: Clothes | None = None) -> Looks:
    """Draw a person's looks, in given clothes or some of their own."""
    return Looks(
        sample_clothes(rng) if clothes is None else clothes,
        sample_skin(rng),
        sample_hair(rng),
        int(rng.choice(3, p=(0.12, 0.53, 0.35))),
        float(rng.uniform(0.85, 1.2)),
    )


def flesh(
    body: Body,
    looks: Looks,
    rotation: np.ndarray,
    origin: np.ndarray,
    stature: float,
    instance: int,
) -> list[Primitive]:
    """All primitives of a person in the camera's frame.

    Args:
        body: The posed body, of stature 1.
        looks: Colours and build.
        rotation: (3, 3) from the body's frame.
        origin: (3,) where the middle of the hips lies, metres.
        stature: Metres.
        instance: Whose it is.
    """
    lines = [*_arms(body, looks), *_legs(body, looks), *_head(body, looks)]
    ends = np.array([(line[0], line[1]) for line in lines])
    ends = rotate(rotation, ends * stature) + origin
    found: list[Primitive] = [
        Capsule(
            *(start, end, line[2] * stature, line[3] * stature),
            *(line[4], line[5], instance, line[6]),
        )
        for (start, end), line in zip(ends, lines, strict=True)
    ]
    for rings, colours, pattern in _trunk(body, looks):
        centres, sides, fronts = (rotate(rotation, r * stature) for r in rings)
        found.append(
            loft(
                centres + origin,
                sides,
                fronts,
                part=TRUNK,
                colour=colours,
                instance=instance,
                squareness=0.4,
                textures=None if pattern is None else {TRUNK: pattern},
            )
        )
    return found


def own_parts() -> np.ndarray:
    """(17, NUM_PARTS) whether seeing a part means seeing a keypoint."""
    own = np.zeros((17, NUM_PARTS), dtype=bool)
    own[:5, HEAD] = True
    own[3:5, HAIR] = True
    for side in range(2):
        own[5 + side, [TRUNK, _UPPER_ARM + side]] = True
        own[7 + side, [_UPPER_ARM + side, _LOWER_ARM + side]] = True
        own[9 + side, _LOWER_ARM + side] = True
        own[11 + side, [TRUNK, _THIGH + side]] = True
        own[13 + side, [_THIGH + side, _SHIN + side]] = True
        own[15 + side, _SHIN + side] = True
    return own


JOINT_DEPTHS = np.repeat(
    [0.03, 0.03, 0.03, 0.065, 0.09, 0.08, 0.095, 0.10, 0.10],
    [1, 2, 2, 2, 2, 2, 2, 2, 2],
)
"""(17,) how far under the surface a keypoint may lie and count as seen, in statures.

In the head and the trunk that is the flesh's radius and about a half of it again, so
that a face is not seen from behind. Limbs are thin and have parts of their own: there
it also lets a joint count whose forearm, hand or foot points at the camera.
"""

Line = tuple[np.ndarray, np.ndarray, float, float, int, np.ndarray, Texture | None]


def _arms(body: Body, looks: Looks) -> list[Line]:
    clothes, build, points = looks.clothes, looks.build, body.keypoints
    lines: list[Line] = []
    for side in range(2):
        shoulder, elbow, wrist = points[5 + side], points[7 + side], points[9 + side]
        upper, lower = _UPPER_ARM + side, _LOWER_ARM + side
        skin = looks.skin, None
        cloth = clothes.shirt, _on_limbs(clothes.pattern)
        fore = cloth if clothes.long_sleeves else skin
        radii = np.array([0.034, 0.027, 0.026, 0.019]) * build
        root = body.neck + (shoulder - body.neck) * 0.2
        lines.append((root, shoulder, 0.027 * build, radii[0] * 0.95, TRUNK, *cloth))
        lines.append((shoulder, elbow, radii[0], radii[1], upper, *fore))
        if not clothes.long_sleeves:
            end = shoulder + (elbow - shoulder) * 0.55
            sleeve = radii[0] * 1.08, radii[0] * 1.02
            lines.append((shoulder, end, *sleeve, upper, *cloth))
        lines.append((elbow, wrist, radii[2], radii[3], lower, *fore))
        palm = wrist + (body.hands[side] - wrist) * 0.6
        lines.append((wrist, palm, 0.018 * build, 0.022 * build, lower, *skin))
        fingers = 0.017 * build, 0.012 * build
        lines.append((palm, body.hands[side], *fingers, lower, *skin))
    return lines


def _legs(body: Body, looks: Looks) -> list[Line]:
    clothes, build, points = looks.clothes, looks.build, body.keypoints
    lines: list[Line] = []
    for side in range(2):
        hip, knee, ankle = points[11 + side], points[13 + side], points[15 + side]
        thigh, shin = _THIGH + side, _SHIN + side
        bare = clothes.skirt
        skin, cloth = (looks.skin, None), (clothes.trousers, None)
        above = skin if bare else cloth
        below = cloth if clothes.long_trousers and not bare else skin
        radii = np.array([0.053, 0.037, 0.036, 0.024]) * build
        lines.append((hip, knee, radii[0], radii[1], thigh, *above))
        calf = knee + (ankle - knee) * 0.3
        lines.append((knee, calf, radii[2], radii[2] * 1.05, shin, *below))
        lines.append((calf, ankle, radii[2] * 1.05, radii[3], shin, *below))
        heel = ankle + (ankle - knee) * 0.06
        shoe = (clothes.shoes, None)
        lines.append((heel, body.toes[side], 0.024, 0.018, shin, *shoe))
    return lines


def _head(body: Body, looks: Looks) -> list[Line]:
    points = body.keypoints

    def at(x: float, y: float, z: float) -> np.ndarray:
        return body.skull + rotate(body.head, np.array([x, y, z]))

    skin, hair = (looks.skin, None), (looks.hair, None)
    white, iris = (np.full(3, 235.0), None), (np.full(3, 30.0), None)
    lips = (looks.skin * (0.6, 0.55, 0.85), None)
    neck = body.neck - rotate(body.trunk, np.array([0.0, 0.01, 0.0]))
    lines: list[Line] = [
        (neck, at(0, -0.03, -0.008), 0.030, 0.028, TRUNK, *skin),
        (at(0, -0.032, 0.016), at(0, 0.018, -0.004), 0.036, 0.055, HEAD, *skin),
        (at(0, 0.004, 0.052), points[0], 0.007, 0.010, HEAD, *skin),
        (
            at(-0.014, -0.034, 0.045),
            at(0.014, -0.034, 0.045),
            *(0.006,) * 2,
            HEAD,
            *lips,
        ),
    ]
    for side, sign in ((1, 1.0), (2, -1.0)):
        eye = points[side]
        lines.append((eye, eye, 0.0085, 0.0085, HEAD, *white))
        pupil = eye + rotate(body.head, np.array([0.0, 0.0, 0.005]))
        lines.append((pupil, pupil, 0.0052, 0.0052, HEAD, *iris))
        ear = points[side + 2]
        top = ear + rotate(body.head, np.array([0.004 * sign, 0.014, -0.004]))
        lines.append((ear, top, 0.009, 0.012, HEAD, *skin))
        brow = at(0.010 * sign, 0.026, 0.051), at(0.027 * sign, 0.024, 0.045)
        lines.append((*brow, 0.0045, 0.004, HEAD, *hair))
    if looks.style:
        crown = at(0, 0.034, -0.012), at(0, 0.012, -0.022)
        lines.append((*crown, 0.055, 0.053, HAIR, *hair))
    if looks.style == 2:
        ends = at(0, 0.0, -0.03), at(0, -0.095, -0.036)
        lines.append((*ends, 0.052, 0.045, HAIR, *hair))
    return lines


Rings = tuple[np.ndarray, np.ndarray, np.ndarray]


def _trunk(body: Body, looks: Looks) -> list[tuple[Rings, np.ndarray, Texture | None]]:
    """The shirt from the hips to the neck, the trousers' top, a skirt."""
    clothes, build = looks.clothes, looks.build
    across = body.keypoints[5] - body.keypoints[6]
    reach = np.sqrt(dot(across, across)) / 0.214
    heights = np.array([0.0, 0.05, 0.12, 0.20, 0.25, 0.28, 0.295])
    widths = np.array([0.088, 0.086, 0.080, 0.094, 0.100, 0.075, 0.035])
    depths = np.array([0.060, 0.058, 0.055, 0.062, 0.055, 0.042, 0.030])
    shirt = _rings(body, heights, widths * reach, depths * build)
    found = [(shirt, clothes.shirt, clothes.pattern)]
    low = np.array([-0.052, -0.02, 0.025])
    top = _rings(
        body,
        low,
        np.array([0.070, 0.092, 0.091]) * reach,
        np.array([0.050, 0.063, 0.063]) * build,
    )
    found.append((top, clothes.trousers, None))
    if clothes.skirt:
        found.append((_skirt(body, build), clothes.trousers, None))
    return found


def _rings(
    body: Body, heights: np.ndarray, widths: np.ndarray, depths: np.ndarray
) -> Rings:
    """Rings along the spine, which turns from the hips' axes to the chest's."""
    centres, sides, fronts = [], [], []
    for height, width, depth in zip(heights, widths, depths, strict=True):
        place, frame = spine(body.pelvis, body.trunk, float(height))
        centres.append(place)
        sides.append(frame[:, 0] * width)
        # sides x fronts points up: x times -z
        fronts.append(frame[:, 2] * -depth)
    return np.array(centres), np.array(sides), np.array(fronts)


def _skirt(body: Body, build: float) -> Rings:
    """A cone from the waist down to above the knees, wide enough for both legs."""
    knees = body.keypoints[13:15]
    middle = (knees[0] + knees[1]) / 2 * 0.85
    apart = (knees[0] - knees[1]) / 2 * 0.85
    waist = body.pelvis[:, 1] * 0.06
    side = body.pelvis[:, 0]
    centres = np.stack([middle, middle * 0.4, waist])
    sides = np.stack([apart + side * 0.075, apart * 0.4 + side * 0.095, side * 0.085])
    fronts = body.pelvis[:, 2] * -np.array([0.085, 0.075, 0.06])[:, None] * build
    return centres, sides, fronts


def _on_limbs(pattern: Texture | None) -> Texture | None:
    """A shirt's pattern on its sleeves, whose coordinates are in metres."""
    if pattern is None:
        return None
    scale = pattern.scale * 9.0
    return Texture(pattern.kind, pattern.colour, scale, seed=pattern.seed)
