"""How near two hands are, by capsules around their bones and forearms.

The measure behind "without deep interpenetration": the gap between two hands is the
least distance between a bone's capsule of one and of the other, negative where they
overlap. A capsule's radius is the mean distance of the flesh from its bone at rest, so
that flesh may still touch a little earlier or later than capsules do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import dot, unit
from mmsia.ops.hand_mesh import (
    TIP_VERTICES,
    HandModel,
    regress_joints,
    shaped_vertices,
)

# Ends of the capsules among (16 joints, 5 tips, elbow): four palm bones, phalanges,
# forearm.
BONES = np.array(
    [
        *((0, 1), (0, 4), (0, 7), (0, 10)),
        *((1, 2), (2, 3), (3, 17), (4, 5), (5, 6), (6, 18), (7, 8), (8, 9), (9, 20)),
        *((10, 11), (11, 12), (12, 19), (13, 14), (14, 15), (15, 16), (0, 21)),
    ]
)
NUM_CAPSULES = len(BONES)
FOREARM_LENGTH = 0.15
_FINGER = np.array([-1] * 4 + [k // 3 for k in range(15)] + [-2])
_BONE = np.array([-1] * 4 + [k % 3 for k in range(15)] + [-2])
_PALM_SHARE = 0.85
# The outer two phalanges of a finger against those of others and against the palm.
_WATCHED = (
    (_FINGER[:, None] != _FINGER[None, :])
    & (_BONE[:, None] >= 1)
    & ((_BONE[None, :] >= 1) | (_FINGER[None, :] == -1))
)


@dataclass(frozen=True)
class Capsules:
    """A hand's capsules: ends (20, 2, 3) and radii (20,) in metres."""

    ends: np.ndarray
    radii: np.ndarray

    def moved(self, shift: np.ndarray) -> Capsules:
        """The same, shifted by (3,)."""
        return Capsules(self.ends + shift, self.radii)


def capsule_radii(model: HandModel, shape: np.ndarray) -> np.ndarray:
    """(20,) mean distance of a bone's flesh from it, of a hand with shape numbers."""
    rest = shaped_vertices(model, shape)
    ends = bone_ends(regress_joints(model, rest), rest)
    owner = model.weights.argmax(axis=1)
    radii = np.empty(len(BONES))
    for bone in range(4, 19):
        start, end = ends[bone]
        flesh = rest[owner == bone - 3]
        along = end - start
        t = np.clip(dot(flesh - start, along) / dot(along, along), 0, 1)
        off = flesh - (start + t[:, None] * along)
        radii[bone] = np.sqrt(dot(off, off)).sum() / len(flesh)
    palm = rest[owner == 0]
    # The palm is a slab: half its height at the back and front, as every bone's.
    radii[:4] = _PALM_SHARE * (palm[:, 1].max() - palm[:, 1].min()) / 2
    radii[19] = (palm[:, 1].max() - palm[:, 1].min()) / 2
    return radii


def bone_ends(joints: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(20, 2, 3) ends of the bones of a hand with joints (16, 3)."""
    tips = vertices[list(TIP_VERTICES)]
    elbow = joints[0] + forearm_direction(joints) * FOREARM_LENGTH
    return np.concatenate([joints, tips, elbow[None]])[BONES]


def forearm_direction(joints: np.ndarray) -> np.ndarray:
    """(3,) unit vector from the wrist towards the elbow: away from the knuckles."""
    return unit(joints[0] - (joints[4] + joints[10]) / 2)


def gap(first: Capsules, second: Capsules) -> float:
    """Least distance in metres between two hands, negative where capsules overlap."""
    return float(_gaps(first, second).min())


def own_gap(hand: Capsules) -> float:
    """Least gap between the outer phalanges and other fingers or the palm."""
    return float(_gaps(hand, hand)[_WATCHED].min())


def _gaps(first: Capsules, second: Capsules) -> np.ndarray:
    apart = segment_distance(first.ends[:, None], second.ends[None])
    return apart - first.radii[:, None] - second.radii[None]


def segment_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance between segments.

    Args:
        first: (..., 2, 3) ends and
        second: (..., 2, 3) ends, which broadcast against each other.

    Returns:
        (...) distances.
    """
    p, q = first[..., 0, :], second[..., 0, :]
    d, e = first[..., 1, :] - p, second[..., 1, :] - q
    r = p - q
    a, b, c = dot(d, d), dot(d, e), dot(e, e)
    f, g = dot(d, r), dot(e, r)
    # Nearest points of the lines, cut to the first segment; then in turns.
    determinant = a * c - b * b
    parallel = determinant <= 1e-12 * a * c
    s = np.where(parallel, 0.0, (b * g - c * f) / np.where(parallel, 1, determinant))
    s = np.clip(s, 0, 1)
    t = np.clip((b * s + g) / np.maximum(c, 1e-18), 0, 1)
    s = np.clip((b * t - f) / np.maximum(a, 1e-18), 0, 1)
    off = r + s[..., None] * d - t[..., None] * e
    return np.sqrt(dot(off, off))


def approach(
    fixed: Capsules, moving: Capsules, direction: np.ndarray, wanted: float
) -> np.ndarray:
    """Shift that brings a hand up to another from outside.

    No point moves further than the hand is shifted, so that stepping by the excess of
    the gap never passes through.

    Args:
        fixed: The hand that stays.
        moving: The hand that comes.
        direction: (3,) unit vector from the fixed hand to where the other comes from.
        wanted: Gap in metres to stop at.

    Returns:
        (3,) shift of the moving hand.
    """
    away = 0.5
    for _ in range(60):
        excess = gap(fixed, moving.moved(direction * away)) - wanted
        if excess < 2e-4:
            break
        away -= excess
    return direction * away
