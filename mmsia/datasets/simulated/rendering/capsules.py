"""Tapered capsules as triangles: two half spheres and the cone between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Capsule
from mmsia.datasets.simulated.rendering.rotations import cos_sin, cross, dot, unit
from mmsia.datasets.simulated.rendering.textures import Texture

_FINE, _COARSE, _THIN = 12, 6, 4.0
"""Sides of a capsule, of a thin one, and the radius in pixels that is not thin."""


def _fatten(corners: int) -> float:
    """A polygon's radius for a circle's area: silhouettes are right on average."""
    sine = cos_sin(2 * math.pi / corners)[1]
    return math.sqrt(2 * math.pi / (corners * sine))


_CAP_FATTEN = _fatten(8)


def by_thickness(
    capsules: Sequence[Capsule], camera: Camera
) -> dict[int, list[Capsule]]:
    """Capsules by the number of sides that they need; both numbers always occur.

    Args:
        capsules: Capsules.
        camera: Where they are seen from.
    """
    found: dict[int, list[Capsule]] = {_FINE: [], _COARSE: []}
    for capsule in capsules:
        radius = max(capsule.start_radius, capsule.end_radius) * camera.focal[0]
        nearest = min(capsule.start[2], capsule.end[2])
        thin = radius < _THIN * nearest
        found[_COARSE if thin else _FINE].append(capsule)
    return found


def capsule_block(
    capsules: Sequence[Capsule], around: int, textures: dict[Texture, int]
) -> dict[str, np.ndarray]:
    """The arrays of `Triangles` for capsules, all in one step.

    Args:
        capsules: Capsules.
        around: Sides of each.
        textures: Texture -> its number; new ones are added.
    """
    template = _capsule_faces(around)
    count, per_face = len(capsules), len(template)
    texture = np.full(count, -1)
    for number, capsule in enumerate(capsules):
        if capsule.texture is not None:
            kind = capsule.texture
            texture[number] = textures.setdefault(kind, len(textures))
    ends = np.array([(c.start, c.end) for c in capsules], dtype=np.float64)
    radii = np.array([(c.start_radius, c.end_radius) for c in capsules], dtype=float)
    vertices, normals, coords = _capsule_vertices(
        ends.reshape(count, 2, 3), radii.reshape(count, 2), around
    )
    num_vertices = vertices.shape[1]
    faces = template + num_vertices * np.arange(count)[:, None, None]
    colours = np.array([c.colour for c in capsules], dtype=np.float64).reshape(-1, 3)
    parts = np.array([c.part for c in capsules], dtype=np.int64)
    instances = np.array([c.instance for c in capsules], dtype=np.int64)
    return {
        "vertices": vertices.reshape(-1, 3),
        "normals": normals.reshape(-1, 3),
        "coords": coords.reshape(-1, 3),
        "tints": np.zeros((count * num_vertices, 3)),
        "faces": faces.reshape(-1, 3),
        "colours": np.repeat(colours, per_face, axis=0),
        "by_vertex": np.zeros(count * per_face, dtype=bool),
        "parts": np.repeat(parts, per_face),
        "instances": np.repeat(instances, per_face),
        "texture": np.repeat(texture, per_face),
        "two_sided": np.zeros(count * per_face, dtype=bool),
    }


def _capsule_vertices(
    ends: np.ndarray, radii: np.ndarray, around: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, normals, local coordinates (N, V, 3) of capsules (N, 2, 3), (N, 2).

    The cone touches each sphere in a circle; a ring lies there, one halfway to the
    pole, and a vertex on the pole.
    """
    ends, radii = _without_swallowed(ends, radii)
    across = ends[:, 1] - ends[:, 0]
    length = np.sqrt(dot(across, across))
    axis = np.where(length[:, None] > 0, unit(across), (0.0, 0.0, 1.0))
    slope = (radii[:, 0] - radii[:, 1]) / np.where(length > 0, length, 1.0)
    contact = np.stack([np.sqrt(1.0 - slope * slope), slope], axis=1)
    rings = [_halfway(contact, -1.0), contact, contact, _halfway(contact, 1.0)]
    side = _across(axis)
    other = cross(axis, side)
    radial = _circle(around)
    local = [np.tile([[[0.0, 0.0, -_CAP_FATTEN]]], (len(ends), 1, 1))]
    for ring in rings:
        out = radial[None] * ring[:, None, :1]
        along = np.broadcast_to(ring[:, None, 1:], (len(ends), around, 1))
        local.append(np.concatenate([out, along], axis=2))
    local.append(-local[0])
    offsets = np.concatenate(local, axis=1)
    normals = (
        offsets[:, :, :1] * side[:, None]
        + offsets[:, :, 1:2] * other[:, None]
        + offsets[:, :, 2:] * axis[:, None]
    )
    at_end = np.arange(offsets.shape[1]) > 2 * around
    radius = np.where(at_end, radii[:, 1:], radii[:, :1])[:, :, None]
    centre = np.where(at_end[None, :, None], ends[:, 1:], ends[:, :1])
    coords = offsets * radius
    coords[:, at_end, 2] += length[:, None]
    return centre + normals * radius, unit(normals), coords


def _without_swallowed(
    ends: np.ndarray, radii: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Capsules of which one sphere holds the other become that one sphere."""
    across = ends[:, 1] - ends[:, 0]
    apart = np.sqrt(dot(across, across))
    swallowed = np.abs(radii[:, 0] - radii[:, 1]) >= apart * 0.999
    larger = (radii[:, 1] > radii[:, 0]).astype(np.int64)
    rows = np.arange(len(ends))
    only = ends[rows, larger][:, None], radii[rows, larger][:, None]
    return (
        np.where(swallowed[:, None, None], only[0], ends),
        np.where(swallowed[:, None], only[1], radii),
    )


def _halfway(contact: np.ndarray, pole: float) -> np.ndarray:
    """(N, 2) unit vectors (across, along) between the contact circle and a pole."""
    across, along = contact[:, 0], contact[:, 1] + pole
    length = np.sqrt(across * across + along * along)
    return np.stack([across / length, along / length], axis=1) * _CAP_FATTEN


def _across(axis: np.ndarray) -> np.ndarray:
    """(N, 3) some unit vector at right angles to each axis."""
    least = np.abs(axis[:, 0]) < 0.6
    helper = np.where(least[:, None], (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    return unit(cross(axis, helper))


@lru_cache
def _circle(around: int) -> np.ndarray:
    """(around, 2) corners of a polygon of the unit circle's area."""
    turns = [cos_sin(2 * math.pi * k / around) for k in range(around)]
    return np.array(turns) * _fatten(around)


@lru_cache
def _capsule_faces(around: int) -> np.ndarray:
    """(8 * around, 3) faces over pole, four rings, pole."""
    here = np.arange(around)
    there = (here + 1) % around
    last = 1 + 4 * around
    bands = [np.stack([np.zeros_like(here), 1 + there, 1 + here], axis=1)]
    for ring in range(3):
        a, b = 1 + ring * around + here, 1 + ring * around + there
        c, d = a + around, b + around
        bands += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
    top = 1 + 3 * around
    bands.append(np.stack([top + here, top + there, np.full_like(here, last)], axis=1))
    return np.concatenate(bands)
