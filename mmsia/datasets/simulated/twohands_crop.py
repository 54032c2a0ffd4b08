"""The prepared crop: image, classes and dense map of 256 x 256 with its intrinsics.

The square around the projected vertices of both hands, its half side half the larger
extent over 0.8, as DIR's preparation has it. The classes and the dense map are drawn
from the annotated meshes alone, with the crop's camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render

MARGIN = 0.8
BACKGROUND, LEFT, RIGHT = 0, 1, 2


@dataclass(frozen=True)
class Crop:
    """A prepared crop.

    Attributes:
        image: (S, S, 3) uint8 BGR; black outside of the frame.
        mask: (S, S) uint8: 0 background, 1 left, 2 right hand.
        dense: (S, S, 3) uint8 BGR colours of the palette; black behind.
        camera: The crop's intrinsics; no rotation, the view's frame stays.
    """

    image: np.ndarray
    mask: np.ndarray
    dense: np.ndarray
    camera: Camera


def cut(
    image: np.ndarray,
    camera: Camera,
    meshes: dict[str, tuple[np.ndarray, np.ndarray]],
    colours: np.ndarray,
    size: int,
) -> Crop:
    """Cut the square around both hands and draw its maps.

    Args:
        image: (h, w, 3) uint8 frame.
        camera: The frame's camera.
        meshes: "left" and "right" -> vertices (778, 3) in the camera's frame, faces.
        colours: (778, 3) palette in [0, 1], RGB.
        size: Edge of the crop, pixels.
    """
    pixels = np.concatenate([camera.project(v) for v, _ in meshes.values()])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    centre = (low + high) / 2
    half = float(max(high - low)) / 2 / MARGIN
    left, top = (centre - half).tolist()
    scale = size / (2 * half)
    cropped = Camera(
        (camera.focal[0] * scale, camera.focal[1] * scale),
        ((camera.centre[0] - left) * scale, (camera.centre[1] - top) * scale),
        (size, size),
    )
    mask, dense = _maps(cropped, meshes, colours)
    return Crop(bilinear(image, left, top, scale, size), mask, dense, cropped)


def bilinear(
    image: np.ndarray, left: float, top: float, scale: float, size: int
) -> np.ndarray:
    """Resample a square of an image: pixel u of the result shows left + u / scale.

    Written out, because OpenCV's warps differ with the processor.

    Args:
        image: (h, w, 3) uint8.
        left: x of the result's first column, pixels of the image.
        top: y of its first row.
        scale: Pixels of the result for one of the image.
        size: Edge of the result.

    Returns:
        (size, size, 3) uint8, black outside.
    """
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    columns = _weights(left, scale, size, image.shape[1])
    rows = _weights(top, scale, size, image.shape[0])
    wide = _mix(padded.astype(np.float32), rows, axis=0)
    return np.floor(_mix(wide, columns, axis=1) + np.float32(0.5)).astype(np.uint8)


def _weights(
    start: float, scale: float, size: int, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lower neighbour in the padded image and weight of the upper one, (size,) each."""
    place = np.clip(start + np.arange(size) / scale, -1, limit)
    lower = np.minimum(np.floor(place), limit - 1)
    return lower.astype(np.int64) + 1, (place - lower).astype(np.float32)


def _mix(
    values: np.ndarray, weights: tuple[np.ndarray, np.ndarray], axis: int
) -> np.ndarray:
    lower, share = weights
    share = share[:, None, None] if axis == 0 else share[:, None]
    near, far = values.take(lower, axis=axis), values.take(lower + 1, axis=axis)
    return near + (far - near) * share


def _maps(
    camera: Camera,
    meshes: dict[str, tuple[np.ndarray, np.ndarray]],
    colours: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    painted = colours[:, ::-1] * 255
    primitives = [
        Mesh(vertices, faces, number, painted, number, two_sided=True)
        for number, (vertices, faces) in (
            (LEFT, meshes["left"]),
            (RIGHT, meshes["right"]),
        )
    ]
    flat = Light(ambient=1.0, diffuse=0.0)
    black = np.zeros((camera.size[1], camera.size[0], 3), dtype=np.uint8)
    # Nothing is drawn at random: there is no grain.
    drawn = render(Scene(camera, primitives, black, flat), np.random.default_rng(0))
    mask = np.where(drawn.instances < 0, BACKGROUND, drawn.instances).astype(np.uint8)
    return mask, drawn.image
