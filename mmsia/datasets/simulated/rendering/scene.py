"""Scenes and their rendering: image, depth, part and instance masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import NOTHING, Primitive
from mmsia.datasets.simulated.rendering.raster import (
    Hits,
    attribute_planes,
    rasterise,
)
from mmsia.datasets.simulated.rendering.rotations import dot, unit
from mmsia.datasets.simulated.rendering.triangles import Triangles, triangulate
from mmsia.errors import InputError


@dataclass(frozen=True)
class Light:
    """A lamp at infinity and light from everywhere.

    Attributes:
        direction: (3,) towards the lamp, in the camera's frame (y is down).
        ambient: Share of a surface's colour without the lamp.
        diffuse: What the lamp adds where it shines straight on.
    """

    direction: tuple[float, float, float] = (-0.4, -0.7, -0.6)
    ambient: float = 0.45
    diffuse: float = 0.65


@dataclass(frozen=True)
class Scene:
    """What is to be drawn.

    Attributes:
        camera: The camera.
        primitives: Meshes and capsules.
        background: (H, W, 3) uint8 BGR, or None for mid grey.
        light: Light.
        grain: Standard deviation of the surfaces' fine brightness noise, levels.
    """

    camera: Camera
    primitives: Sequence[Primitive]
    background: np.ndarray | None = None
    light: Light = field(default_factory=Light)
    grain: float = 0.0


@dataclass(frozen=True)
class Rendered:
    """What came of it.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        depth: (H, W) float32 z of the surface, inf where there is none.
        parts: (H, W) int16 part, -1 for none.
        instances: (H, W) int16 instance, -1 for none.
    """

    image: np.ndarray
    depth: np.ndarray
    parts: np.ndarray
    instances: np.ndarray


def render(scene: Scene, rng: np.random.Generator) -> Rendered:
    """Draw a scene.

    Args:
        scene: The scene.
        rng: Draws the grain; untouched where there is none.

    Raises:
        InputError: If the background is not of the camera's size.
    """
    width, height = scene.camera.size
    image = _background(scene)
    depth = np.full(height * width, np.inf, dtype=np.float32)
    parts = np.full(height * width, NOTHING, dtype=np.int16)
    instances = parts.copy()
    triangles = triangulate(scene.primitives, scene.camera)
    hits = rasterise(
        triangles.vertices, triangles.faces, triangles.two_sided, scene.camera
    )
    if len(hits.pixels):
        colours = _shade(scene, triangles, hits)
        if scene.grain > 0:
            noise = rng.integers(-128, 128, (4, len(colours)), dtype=np.int16)
            # four uniform numbers have a standard deviation of 147.8
            colours += (noise.sum(axis=0) * (scene.grain / 147.8))[:, None]
        image[hits.pixels] = np.clip(colours + 0.5, 0, 255).astype(np.uint8)
        depth[hits.pixels] = hits.depth
        parts[hits.pixels] = triangles.parts[hits.faces]
        instances[hits.pixels] = triangles.instances[hits.faces]
    shape = (height, width)
    return Rendered(
        image.reshape(*shape, 3),
        depth.reshape(shape),
        parts.reshape(shape),
        instances.reshape(shape),
    )


def _background(scene: Scene) -> np.ndarray:
    width, height = scene.camera.size
    if scene.background is None:
        return np.full((height * width, 3), 128, dtype=np.uint8)
    if scene.background.shape != (height, width, 3):
        raise InputError(
            "a scene's background",
            expected=f"shape {(height, width, 3)}",
            got=str(scene.background.shape),
        )
    return scene.background.reshape(-1, 3).astype(np.uint8, copy=True)


def _shade(scene: Scene, triangles: Triangles, hits: Hits) -> np.ndarray:
    """(P, 3) colours of the pixels that are hit."""
    seen, index = _unique(hits.faces, len(triangles.faces))
    faces = triangles.faces[seen]
    corners = triangles.vertices[faces]
    width = scene.camera.size[0]
    x, y = hits.pixels % width, hits.pixels // width

    def interpolate(values: np.ndarray, chosen: np.ndarray | slice) -> np.ndarray:
        planes = attribute_planes(corners, values, scene.camera)[index[chosen]]
        linear = planes[:, :, 0] * x[chosen, None] + planes[:, :, 1] * y[chosen, None]
        return (linear + planes[:, :, 2]) * hits.depth[chosen, None]

    lamp = _lamp(scene, triangles, faces, corners)
    shade = interpolate(lamp[:, :, None], slice(None))
    colours = triangles.colours[hits.faces]
    painted = np.flatnonzero(triangles.by_vertex[hits.faces])
    if len(painted):
        colours[painted] = interpolate(triangles.tints[faces], painted)
    texture = triangles.texture[hits.faces]
    textured = np.flatnonzero(texture >= 0)
    if len(textured):
        coords = interpolate(triangles.coords[faces], textured)
        for number, kind in enumerate(triangles.textures):
            mine = texture[textured] == number
            where = textured[mine]
            share = kind.mix(coords[mine])[:, None]
            colours[where] += share * (np.array(kind.colour) - colours[where])
    return colours * shade


def _lamp(
    scene: Scene, triangles: Triangles, faces: np.ndarray, corners: np.ndarray
) -> np.ndarray:
    """(F, 3) brightness at the corners: Lambert's law and the ambient light."""
    light = scene.light
    towards = unit(np.array(light.direction, dtype=np.float64))
    normals = triangles.normals[faces]
    straight = dot(normals, towards)
    if triangles.two_sided.any():
        away = dot(normals, corners) > 0
        straight = np.where(away, -straight, straight)
    return light.ambient + light.diffuse * np.maximum(straight, 0.0)


def _unique(faces: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces that occur, ascending, and the place of each entry among them."""
    occurs = np.zeros(count, dtype=bool)
    occurs[faces] = True
    place = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), place[faces]
