"""A picture of rigid objects: which ones, seen how, and what of them is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    OTHER_MODELS,
    TRAINING_MODELS,
    CadModel,
    Category,
    cad_model,
)
from mmsia.datasets.simulated.objects_presets import ObjectsPreset
from mmsia.datasets.simulated.objects_solids import BODY, DARK, GLASS, LAMP, METAL
from mmsia.datasets.simulated.objects_viewpoint import Viewpoint
from mmsia.datasets.simulated.rendering.backgrounds import backdrop, clutter
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import occluder
from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.raster import rasterise
from mmsia.datasets.simulated.rendering.rotations import rotate
from mmsia.datasets.simulated.rendering.scene import Light, Rendered, Scene, render
from mmsia.datasets.simulated.rendering.textures import KINDS, Texture

SPLITS = ("train", "val", "test", "overfit")
VISIBLE, SELF_OCCLUDED, OCCLUDED, TRUNCATED = 1, 2, 3, 4
"""Status of a keypoint as Pascal3D+ numbers it; readers take 1 for visible."""

_OCCLUDED_SHARE, _DIFFICULT_SHARE = 0.85, 0.3
# Half the longest diagonal of a model whose longest side is 1.
_REACH = 0.9
# A keypoint may lie this far behind the surface that is seen, lengths of the object.
_DEPTH = 0.03
_LEAST_PIXELS = 24


@dataclass(frozen=True)
class Thing:
    """An object in a picture.

    Attributes:
        category: Its category.
        cad_index: Number of its model, from 0.
        viewpoint: How it is seen.
        keypoints: (K, 2) pixels.
        status: (K,) VISIBLE, SELF_OCCLUDED, OCCLUDED or TRUNCATED.
        box: (x1, y1, x2, y2) around its projection within the image, pixels.
        mask: (h, w) bool, where it is seen.
        share: Seen pixels over those of its whole projection within the image.
        truncated: Whether the border cuts it.
    """

    category: Category
    cad_index: int
    viewpoint: Viewpoint
    keypoints: np.ndarray
    status: np.ndarray
    box: tuple[float, float, float, float]
    mask: np.ndarray
    share: float
    truncated: bool

    @property
    def occluded(self) -> bool:
        """Whether something else hides more than a little of it."""
        return self.share < _OCCLUDED_SHARE

    @property
    def difficult(self) -> bool:
        """Whether hardly anything of it is seen."""
        return self.share < _DIFFICULT_SHARE

    @property
    def model(self) -> CadModel:
        """Its model."""
        return cad_model(self.category.name, self.cad_index)


@dataclass(frozen=True)
class _Placed:
    category: Category
    cad_index: int
    viewpoint: Viewpoint
    length: float
    factor: float = 1.0


def draw_things(
    first: str,
    names: Sequence[str],
    preset: ObjectsPreset,
    split: str,
    rng: np.random.Generator,
) -> tuple[Rendered, list[Thing]]:
    """Place and render objects.

    Args:
        first: Category of the first object.
        names: Categories to choose the others from.
        preset: How hard it is to be.
        split: test has models and viewpoints that the others have not.
        rng: Source of randomness.

    Returns:
        What was rendered, instance i being the i-th thing, and the things that can be
        seen at all; numbers of unseen ones are left out.
    """
    camera, placed = _place(first, names, preset, split, rng)
    meshes = [_mesh(p, i, camera, rng) for i, p in enumerate(placed)]
    rendered = render(_scene(camera, placed, meshes, preset, rng), rng)
    things = []
    for number, (item, mesh) in enumerate(zip(placed, meshes, strict=True)):
        mask = rendered.instances == number
        if int(mask.sum()) >= _LEAST_PIXELS:
            things.append(_observe(item, number, mesh, mask, camera, rendered))
    return rendered, things


def _place(
    first: str,
    names: Sequence[str],
    preset: ObjectsPreset,
    split: str,
    rng: np.random.Generator,
) -> tuple[Camera, list[_Placed]]:
    width, height = preset.size
    viewport = float(rng.uniform(1.5, 6.0)) * max(width, height)
    count = int(rng.integers(preset.objects[0], preset.objects[1] + 1))
    placed: list[_Placed] = []
    for _ in range(count):
        name = names[rng.integers(len(names))] if placed else first
        near = placed[-1] if placed and rng.random() < preset.overlap else None
        category = near.category if near else CATEGORIES[name]
        low, high = preset.lengths
        share = float(rng.uniform(low, high)) / (1 + 0.35 * (count - 1)) ** 0.5
        length = share * min(width, height)
        if near:
            length = near.length * float(rng.uniform(0.8, 1.25))
        place = _where(near, length, preset, rng)
        view = _view(category, split, length, viewport, place, rng)
        placed.append(_Placed(category, _choose_model(split, rng), view, length))
    centre = (width - 1) / 2, (height - 1) / 2
    return Camera((viewport, viewport), centre, preset.size), _layered(placed, rng)


def _where(
    near: _Placed | None, length: float, preset: ObjectsPreset, rng: np.random.Generator
) -> tuple[float, float]:
    size = np.array(preset.size, dtype=np.float64)
    if near:
        start = np.array([near.viewpoint.px, near.viewpoint.py])
        # Mostly inwards: chains of objects would end in a corner.
        inwards = np.where(start < size / 2, 1.0, -1.0)
        inwards = inwards * np.where(rng.random(2) < 0.2, -1.0, 1.0)
        point = start + inwards * rng.uniform(0.25, 0.6, 2) * (1.0, 0.5) * length
        return tuple(np.clip(point, 0.1 * size, 0.9 * size).tolist())
    margin = np.minimum(0.5 * length, 0.45 * size)
    if rng.random() < preset.truncation:
        margin = margin * (0.1, 1.0) if rng.random() < 0.5 else margin * (1.0, 0.1)
        edge = rng.choice((0.0, 1.0), 2)
        point = margin + edge * (size - 2 * margin)
        other = rng.uniform(margin, size - margin)
        cut = margin < 0.2 * length
        return tuple(np.where(cut, point, other).tolist())
    return tuple(rng.uniform(margin, size - margin).tolist())


def _view(
    category: Category,
    split: str,
    length: float,
    viewport: float,
    place: tuple[float, float],
    rng: np.random.Generator,
) -> Viewpoint:
    low, high = category.elevation
    tilt = 8.0
    if split == "test":
        # Half of the test is seen from higher, lower or more askew than training is.
        low, high, tilt = low - 12.0, high + 15.0, 18.0
    return Viewpoint(
        azimuth=float(rng.uniform(0, 360)),
        elevation=float(rng.uniform(low, high)),
        theta=float(np.clip(rng.normal(0, tilt / 2), -tilt, tilt)),
        distance=viewport / length,
        px=place[0],
        py=place[1],
        viewport=viewport,
    )


def _choose_model(split: str, rng: np.random.Generator) -> int:
    """Training models; in the test two of three times one that training has not."""
    known = int(rng.integers(TRAINING_MODELS))
    other = TRAINING_MODELS + int(rng.integers(OTHER_MODELS))
    return other if split == "test" and rng.random() < 2 / 3 else known


def _layered(placed: list[_Placed], rng: np.random.Generator) -> list[_Placed]:
    """Nearer and farther in a random order, each in a layer of depth of its own."""
    layered = list(placed)
    start = 1.0
    for number in rng.permutation(len(placed)).tolist():
        item = placed[number]
        nearest, farthest = (item.viewpoint.distance + k * _REACH for k in (-1, 1))
        factor = start / nearest
        layered[number] = _Placed(
            item.category, item.cad_index, item.viewpoint, item.length, factor
        )
        start = factor * farthest * 1.02
    return layered


def _mesh(item: _Placed, number: int, camera: Camera, rng: np.random.Generator) -> Mesh:
    """The object in the scene's camera; parts are its materials."""
    model = cad_model(item.category.name, item.cad_index)
    turn = item.viewpoint.turn() * np.array([[1.0], [-1.0], [-1.0]])
    colours = _colours(rng)
    textures = {}
    if rng.random() < 0.35:
        shade = tuple((colours[BODY] * rng.uniform(0.4, 0.9)).tolist())
        kind = KINDS[rng.integers(len(KINDS))]
        scale = float(rng.uniform(4, 16))
        textures[BODY] = Texture(
            kind, shade, scale, int(rng.integers(3)), 0.7, int(rng.integers(1000))
        )
    return Mesh(
        item.viewpoint.scene_points(model.vertices, camera.centre, item.factor),
        model.faces,
        model.materials,
        colours[model.materials],
        number,
        normals=rotate(turn, model.normals),
        coords=model.vertices,
        textures=textures,
    )


def _colours(rng: np.random.Generator) -> np.ndarray:
    """(6, 3) BGR of the materials of an instance."""
    colours = rng.uniform(25, 235, (6, 3))
    if rng.random() < 0.4:
        colours[BODY] = colours[BODY].mean() + rng.normal(0, 12, 3)
    colours[DARK] = rng.uniform(25, 60) + rng.normal(0, 4, 3)
    colours[GLASS] = rng.uniform(50, 120) * np.array([1.15, 1.05, 0.95])
    colours[METAL] = rng.uniform(120, 200) + rng.normal(0, 5, 3)
    colours[LAMP] = rng.uniform((150, 200, 220), (230, 245, 255))
    return np.clip(colours, 10, 250)


def _scene(
    camera: Camera,
    placed: list[_Placed],
    meshes: list[Mesh],
    preset: ObjectsPreset,
    rng: np.random.Generator,
) -> Scene:
    farthest = max(p.factor * (p.viewpoint.distance + _REACH) for p in placed)
    primitives: list = list(meshes)
    colours = [mesh.colours[rng.integers(len(mesh.colours))] for mesh in meshes]
    width, height = preset.size
    near, far = farthest * 1.05, farthest * 1.4
    primitives += clutter(
        rng,
        camera,
        int(rng.poisson(preset.clutter)),
        depth=(near, far),
        radius=(0.012 * width, 0.05 * width),
        colours=colours,
    )
    for _ in range(int(rng.poisson(preset.clutter * 0.6))):
        pixel = rng.uniform((0, 0), (width, height))
        size = float(rng.uniform(0.05, 0.25)) * height
        colour = colours[rng.integers(len(colours))]
        depth = float(rng.uniform(near * 1.3, far * 1.3))
        primitives.append(occluder(rng, camera, pixel, size, depth, colour))
    for item in placed:
        if rng.random() < preset.occlusion:
            way = rng.uniform(-0.4, 0.4, 2) * item.length
            pixel = np.array([item.viewpoint.px, item.viewpoint.py]) + way
            size = float(rng.uniform(0.2, 0.45)) * item.length
            depth = item.factor * (item.viewpoint.distance - _REACH)
            colour = colours[rng.integers(len(colours))]
            primitives.append(occluder(rng, camera, pixel, size, depth * 0.9, colour))
    x, y, z = rng.uniform((-0.9, -1.0, -1.0), (0.9, -0.4, -0.3)).tolist()
    ambient, diffuse = rng.uniform((0.35, 0.5), (0.55, 0.7)).tolist()
    light, grain = Light((x, y, z), ambient, diffuse), float(rng.uniform(0, 3))
    return Scene(camera, primitives, backdrop(rng, camera.size), light, grain)


def _observe(
    item: _Placed,
    number: int,
    mesh: Mesh,
    mask: np.ndarray,
    camera: Camera,
    rendered: Rendered,
) -> Thing:
    width, height = camera.size
    one_sided = np.zeros(len(mesh.faces), dtype=bool)
    alone = rasterise(mesh.vertices, mesh.faces, one_sided, camera)
    pixels = camera.project(mesh.vertices)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    last = np.array([width - 1, height - 1])
    box = (*np.clip(low, 0, last).tolist(), *np.clip(high, 0, last).tolist())
    cut = bool((low < -1).any() or (high > last + 1).any())
    model = cad_model(item.category.name, item.cad_index)
    points = item.viewpoint.scene_points(model.keypoints, camera.centre, item.factor)
    return Thing(
        item.category,
        item.cad_index,
        item.viewpoint,
        item.viewpoint.project(model.keypoints),
        _status(points, number, item.factor * _DEPTH, camera, rendered),
        box,
        mask,
        int(mask.sum()) / max(1, len(alone.pixels)),
        cut,
    )


def _status(
    points: np.ndarray, number: int, margin: float, camera: Camera, rendered: Rendered
) -> np.ndarray:
    """(K,) status of surface points: seen if the surface around their pixel is theirs.

    A corner's own pixel can show what is beside it: the eight around it count too.
    """
    pixels = camera.project(points)
    inside = camera.contains(pixels)
    column, row = np.rint(np.where(inside[:, None], pixels, 0)).astype(np.int64).T
    seen = np.zeros(len(points), dtype=bool)
    own_in_front = np.zeros(len(points), dtype=bool)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            x = np.clip(column + dx, 0, camera.size[0] - 1)
            y = np.clip(row + dy, 0, camera.size[1] - 1)
            own = rendered.instances[y, x] == number
            near = points[:, 2] - rendered.depth[y, x] <= margin
            seen |= own & near
            own_in_front |= own & ~near
    hidden = np.where(own_in_front, SELF_OCCLUDED, OCCLUDED)
    return np.where(inside, np.where(seen, VISIBLE, hidden), TRUNCATED)
