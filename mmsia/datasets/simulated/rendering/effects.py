"""What a camera and the world add: occluders, blur, darkness, noise, JPEG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import cv2
import numpy as np

from mmsia.datasets.simulated.presets import Preset
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import NOTHING, Mesh
from mmsia.datasets.simulated.rendering.rotations import (
    cos_sin,
    rotate,
    uniform_rotation,
)
from mmsia.errors import InputError

_BOX_CORNERS = np.array(
    [[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]
)
_BOX_FACES = np.array(
    [
        *((0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)),
        *((2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)),
    ]
)


def _normal_quantiles() -> np.ndarray:
    """(256,) equally likely values of mean 0 and standard deviation 1, normal."""
    values = [NormalDist().inv_cdf((k + 0.5) / 256) for k in range(256)]
    spread = math.sqrt(math.fsum(v * v for v in values) / 256)
    return np.array([round(v / spread, 9) for v in values])


_QUANTILES = _normal_quantiles()
"""A random byte and this table make noise: no logarithm, a byte a channel."""


def box(
    centre: np.ndarray,
    half: np.ndarray,
    rotation: np.ndarray,
    colour: Sequence[float],
    *,
    part: int = NOTHING,
    instance: int = NOTHING,
) -> Mesh:
    """A box with sharp edges.

    Args:
        centre: (3,) in the camera's frame.
        half: (3,) half of its edges.
        rotation: (3, 3) from its own axes.
        colour: BGR, 0 to 255.
        part: Part of all its faces.
        instance: Whom it belongs to.
    """
    corners = rotate(rotation, _BOX_CORNERS * half) + centre
    # every face has vertices of its own, so that edges stay sharp
    vertices = corners[_BOX_FACES].reshape(-1, 3)
    faces = np.arange(len(vertices)).reshape(-1, 3)
    return Mesh(vertices, faces, part, np.asarray(colour, dtype=float), instance)


def occluder(
    rng: np.random.Generator,
    camera: Camera,
    pixel: np.ndarray,
    size: float,
    depth: float,
    colour: Sequence[float],
) -> Mesh:
    """A box in front of something; it belongs to nobody.

    Args:
        rng: Draws its shape and turn.
        camera: The camera.
        pixel: (2,) where its middle is seen.
        size: About its width and height as they appear, pixels.
        depth: Its z.
        colour: BGR, 0 to 255.
    """
    half = rng.uniform(0.25, 0.65, 3) * size * depth / camera.focal[0]
    half[2] = min(half[2], 0.2 * depth)
    return box(camera.unproject(pixel, depth), half, uniform_rotation(rng), colour)


def motion_blur(image: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """Smear an image evenly along a straight way, centred on where it was.

    Args:
        image: (H, W, 3) uint8.
        shift: (x, y) of the whole way, pixels.
    """
    steps = int(max(abs(shift[0]), abs(shift[1]))) + 1
    if steps < 2:
        return image
    places = [(k / (steps - 1) - 0.5) for k in range(steps)]
    moves = [(round(p * shift[0]), round(p * shift[1])) for p in places]
    margin = max(max(abs(x), abs(y)) for x, y in moves)
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    total = np.full(image.shape, steps // 2, dtype=np.uint16)
    for x, y in moves:
        total += padded[
            margin + y : margin + y + height, margin + x : margin + x + width
        ]
    return (total // np.uint16(steps)).astype(np.uint8)


def soften(image: np.ndarray, width: int = 3) -> np.ndarray:
    """Blur as a lens does.

    Args:
        image: (H, W, 3) uint8.
        width: Odd width of the kernel, pixels; 1 leaves the image as it is.
    """
    return image if width < 2 else cv2.GaussianBlur(image, (width, width), 0)


def low_light(image: np.ndarray, gain: float) -> np.ndarray:
    """Darken an image (H, W, 3) uint8: every level times the gain, rounded."""
    table = np.floor(np.arange(256) * gain + 0.5).clip(0, 255).astype(np.uint8)
    return table[image]


def sensor_noise(
    image: np.ndarray, sigma: float, rng: np.random.Generator
) -> np.ndarray:
    """Add independent noise to every channel.

    Args:
        image: (H, W, 3) uint8.
        sigma: Standard deviation, levels.
        rng: Draws the noise; untouched where sigma is 0.
    """
    if sigma <= 0:
        return image
    levels = np.floor(_QUANTILES * sigma + 0.5).astype(np.int16)
    drawn = np.frombuffer(rng.bytes(image.size), dtype=np.uint8)
    noisy = levels[drawn].reshape(image.shape)
    noisy += image
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)


def photograph(
    image: np.ndarray, rng: np.random.Generator, preset: Preset
) -> tuple[np.ndarray, int]:
    """What a preset's camera makes of a rendered image.

    Args:
        image: (H, W, 3) uint8.
        rng: Draws blur, darkness, noise and quality.
        preset: How strong they are.

    Returns:
        The image, and the JPEG quality for its file.
    """
    image = soften(image)
    if rng.random() < preset.blur:
        longest = 0.03 * image.shape[1]
        turn = cos_sin(rng.uniform(0, 2 * math.pi))
        far = rng.uniform(0.2, 1.0) * longest
        image = motion_blur(image, (turn[0] * far, turn[1] * far))
    if rng.random() < preset.darkness:
        image = low_light(image, rng.uniform(0.35, 0.75))
    image = sensor_noise(image, rng.uniform(0, preset.noise), rng)
    return image, int(rng.integers(preset.quality[0], preset.quality[1] + 1))


def encode_jpeg(image: np.ndarray, quality: int) -> bytes:
    """The bytes of a JPEG file.

    Args:
        image: (H, W, 3) uint8 BGR.
        quality: 1 to 100.
    """
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    if not done:
        raise InputError("an image that OpenCV cannot encode", got=str(image.shape))
    return data.tobytes()


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """What is left of an image (H, W, 3) uint8 after a JPEG of some quality."""
    data = np.frombuffer(encode_jpeg(image, quality), dtype=np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
