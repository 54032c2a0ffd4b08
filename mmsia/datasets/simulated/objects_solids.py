"""Building blocks of rigid objects: slabs with eight corners and round tubes.

Objects stand in the frame of the published CAD models: z is up, the front looks to
-y, the object's own left is +x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import cos_sin, cross, dot, unit

BODY, ACCENT, DARK, GLASS, METAL, LAMP = range(6)
"""What a piece is made of; instances choose a colour for each."""

_PI = 3.141592653589793
_TURNS = {n: [cos_sin(2 * _PI * k / n) for k in range(n)] for n in (8, 12, 16, 20)}
# Bottom ring, then top ring, both counter-clockwise from above.
_SLAB = (
    (0, 3, 2, 1),
    (4, 5, 6, 7),
    (0, 1, 5, 4),
    (1, 2, 6, 5),
    (2, 3, 7, 6),
    (3, 0, 4, 7),
)

Point = Sequence[float]


@dataclass
class Solid:
    """Triangles under construction.

    Attributes:
        corners: (T, 3, 3) corners of each triangle, so that edges stay sharp.
        normals: (T, 3, 3) normals at these corners.
        parts: (T,) number of the piece.
        materials: (T,) one of BODY ... LAMP.
    """

    corners: list[np.ndarray] = field(default_factory=list)
    normals: list[np.ndarray] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    materials: list[int] = field(default_factory=list)
    pieces: int = 0

    def slab(
        self, bottom: Sequence[Point], top: Sequence[Point], material: int
    ) -> None:
        """Add a block between two rings of four corners, counter-clockwise from above.

        Args:
            bottom: (4, 3) lower ring.
            top: (4, 3) upper ring.
            material: One of BODY ... LAMP.
        """
        points = np.array([*bottom, *top], dtype=np.float64)
        quads = points[np.array(_SLAB)]
        triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        self._flat(triangles, material)

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: tuple[float, float],
        material: int = BODY,
        *,
        top: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Add a box between low and high coordinates.

        Args:
            x: Lowest and highest x.
            y: Lowest and highest y.
            z: Lowest and highest z.
            material: One of BODY ... LAMP.
            top: (x low, x high, y low, y high) of the upper face where it differs.
        """
        tx0, tx1, ty0, ty1 = top or (*x, *y)
        self.slab(
            rectangle(x, y, z[0]), rectangle((tx0, tx1), (ty0, ty1), z[1]), material
        )

    def tube(
        self,
        centres: Sequence[Point],
        radii: Sequence[float | tuple[float, float]],
        material: int = BODY,
        *,
        sides: int = 12,
        near: Point = (0.0, 0.0, 1.0),
    ) -> None:
        """Add a round tube, closed at both ends.

        Args:
            centres: (R, 3) middles of its rings.
            radii: Radius of each ring, or (across, along `near`).
            material: One of BODY ... LAMP.
            sides: Corners of a ring: 8, 12, 16 or 20.
            near: Direction that the second radius points to, as nearly as it can.
        """
        middles = np.array(centres, dtype=np.float64)
        rings, outward = [], []
        for number, middle in enumerate(middles):
            first, second = _frame(middles, number, np.array(near, dtype=np.float64))
            radius = radii[number]
            across, up = radius if isinstance(radius, tuple) else (radius, radius)
            turns = _TURNS[sides]
            rings.append(
                [middle + first * (c * across) + second * (s * up) for c, s in turns]
            )
            outward.append(
                [unit(first * (c * up) + second * (s * across)) for c, s in turns]
            )
        self._rings(np.array(rings), np.array(outward), material)

    def wheel(self, centre: Point, radius: float, width: float) -> None:
        """Add a wheel that rolls along y: a tyre and a hub that stands out a little."""
        x, y, z = centre
        half = width / 2
        self.tube(
            [(x - half, y, z), (x + half, y, z)], [radius, radius], DARK, sides=16
        )
        hub = radius * 0.55
        half *= 1.12
        self.tube([(x - half, y, z), (x + half, y, z)], [hub, hub], METAL, sides=12)

    def hoop(self, centre: Point, radius: float, thick: float, material: int) -> None:
        """Add a ring that rolls along y, as a bicycle has: a tyre without a disc."""
        x, y, z = centre
        turns = [*_TURNS[20], _TURNS[20][0]]
        rings, outward = [], []
        for c, s in turns:
            away = np.array([0.0, c, s])
            side = np.array([1.0, 0.0, 0.0])
            middle = np.array([x, y, z]) + away * radius
            small = _TURNS[8]
            rings.append([middle + (side * a + away * b) * thick for a, b in small])
            outward.append([side * a + away * b for a, b in small])
        self._rings(np.array(rings), np.array(outward), material, caps=False)

    def _rings(
        self, rings: np.ndarray, outward: np.ndarray, material: int, caps: bool = True
    ) -> None:
        """Join rings (R, S, 3) to a closed surface; turned outwards where needed."""
        here, there = np.arange(rings.shape[1]), np.roll(np.arange(rings.shape[1]), -1)
        low, high = rings[:-1], rings[1:]
        nlow, nhigh = outward[:-1], outward[1:]
        one = np.stack([low[:, here], low[:, there], high[:, there]], axis=2)
        two = np.stack([low[:, here], high[:, there], high[:, here]], axis=2)
        n1 = np.stack([nlow[:, here], nlow[:, there], nhigh[:, there]], axis=2)
        n2 = np.stack([nlow[:, here], nhigh[:, there], nhigh[:, here]], axis=2)
        triangles = np.concatenate([one, two]).reshape(-1, 3, 3)
        normals = np.concatenate([n1, n2]).reshape(-1, 3, 3)
        facing = cross(
            triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
        )
        if float(dot(facing, normals.sum(axis=1)).sum()) < 0:
            triangles, normals = triangles[:, ::-1], normals[:, ::-1]
        self._add(triangles, normals, material)
        if caps:
            self._cap(rings[0], rings[0] - rings[1])
            self._cap(rings[-1], rings[-1] - rings[-2])

    def _cap(self, ring: np.ndarray, away: np.ndarray) -> None:
        """Close a tube's end as part of the piece that was added last."""
        middle = np.broadcast_to(ring.sum(axis=0) / len(ring), ring.shape)
        triangles = np.stack([middle, ring, np.roll(ring, -1, axis=0)], axis=1)
        flat = cross(ring[1] - ring[0], ring[2] - ring[0])
        if float(dot(flat, away.sum(axis=0))) < 0:
            triangles, flat = triangles[:, ::-1], -flat
        normals = np.broadcast_to(unit(flat), triangles.shape)
        self.corners.append(triangles)
        self.normals.append(normals)
        self.parts += [self.pieces - 1] * len(triangles)
        self.materials += [self.materials[-1]] * len(triangles)

    def _flat(self, triangles: np.ndarray, material: int) -> None:
        flat = unit(
            cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
        )
        self._add(triangles, np.repeat(flat[:, None], 3, axis=1), material)

    def _add(self, triangles: np.ndarray, normals: np.ndarray, material: int) -> None:
        self.corners.append(triangles)
        self.normals.append(normals)
        self.parts += [self.pieces] * len(triangles)
        self.materials += [material] * len(triangles)
        self.pieces += 1


def rectangle(
    x: tuple[float, float], y: tuple[float, float], z: float
) -> list[tuple[float, float, float]]:
    """Four corners at a height, counter-clockwise from above."""
    return [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)]


def _frame(
    middles: np.ndarray, number: int, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across the tube's way at a ring."""
    before, after = max(number - 1, 0), min(number + 1, len(middles) - 1)
    way = unit(middles[after] - middles[before])
    if abs(float(dot(way, near))) > 0.95:
        near = np.array([0.0, 1.0, 0.0]) if abs(way[1]) < 0.9 else np.array([1.0, 0, 0])
    first = unit(cross(near, way))
    return first, cross(way, first)
