"""All primitives of a scene as one set of triangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.capsules import by_thickness, capsule_block
from mmsia.datasets.simulated.rendering.primitives import Capsule, Mesh, Primitive
from mmsia.datasets.simulated.rendering.rotations import cross, unit
from mmsia.datasets.simulated.rendering.textures import Texture


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


def triangulate(primitives: Sequence[Primitive], camera: Camera) -> Triangles:
    """Join primitives; capsules become meshes, all in one step.

    Args:
        primitives: Meshes and capsules.
        camera: Capsules that look thin have fewer sides.
    """
    textures: dict[Texture, int] = {}
    blocks = [_mesh_block(p, textures) for p in primitives if isinstance(p, Mesh)]
    capsules = [p for p in primitives if isinstance(p, Capsule)]
    blocks += [
        capsule_block(some, around, textures)
        for around, some in by_thickness(capsules, camera).items()
    ]
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
