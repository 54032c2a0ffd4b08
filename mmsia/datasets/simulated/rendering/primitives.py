"""What scenes are made of: meshes and tapered capsules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mmsia.datasets.simulated.rendering.textures import Texture
from mmsia.errors import InputError

NOTHING = -1
"""Part and instance of what belongs to no subject: clutter and occluders."""


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes:
        vertices: (V, 3) in the camera's frame.
        faces: (F, 3) int, counter-clockwise seen from outside.
        parts: (F,) int, or one for all.
        colours: BGR 0 to 255, (F, 3) for faces or (V, 3) for vertices, or (3,) for
            all; where F equals V they are taken as the faces'.
        instance: Whom it belongs to.
        normals: (V, 3) of length 1; from the faces if None. Give a vertex to each
            face by itself for edges that stay sharp.
        coords: (V, 3) local coordinates of textures, the rest pose say.
        textures: Texture of a part.
        two_sided: Whether it is seen from inside too; a closed one need not be.
    """

    vertices: np.ndarray
    faces: np.ndarray
    parts: np.ndarray | int
    colours: np.ndarray
    instance: int = 0
    normals: np.ndarray | None = None
    coords: np.ndarray | None = None
    textures: Mapping[int, Texture] = field(default_factory=dict)
    two_sided: bool = False

    def __post_init__(self) -> None:
        faces = np.asarray(self.faces)
        shapes = np.shape(self.vertices)[1:], faces.shape[1:]
        if shapes != ((3,), (3,)):
            raise InputError(
                "a mesh",
                expected="vertices (V, 3) and faces (F, 3)",
                got=f"{np.shape(self.vertices)} and {faces.shape}",
            )
        if len(faces) and (faces.min() < 0 or faces.max() >= len(self.vertices)):
            raise InputError(
                "a mesh's faces",
                expected=f"vertices 0 to {len(self.vertices) - 1}",
                got=f"{faces.min()} to {faces.max()}",
            )
        if self.textures and self.coords is None:
            raise InputError("a mesh with textures", expected="coords", got="None")


@dataclass(frozen=True)
class Capsule:
    """The hull of two spheres.

    Its local coordinates for textures are in its own units: z along the axis from
    the start, x and y across.

    Attributes:
        start: (3,) centre of the first sphere, in the camera's frame.
        end: (3,) centre of the second.
        start_radius: Radius of the first.
        end_radius: Radius of the second.
        part: Part.
        colour: BGR, 0 to 255.
        instance: Whom it belongs to.
        texture: Texture, or None.
    """

    start: np.ndarray
    end: np.ndarray
    start_radius: float
    end_radius: float
    part: int
    colour: tuple[float, float, float] | np.ndarray
    instance: int = 0
    texture: Texture | None = None


Primitive = Mesh | Capsule
