"""All primitives of a scene as one set of triangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.primitives import Capsule, Mesh, Primitive
from mmsia.datasets.simulated.rendering.rotations import cos_sin, cross, dot, unit
from mmsia.datasets.simulated.rendering.textures import Texture

_AROUND = 12
_RING_COS, _RING_SIN = np.array(
    [cos_sin(2 * 3.141592653589793 * k / _AROUND) for k in range(_AROUND)]
).T
# A polygon of the same area as the circle: silhouettes are right on average.
_FATTEN = 1.0 / np.sqrt(_AROUND / (2 * np.pi) * cos_sin(2 * np.pi / _AROUND)[1])
_CAP_FATTEN = 1.0 / np.sqrt(8 / (2 * np.pi) * cos_sin(2 * np.pi / 8)[1])


@dataclass(frozen=True)
class Triangles:
    """Triangles of a scene, sharing vertices.

    Attributes:
        vertices: (V, 3).
        normals: (V, 3) of length 1.
        coords: (V, 3) local coordinates of textures.
        tints: (V, 3) BGR of the vertices, where `by_vertex`.
        faces: (F, 3).
        colours: (F, 3) BGR of the faces, elsewhere.
        by_vertex: (F,) bool.
        parts: (F,).
        instances: (F,).
        texture: (F,) index into `textures`, -1 for none.
        two_sided: (F,) bool.
        textures: The textures.
    """

    vertices: np.ndarray
    normals: np.ndarray
    coords: np.ndarray
    tints: np.ndarray
    faces: np.ndarray
    colours: np.ndarray
    by_vertex: np.ndarray
    parts: np.ndarray
    instances: np.ndarray
    texture: np.ndarray
    two_sided: np.ndarray
    textures: tuple[Texture, ...]


def triangulate(primitives: Sequence[Primitive]) -> Triangles:
    """Join primitives; capsules become meshes of 96 triangles, all in one step."""
    textures: dict[Texture, int] = {}
    blocks = [_mesh_block(p, textures) for p in primitives if isinstance(p, Mesh)]
    capsules = [p for p in primitives if isinstance(p, Capsule)]
    blocks.append(_capsule_block(capsules, textures))
    sizes = [len(block["vertices"]) for block in blocks]
    starts = np.cumsum([0, *sizes[:-1]])
    for block, start in zip(blocks, starts, strict=True):
        block["faces"] = block["faces"] + start
    joined = {
        name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]
    }
    return Triangles(**joined, textures=tuple(textures))


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) normals of vertices: their faces', weighted by area."""
    corners = vertices[faces]
    flat = cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [
            np.bincount(faces.ravel(), np.repeat(flat[:, i], 3), len(vertices))
            for i in range(3)
        ],
        axis=1,
    )
    return unit(total)


def _mesh_block(mesh: Mesh, textures: dict[Texture, int]) -> dict[str, np.ndarray]:
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    faces = np.asarray(mesh.faces, dtype=np.int64)
    num_faces = len(faces)
    colours = np.asarray(mesh.colours, dtype=np.float64)
    by_vertex = colours.ndim == 2 and len(colours) not in (1, num_faces)
    parts = np.broadcast_to(np.asarray(mesh.parts, dtype=np.int64), num_faces)
    texture = np.full(num_faces, -1)
    for part, kind in mesh.textures.items():
        texture[parts == part] = textures.setdefault(kind, len(textures))
    normals = mesh.normals
    return {
        "vertices": vertices,
        "normals": face_normals(vertices, faces) if normals is None else normals,
        "coords": np.zeros_like(vertices) if mesh.coords is None else mesh.coords,
        "tints": colours if by_vertex else np.zeros_like(vertices),
        "faces": faces,
        "colours": np.zeros((num_faces, 3))
        if by_vertex
        else np.broadcast_to(colours, (num_faces, 3)),
        "by_vertex": np.full(num_faces, by_vertex),
        "parts": parts,
        "instances": np.full(num_faces, mesh.instance),
        "texture": texture,
        "two_sided": np.full(num_faces, mesh.two_sided),
    }


def _capsule_block(
    capsules: Sequence[Capsule], textures: dict[Texture, int]
) -> dict[str, np.ndarray]:
    count, per_face = len(capsules), len(_FACES)
    texture = np.full(count, -1)
    for number, capsule in enumerate(capsules):
        if capsule.texture is not None:
            kind = capsule.texture
            texture[number] = textures.setdefault(kind, len(textures))
    ends = np.array([(c.start, c.end) for c in capsules], dtype=np.float64)
    radii = np.array([(c.start_radius, c.end_radius) for c in capsules], dtype=float)
    vertices, normals, coords = _capsule_vertices(
        ends.reshape(count, 2, 3), radii.reshape(count, 2)
    )
    num_vertices = vertices.shape[1]
    faces = _FACES + num_vertices * np.arange(count)[:, None, None]
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
    ends: np.ndarray, radii: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, normals, local coordinates (N, 50, 3) of capsules (N, 2, 3), (N, 2).

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
    radial = np.stack([_RING_COS, _RING_SIN], axis=1) * _FATTEN
    local = [np.tile([[[0.0, 0.0, -_CAP_FATTEN]]], (len(ends), 1, 1))]
    for ring in rings:
        around = radial[None] * ring[:, None, :1]
        along = np.broadcast_to(ring[:, None, 1:], (len(ends), _AROUND, 1))
        local.append(np.concatenate([around, along], axis=2))
    local.append(-local[0])
    offsets = np.concatenate(local, axis=1)
    normals = (
        offsets[:, :, :1] * side[:, None]
        + offsets[:, :, 1:2] * other[:, None]
        + offsets[:, :, 2:] * axis[:, None]
    )
    at_end = np.arange(offsets.shape[1]) > 2 * _AROUND
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


def _capsule_faces() -> np.ndarray:
    """(96, 3) faces over pole, four rings, pole."""
    here = np.arange(_AROUND)
    there = (here + 1) % _AROUND
    last = 1 + 4 * _AROUND
    bands = [np.stack([np.zeros_like(here), 1 + there, 1 + here], axis=1)]
    for ring in range(3):
        a, b = 1 + ring * _AROUND + here, 1 + ring * _AROUND + there
        c, d = a + _AROUND, b + _AROUND
        bands += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
    top = 1 + 3 * _AROUND
    bands.append(np.stack([top + here, top + there, np.full_like(here, last)], axis=1))
    return np.concatenate(bands)


_FACES = _capsule_faces()
