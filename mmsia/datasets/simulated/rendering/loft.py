"""Closed tubes with elliptic cross-sections: torsos, palms, skirts, bottles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.rotations import cos_sin
from mmsia.datasets.simulated.rendering.textures import Texture


def loft(
    centres: np.ndarray,
    sides: np.ndarray,
    fronts: np.ndarray,
    *,
    part: int | np.ndarray,
    colour: np.ndarray,
    instance: int = 0,
    around: int = 16,
    squareness: float = 0.0,
    textures: Mapping[int, Texture] | None = None,
) -> Mesh:
    """A tube through rings, closed by a fan at both ends.

    sides x fronts must point along the way of the centres, or it is inside out.

    Args:
        centres: (R, 3) middles of the rings, in the camera's frame.
        sides: (R, 3) half axes of the ellipses.
        fronts: (R, 3) the other half axes.
        part: Part of all faces, or (R - 1,) of the bands; caps take the nearest's.
        colour: BGR, (3,) or (R - 1, 3) for the bands.
        instance: Whom it belongs to.
        around: Vertices of a ring.
        squareness: 0 for ellipses, towards 1 for rounded boxes.
        textures: Texture of a part; local coordinates are (side, front, ring) with
            the first two from -1 to 1 and one unit from ring to ring.
    """
    count = len(centres)
    circle = _circle(around)
    # pushed out along the diagonals: 1 + s on them, 1 on the axes
    push = 1.0 + squareness * 4.0 * (circle[:, :1] * circle[:, 1:]) ** 2 * 0.35
    circle = circle * push
    rings = (
        centres[:, None]
        + circle[None, :, :1] * sides[:, None]
        + circle[None, :, 1:] * fronts[:, None]
    )
    vertices = np.concatenate([centres[:1], rings.reshape(-1, 3), centres[-1:]])
    height = np.repeat(np.arange(count, dtype=np.float64), around)[:, None]
    local = np.concatenate([np.tile(circle, (count, 1)), height], axis=1)
    ends = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, count - 1.0]])
    coords = np.concatenate([ends[:1], local, ends[1:]])
    faces, band = _faces(count, around)
    parts = np.broadcast_to(np.asarray(part), count - 1)[band]
    colours = np.broadcast_to(np.asarray(colour, dtype=float), (count - 1, 3))[band]
    return Mesh(
        vertices,
        faces,
        parts,
        colours,
        instance,
        coords=coords,
        textures=textures or {},
    )


@lru_cache
def _circle(around: int) -> np.ndarray:
    """(around, 2) corners of a regular polygon."""
    return np.array([cos_sin(2 * math.pi * k / around) for k in range(around)])


@lru_cache
def _faces(count: int, around: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces (F, 3) and the band (F,) that each belongs to."""
    here = np.arange(around)
    there = (here + 1) % around
    last = 1 + count * around
    faces = [np.stack([np.zeros_like(here), 1 + there, 1 + here], axis=1)]
    bands = [np.zeros(around, dtype=np.int64)]
    for ring in range(count - 1):
        a, b = 1 + ring * around + here, 1 + ring * around + there
        c, d = a + around, b + around
        faces += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
        bands.append(np.full(2 * around, ring))
    top = 1 + (count - 1) * around
    faces.append(np.stack([top + here, top + there, np.full_like(here, last)], axis=1))
    bands.append(np.full(around, count - 2))
    return np.concatenate(faces), np.concatenate(bands)
