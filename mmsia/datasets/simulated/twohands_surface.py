"""The surface of the stand-in hand: 778 vertices, 1538 triangles, open at the wrist.

The palm is a tube of rings; its last ring splits into the base rings of four fingers,
which share the points between them; the thumb grows from a hole in the palm's side. A
disc with 16 boundary edges and V vertices has 2 V - 18 faces, so that 778 vertices give
the published count whatever the tubes are: the last few come from halving long edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import cos_sin, cross, unit
from mmsia.datasets.simulated.twohands_shape import THUMB, HandShape, mean_shape
from mmsia.datasets.simulated.twohands_topology import (
    COLUMNS,
    FINGER_PLACES,
    ROWS,
    SIDES,
    THUMB_PLACES,
    Topology,
    topology,
)

# Wrist of the published right hand at rest, and from there the knuckles and the
# thumb's root (towards the fingertips, back, thumbwards).
_WRIST = (0.0957, 0.0064, 0.0062)
_KNUCKLES = (
    *((0.0880, 0.003, 0.0230), (0.0920, 0.005, 0.0020), (0.0765, -0.001, -0.0355)),
    *((0.0860, 0.003, -0.0175), (0.0200, -0.006, 0.0215)),
)
_THUMB_DIRECTION = (-0.74, -0.22, 0.64)
# Fingers from the thumb's side to the other, as the palm's columns run.
_ACROSS = (0, 1, 3, 2)
_BASE_FRACTION = 0.40
_SMOOTHINGS = 4


@dataclass(frozen=True)
class HandSurface:
    """A right hand at rest, metres.

    Attributes:
        vertices: (778, 3).
        chains: (5, 4, 3) joints and tip of each finger, wrist excluded.
        wrist: (3,) root joint.
        topology: Faces and groups of vertices, the same for all hands.
    """

    vertices: np.ndarray
    chains: np.ndarray
    wrist: np.ndarray
    topology: Topology


@lru_cache(maxsize=1)
def hand_topology() -> Topology:
    """What all hands share."""
    return topology(_first_points(mean_shape())[0].tobytes())


def build_surface(shape: HandShape) -> HandSurface:
    """Build a hand; vertex order and faces are the same for every shape.

    Args:
        shape: Its numbers.
    """
    joints = hand_topology()
    points, chains = _first_points(shape)
    vertices = _smooth(joints.with_halves(points), joints)
    wrist = np.array(_WRIST)
    return HandSurface(vertices + wrist, chains + wrist, wrist, joints)


def _first_points(shape: HandShape) -> tuple[np.ndarray, np.ndarray]:
    """Points before edges are halved, in the order that the topology expects."""
    chains, frames = _skeleton(shape)
    bases = [_base_ring(shape, f, chains[f], frames[f]) for f in _ACROSS]
    wrist, palm = _palm(shape, bases)
    webs = [(bases[i][3] + bases[i + 1][7]) / 2 + (0.004, 0, 0) for i in range(3)]
    points = [wrist, palm.reshape(-1, 3), np.array(webs)]
    for f in range(5):
        points.append(_tube(shape, f, chains[f], frames[f]))
    return np.concatenate(points), chains


def _skeleton(
    shape: HandShape,
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Chains (5, 4, 3) from the wrist, and each finger's direction and two sides."""
    chains, frames = np.zeros((5, 4, 3)), []
    for f, (along, back, thumbwards) in enumerate(_KNUCKLES):
        chains[f, 0] = -along * shape.palm[0], back, thumbwards * shape.palm[1]
        if f == THUMB:
            direction, near = unit(np.array(_THUMB_DIRECTION)), (0.0, 1.0, 0.0)
        else:
            angle = math.radians(shape.spread * (1.2 - _ACROSS.index(f)))
            cosine, sine = cos_sin(angle)
            direction = unit(np.array([-cosine, -0.03, sine]))
            near = (0.0, 0.0, 1.0)
        first = unit(cross(cross(direction, np.array(near)), direction))
        frames.append((direction, first, cross(direction, first)))
        for bone in range(3):
            chains[f, bone + 1] = chains[f, bone] + direction * shape.lengths[f, bone]
    return chains, frames


def _ring(
    centre: np.ndarray,
    frame: tuple[np.ndarray, np.ndarray, np.ndarray],
    radii: tuple[float, float],
    start: float,
) -> np.ndarray:
    """Eight points around `centre`, from the angle `start` (degrees) onwards."""
    points = np.empty((SIDES, 3))
    for k in range(SIDES):
        angle = math.radians(start + 45 * k)
        cosine, sine = cos_sin(angle)
        across, up = cosine * radii[0], sine * radii[1]
        points[k] = centre + frame[1] * across + frame[2] * up
    return points


def _base_ring(
    shape: HandShape,
    f: int,
    chain: np.ndarray,
    frame: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Where a finger leaves the palm; a ring of eight from the back's thumb side."""
    centre = chain[0] + (chain[1] - chain[0]) * _BASE_FRACTION
    girth = float(shape.girths[f])
    return _ring(centre, frame, (girth * 1.08, girth * 1.1), 45)


def _palm(shape: HandShape, bases: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Wrist edge (16, 3) and palm rows (11, 20, 3); the last row meets the fingers."""
    last = np.empty((COLUMNS, 3))
    for i, ring in enumerate(bases):
        last[2 * i : 2 * i + 3] = ring[:3]
        last[16 - 2 * i : 19 - 2 * i] = ring[4:7]
    for i in range(1, 4):
        last[2 * i] = (bases[i - 1][2] + bases[i][0]) / 2
        last[18 - 2 * i] = (bases[i - 1][4] + bases[i][6]) / 2
    last[9], last[19] = bases[3][3], bases[0][7]
    width, depth = 0.0275 * float(shape.palm[1]), 0.0195 * float(shape.palm[2])
    first = np.array([_oval(a, width, depth) for a in _palm_angles()])
    rows = np.empty((ROWS, COLUMNS, 3))
    bulge = np.where(np.arange(COLUMNS) > 9, -0.0065, 0.0025) * shape.palm[2]
    bulge[[9, 19]] = -0.003
    for row in range(ROWS):
        t = (row + 1) / ROWS
        soft = t * t * (3 - 2 * t)
        rows[row] = first + (last - first) * np.array([t, soft, 1.3 * t - 0.3 * t * t])
        rows[row, :, 1] += bulge * (4 * t * (1 - t))
    edge = [_oval(360 / 16 * k + 11.25, width, depth) for k in range(16)]
    return np.array(edge) + np.array([0.006, 0, 0]), rows


def _palm_angles() -> list[float]:
    back = [22.5 + 135 / 8 * c for c in range(9)]
    return [*back, 180.0, *(180 + angle for angle in back), 360.0]


def _oval(degrees: float, width: float, depth: float) -> tuple[float, float, float]:
    cosine, sine = cos_sin(math.radians(degrees))
    return 0.0, depth * sine, width * cosine


def _tube(
    shape: HandShape,
    f: int,
    chain: np.ndarray,
    frame: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Rings of a finger from the palm outwards and its end point, (R * 8 + 1, 3)."""
    thumb = f == THUMB
    rings = []
    girth = float(shape.girths[f])
    for bone, fraction in THUMB_PLACES if thumb else FINGER_PLACES:
        centre = chain[bone] + (chain[bone + 1] - chain[bone]) * fraction
        radius = girth * _profile(bone + fraction, shape.taper, thumb)
        pad = -frame[2 if not thumb else 1] * radius * (0.12 if bone == 2 else 0.03)
        wide = (radius, radius * 0.93) if not thumb else (radius * 0.93, radius)
        rings.append(_ring(centre + pad, frame, wide, 0 if thumb else 45))
    end = chain[3] - frame[2 if not thumb else 1] * girth * 0.08
    return np.concatenate([*rings, end[None]])


def _profile(place: float, taper: float, thumb: bool) -> float:
    """Radius along a finger relative to its girth; place counts bones."""
    knots = (
        ((0.0, 1.5), (0.4, 1.35), (0.8, 1.1), (1, 1.08), (1.5, 0.93), (2, 1.0))
        if thumb
        else ((0.0, 1.15), (0.6, 1.04), (1, 1.05), (1.5, 0.95), (2, 0.93))
    )
    end = ((2.4, 0.92), (2.65, 0.85), (2.82, 0.70), (2.93, 0.47), (2.985, 0.22))
    table = [*knots, *((p, r * (1 - 0.12 * taper + 0.12)) for p, r in end), (3, 0.0)]
    for (a, ra), (b, rb) in pairwise(table):
        if place <= b:
            return ra + (rb - ra) * (place - a) / (b - a)
    return 0.0


def _smooth(vertices: np.ndarray, joints: Topology) -> np.ndarray:
    """Even out the palm and the thumb's root; the wrist's edge and fingers stay."""
    vertices = vertices.copy()
    for _ in range(_SMOOTHINGS):
        around = joints.neighbour_mean(vertices)
        loose = joints.loose
        vertices[loose] += (around[loose] - vertices[loose]) * 0.5
    return vertices
