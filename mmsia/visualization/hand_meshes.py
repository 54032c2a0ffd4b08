"""Meshes of two hands, drawn over the image and from a second view.

The renderer is the simulated data's. Networks see each hand by an orthographic camera
of its own, annotations are seen by a pinhole: what is drawn are places in the image, by
whatever camera, and depth alone decides what hides what.
"""

from __future__ import annotations

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render
from mmsia.datasets.simulated.rendering.triangles import face_normals
from mmsia.errors import InputError

COLOURS = ((230, 159, 0), (86, 180, 233))
"""RGB of the left and of the right hand; told apart by colour-blind people, too."""
PAPER = 245
"""Grey behind the second view."""
_LIGHT = Light(ambient=0.35, diffuse=0.75)
_FILLED = 0.8
"""Of the second view's side, by the hands' larger extent."""
_NEAREST = 1.0
"""Metres, of the nearest vertex: any depth before the camera will do."""


def draw_hands(
    image: np.ndarray,
    vertices: np.ndarray,
    pixels: np.ndarray,
    faces: np.ndarray,
    opacity: float = 0.6,
) -> np.ndarray:
    """Draw both hands where they are seen.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        vertices: (2, V, 3) metres, left hand first, both in one frame: x right, y down,
            z away.
        pixels: (2, V, 2) where they are in the image, xy.
        faces: (2, F, 3) vertices of each hand's triangles.
        opacity: Of the hands, 0 to 1.

    Returns:
        (H, W, 3) uint8 RGB; pixels beside the hands are those of the image.

    Raises:
        InputError: Shapes that do not fit, or numbers that are not finite.
    """
    _check(vertices, pixels)
    height, width = image.shape[:2]
    camera = Camera((width, width), (width / 2, height / 2), (width, height))
    depth = vertices[..., 2] - vertices[..., 2].min() + _NEAREST
    placed = camera.unproject(pixels, depth)
    meshes = [
        Mesh(
            placed[hand],
            faces[hand],
            parts=hand,
            colours=np.array(COLOURS[hand]),
            instance=hand,
            # Of the hand as it is: where it is placed here, depths are not to scale.
            normals=face_normals(vertices[hand], faces[hand]),
            # A hand is open at its wrist.
            two_sided=True,
        )
        for hand in range(2)
    ]
    scene = Scene(camera, meshes, image, _LIGHT)
    # Nothing is drawn at random: there is no grain.
    drawn = render(scene, np.random.default_rng(0))
    covered = drawn.instances[..., None] >= 0
    mixed = opacity * drawn.image + (1 - opacity) * image
    return np.where(covered, np.rint(mixed), image).astype(np.uint8)


def draw_side_view(vertices: np.ndarray, faces: np.ndarray, size: int) -> np.ndarray:
    """Draw both hands turned by 90 degrees about the vertical through their middle.

    They are seen, without perspective, from what is the image's right: what is nearer
    to the camera is on the left.

    Args:
        vertices: (2, V, 3) as `draw_hands`.
        faces: (2, F, 3) as `draw_hands`.
        size: Side of the picture, pixels, which both hands together fill.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        InputError: As `draw_hands`.
    """
    turned = np.stack([vertices[..., 2], vertices[..., 1], -vertices[..., 0]], axis=-1)
    seen = turned[..., :2]
    low, high = seen.min(axis=(0, 1)), seen.max(axis=(0, 1))
    extent = max(float((high - low).max()), np.finfo(float).tiny)
    pixels = (seen - (low + high) / 2) * (_FILLED * size / extent) + (size - 1) / 2
    paper = np.full((size, size, 3), PAPER, np.uint8)
    return draw_hands(paper, turned, pixels, faces, opacity=1.0)


def draw_views(
    image: np.ndarray,
    vertices: np.ndarray,
    pixels: np.ndarray,
    faces: np.ndarray,
    opacity: float = 0.6,
) -> np.ndarray:
    """The image under both hands, and beside it the hands from the second view.

    Args:
        image: As `draw_hands`.
        vertices: As `draw_hands`.
        pixels: As `draw_hands`.
        faces: As `draw_hands`.
        opacity: As `draw_hands`.

    Returns:
        (H, W + H, 3) uint8 RGB.

    Raises:
        InputError: As `draw_hands`.
    """
    over = draw_hands(image, vertices, pixels, faces, opacity)
    beside = draw_side_view(vertices, faces, image.shape[0])
    return np.concatenate([over, beside], axis=1)


def _check(vertices: np.ndarray, pixels: np.ndarray) -> None:
    shape = np.shape(vertices)
    if len(shape) != 3 or (shape[0], shape[2]) != (2, 3) or not shape[1]:
        raise InputError(
            "hands to draw",
            expected="vertices of shape (2, V, 3), left hand first",
            got=f"shape {shape}",
        )
    if np.shape(pixels) != (2, shape[1], 2):
        raise InputError(
            "places of hands to draw",
            expected=f"pixels of shape {(2, shape[1], 2)}",
            got=f"shape {np.shape(pixels)}",
        )
    if not (np.isfinite(vertices).all() and np.isfinite(pixels).all()):
        raise InputError(
            "hands to draw",
            expected="finite numbers",
            got="NaN or infinity",
            remedy="The network has diverged, or the data are damaged.",
        )
