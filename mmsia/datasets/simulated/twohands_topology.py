"""Which vertices of the stand-in hand make its faces, rings and neighbourhoods.

Points come in this order: the wrist's edge (16), the palm row by row (11 x 20), the
three webs between the fingers, then ring by ring index, middle, little, ring finger
and thumb, each with its end point. Unused ones are dropped, long edges halved until
there are 778, and the finger ends moved to the published model's vertex numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

NUM_VERTICES, NUM_FACES, NUM_BOUNDARY = 778, 1538, 16
ROWS, COLUMNS, SIDES = 11, 20, 8
# The published model's vertices at the ends of index, middle, little, ring, thumb.
TIP_VERTICES = (317, 444, 673, 556, 745)
# Rings of a finger: (bone, fraction of its length).
_END_PLACES = ((2, 0.22), (2, 0.45), (2, 0.65), (2, 0.82), (2, 0.93), (2, 0.985))
FINGER_PLACES = (
    *((0, 0.62), (0, 0.82), (1, 0.0), (1, 0.25), (1, 0.5), (1, 0.78), (2, 0.0)),
    *_END_PLACES,
)
THUMB_PLACES = (
    *((0, 0.4), (0, 0.65), (0, 0.86), (1, 0.0), (1, 0.3), (1, 0.7), (2, 0.0)),
    *_END_PLACES,
)
_RINGS = len(FINGER_PLACES)
_PALM, _WEBS = NUM_BOUNDARY, NUM_BOUNDARY + ROWS * COLUMNS
_TUBES = _WEBS + 3
_THUMB_ROW = 2
_ACROSS = (0, 1, 3, 2)
_NAIL = ([0, 1, 2],) * 4 + ([7, 0, 1],)


@dataclass(frozen=True)
class Topology:
    """The part of a hand's surface that does not depend on its shape.

    Attributes:
        faces: (1538, 3) counter-clockwise from outside, right hand.
        finger: (778,) finger that a vertex belongs to, -1 on the palm.
        open_ring: (16,) vertices of the wrist's edge, around the forearm.
        loose: (778,) whether smoothing may move a vertex.
        knuckles: Finger (0 to 3) -> vertices around its first joint.
        nails: Per finger the vertices under its nail.
        joint_rings: (finger, bone) -> three rings of vertices around that joint.
    """

    faces: np.ndarray
    finger: np.ndarray
    open_ring: np.ndarray
    loose: np.ndarray
    knuckles: dict[int, np.ndarray]
    nails: list[np.ndarray]
    joint_rings: dict[tuple[int, int], np.ndarray]
    order: np.ndarray
    halves: tuple[tuple[int, int], ...]
    neighbours: np.ndarray
    degrees: np.ndarray

    def with_halves(self, points: np.ndarray) -> np.ndarray:
        """Add the halved edges' points and bring all in the final order, (778, 3)."""
        points = list(points)
        for a, b in self.halves:
            points.append((points[a] + points[b]) / 2)
        return np.array(points)[self.order]

    def neighbour_mean(self, values: np.ndarray) -> np.ndarray:
        """Mean over each vertex's neighbours of (778, C) values."""
        padded = np.concatenate([values, np.zeros_like(values[:1])])
        total = np.zeros_like(values)
        for column in range(self.neighbours.shape[1]):
            total += padded[self.neighbours[:, column]]
        return total / self.degrees[:, None]


@lru_cache(maxsize=1)
def topology(mean_points: bytes) -> Topology:
    """Build it, with the edges of the mean hand halved where they are longest.

    Args:
        mean_points: Bytes of the mean hand's (P, 3) float64 points.
    """
    points = [row.copy() for row in np.frombuffer(mean_points).reshape(-1, 3)]
    faces, grids = _faces()
    used = sorted({v for face in faces for v in face})
    finger = {v: -1 for v in range(len(points))}
    for f in range(5):
        finger |= {int(v): f for v in grids[f][1:].reshape(-1)}
        finger[_tip(f)] = f
    halves = []
    while len(used) < NUM_VERTICES:
        a, b = _longest(points, faces, finger)
        halves.append((a, b))
        used.append(len(points))
        finger[len(points)] = -1
        points.append((points[a] + points[b]) / 2)
        faces = _split(faces, a, b, len(points) - 1)
    order = _final_order(used)
    return _assemble(faces, order, finger, tuple(halves), grids)


def _tip(f: int) -> int:
    return _TUBES + f * (_RINGS * SIDES + 1) + _RINGS * SIDES


def _palm_vertex(row: int, column: int) -> int:
    return _PALM + row * COLUMNS + column % COLUMNS


def _faces() -> tuple[list[tuple[int, int, int]], list[np.ndarray]]:
    """All triangles, and per finger the grid (1 + rings, 8) of its vertices."""
    faces = _wrist_faces()
    hole = {(r, c) for r in (_THUMB_ROW, _THUMB_ROW + 1) for c in (18, 19)}
    for row in range(ROWS - 1):
        for c in range(COLUMNS):
            if (row, c) not in hole:
                near, far = _palm_vertex(row, c), _palm_vertex(row, c + 1)
                up, over = _palm_vertex(row + 1, c), _palm_vertex(row + 1, c + 1)
                faces += [(near, far, over), (near, over, up)]
    grids = []
    for f in range(5):
        first = _TUBES + f * (_RINGS * SIDES + 1)
        tube = np.arange(first, first + _RINGS * SIDES).reshape(_RINGS, SIDES)
        grids.append(np.concatenate([[_base(f)], tube]))
        faces += _tube_faces(grids[-1], _tip(f))
    return faces, grids


def _base(f: int) -> list[int]:
    """The eight palm vertices where a finger starts, around its axis."""
    if f == 4:
        back, side, front = 0, 19, 18
        r = _THUMB_ROW
        ring = ((r + 1, back), (r + 2, back), (r + 2, side), (r + 2, front))
        ring += ((r + 1, front), (r, front), (r, side), (r, back))
        return [_palm_vertex(*place) for place in ring]
    i, last = _ACROSS.index(f), ROWS - 1
    sides = [_palm_vertex(last, 19), _WEBS, _WEBS + 1, _WEBS + 2, _palm_vertex(last, 9)]
    backs = [_palm_vertex(last, 2 * i + k) for k in range(3)]
    fronts = [_palm_vertex(last, 16 - 2 * i + k) for k in range(3)]
    return [*backs, sides[i + 1], *fronts, sides[i]]


def _tube_faces(grid: np.ndarray, tip: int) -> list[tuple[int, int, int]]:
    faces = []
    for low, high in zip(grid[:-1].tolist(), grid[1:].tolist(), strict=True):
        for k in range(SIDES):
            n = (k + 1) % SIDES
            faces += [(low[k], low[n], high[n]), (low[k], high[n], high[k])]
    end = grid[-1].tolist()
    return faces + [(end[k], end[(k + 1) % SIDES], tip) for k in range(SIDES)]


def _wrist_faces() -> list[tuple[int, int, int]]:
    """Triangles between the wrist's 16 and the first palm row's 20 vertices."""
    edge = [(22.5 * k + 11.25, k) for k in range(16)]
    back = [22.5 + 135 / 8 * c for c in range(9)]
    angles = [*back, 180.0, *(180 + a for a in back), 360.0]
    faces = []
    i = j = 0
    while i < 16 or j < 20:
        near = edge[(i + 1) % 16][0] + 360 * ((i + 1) // 16)
        far = angles[(j + 1) % 20] + 360 * ((j + 1) // 20)
        a, b = edge[i % 16][1], _palm_vertex(0, j)
        if j >= 20 or (i < 16 and near <= far):
            faces.append((a, edge[(i + 1) % 16][1], b))
            i += 1
        else:
            faces.append((a, _palm_vertex(0, j + 1), b))
            j += 1
    return faces


def _longest(
    points: list[np.ndarray], faces: list[tuple[int, int, int]], finger: dict[int, int]
) -> tuple[int, int]:
    """The palm's longest inner edge; equal ones by vertex number."""
    best = (0.0, 0, 0)
    for face in faces:
        for a, b in zip(face, (*face[1:], face[0]), strict=True):
            if min(a, b) >= _PALM and finger[a] == finger[b] == -1:
                d = (points[a] - points[b]).tolist()
                length = round(d[0] * d[0] + d[1] * d[1] + d[2] * d[2], 10)
                best = max(best, (length, -min(a, b), -max(a, b)))
    return -best[1], -best[2]


def _split(
    faces: list[tuple[int, int, int]], a: int, b: int, new: int
) -> list[tuple[int, int, int]]:
    split = []
    for face in faces:
        if a in face and b in face:
            split.append(tuple(new if v == a else v for v in face))
            split.append(tuple(new if v == b else v for v in face))
        else:
            split.append(face)
    return split


def _final_order(used: list[int]) -> np.ndarray:
    """Old numbers in the new order: finger ends where the published model has them."""
    tips = [_tip(f) for f in range(5)]
    rest = iter([v for v in used if v not in tips])
    place = dict(zip(TIP_VERTICES, tips, strict=True))
    return np.array(
        [
            place.get(new, -1) if new in place else next(rest)
            for new in range(NUM_VERTICES)
        ]
    )


def _assemble(
    faces: list[tuple[int, int, int]],
    order: np.ndarray,
    finger: dict[int, int],
    halves: tuple[tuple[int, int], ...],
    grids: list[np.ndarray],
) -> Topology:
    new = {int(old): number for number, old in enumerate(order)}
    triangles = np.array([[new[v] for v in face] for face in faces])
    neighbours, degrees = _neighbourhoods(triangles)
    finger_of = np.array([finger[int(v)] for v in order])
    open_ring = np.array([new[v] for v in range(NUM_BOUNDARY)])
    loose = finger_of == -1
    loose[open_ring] = False
    loose[[new[int(v)] for v in grids[4][1:3].reshape(-1)]] = True
    knuckles = {
        f: np.array([new[_palm_vertex(r, c)] for r in (8, 9, 10) for c in _columns(f)])
        for f in range(4)
    }
    rings = {(4, 0): [new[int(v)] for v in grids[4][:3].reshape(-1)]}
    for f in range(5):
        places = THUMB_PLACES if f == 4 else FINGER_PLACES
        for bone in (1, 2):
            at = places.index((bone, 0.0))
            rings[f, bone] = [new[int(v)] for v in grids[f][at : at + 3].reshape(-1)]
    # On the back: the second of eight on a finger, the first ones of the thumb.
    nails = [
        np.array([new[int(v)] for v in grids[f][10:13, _NAIL[f]].reshape(-1)])
        for f in range(5)
    ]
    return Topology(
        triangles,
        finger_of,
        open_ring,
        loose,
        knuckles,
        nails,
        {key: np.array(ring) for key, ring in rings.items()},
        order,
        halves,
        neighbours,
        degrees,
    )


def _neighbourhoods(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(778, N) neighbours, filled up with 778, and how many there are."""
    around: list[set[int]] = [set() for _ in range(NUM_VERTICES)]
    for a, b, c in triangles.tolist():
        around[a] |= {b, c}
        around[b] |= {a, c}
        around[c] |= {a, b}
    width = max(len(s) for s in around)
    neighbours = np.full((NUM_VERTICES, width), NUM_VERTICES)
    for v, others in enumerate(around):
        neighbours[v, : len(others)] = sorted(others)
    return neighbours, np.array([len(s) for s in around], dtype=float)


def _columns(f: int) -> list[int]:
    i = _ACROSS.index(f)
    return [2 * i, 2 * i + 1, 2 * i + 2, 16 - 2 * i, 17 - 2 * i, 18 - 2 * i]
