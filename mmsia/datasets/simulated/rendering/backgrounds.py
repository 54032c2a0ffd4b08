"""What is behind: gradients, noise, and clutter that looks like the subject."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.colours import dulled
from mmsia.datasets.simulated.rendering.primitives import NOTHING, Capsule
from mmsia.datasets.simulated.rendering.rotations import unit
from mmsia.datasets.simulated.rendering.textures import Texture

KINDS = ("gradient", "noise", "room")


def backdrop(
    rng: np.random.Generator,
    size: tuple[int, int],
    kind: str | None = None,
    horizon: float | None = None,
) -> np.ndarray:
    """A background (H, W, 3) uint8 BGR.

    Args:
        rng: Draws colours and noise.
        size: (w, h) pixels.
        kind: One of `KINDS`; drawn if None. A gradient runs between four corners, a
            noise adds cloudy layers to it, a room is a wall and a floor with noise.
        horizon: Row where a room's floor begins, pixels; drawn if None.
    """
    kind = KINDS[rng.integers(len(KINDS))] if kind is None else kind
    corners = rng.integers(20, 236, (2, 2, 3)).astype(np.float64)
    # neighbouring corners are alike and colours dull, or all would be rainbows
    corners = corners.mean(axis=(0, 1)) * 0.6 + corners * 0.4
    corners = dulled(corners, rng.uniform(0.2, 1.0))
    image = _bilinear(corners, size)
    if kind == "room":
        if horizon is None:
            horizon = size[1] * rng.uniform(0.35, 0.85)
        floor = dulled(rng.integers(20, 236, (2, 2, 3)) * 0.4 + 60.0, 0.5)
        floor = _bilinear(floor, size)
        image[int(horizon) :] = floor[int(horizon) :]
    if kind != "gradient":
        for cells in (4, 12, 36):
            image += _cloud(rng, size, cells) * np.float32(rng.uniform(0.05, 0.45))
    image += np.float32(0.5)
    return np.clip(image, 0, 255, out=image).astype(np.uint8)


def clutter(
    rng: np.random.Generator,
    camera: Camera,
    number: int,
    *,
    depth: tuple[float, float],
    radius: tuple[float, float],
    colours: Sequence[Sequence[float]],
    textures: Sequence[Texture] = (),
) -> list[Capsule]:
    """Chains of capsules that belong to nobody, anywhere in the image.

    Args:
        rng: Draws them.
        camera: The camera.
        number: How many chains, of one to three capsules.
        depth: Range of z; behind the subject, or in front of it for occluders.
        radius: Range of radii as they appear, pixels.
        colours: BGR colours to choose from, the subject's say.
        textures: Textures to choose from; half of the chains are plain.
    """
    width, height = camera.size
    found: list[Capsule] = []
    for _ in range(number):
        z = rng.uniform(*depth)
        unit_size = z / camera.focal[0]
        thick = rng.uniform(*radius) * unit_size
        start = camera.unproject(rng.uniform((0, 0), (width, height)), z)
        colour = np.asarray(colours[rng.integers(len(colours))], dtype=np.float64)
        kind = None
        if len(textures) and rng.random() < 0.5:
            kind = textures[rng.integers(len(textures))]
        for _ in range(rng.integers(1, 4)):
            way = unit(rng.normal(size=3) * (1.0, 1.0, 0.4))
            end = start + way * thick * rng.uniform(2.0, 7.0)
            end[2] = np.clip(end[2], *depth)
            thin = thick * rng.uniform(0.6, 1.0)
            found.append(
                Capsule(start, end, thick, thin, NOTHING, colour, NOTHING, kind)
            )
            start, thick = end, thin
    return found


def _bilinear(corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) float32 between the colours (2, 2, 3) of four corners."""
    corners = corners.astype(np.float32)
    x = (np.arange(size[0], dtype=np.float32) / max(1, size[0] - 1))[:, None]
    y = (np.arange(size[1], dtype=np.float32) / max(1, size[1] - 1))[:, None, None]
    top = corners[0, 0] * (1 - x) + corners[0, 1] * x
    bottom = corners[1, 0] * (1 - x) + corners[1, 1] * x
    return top + (bottom - top) * y


def _cloud(rng: np.random.Generator, size: tuple[int, int], cells: int) -> np.ndarray:
    """(H, W, 3) float32 in -128 to 127: random cells, smoothly enlarged."""
    coarse = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    if rng.random() < 0.8:
        coarse[:] = coarse[:, :, :1]
    # the exact kind is the one that is the same on every processor
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR_EXACT)
    return fine.astype(np.float32) - np.float32(128)
