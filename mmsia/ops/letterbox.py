"""Test-time resizing as numbers: where an image lands in the network's input.

Two modes of GOG's released evaluation (notes, section 1): ``long_edge`` resizes the
longer side to L and pads to an L x L square, centred; ``fixed_height`` resizes the
height to L and pads on the right and at the bottom to a multiple of 128. ``own_size``
is CenterNet's: images keep their size (GOG's "~640", the longer side of COCO's), and
are padded around the middle to the next multiple of 128 above. Coordinates map by
``x' = x (w' - 1) / (w - 1) + left``, as GOG's authors do it, although OpenCV's resize
maps pixel areas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.errors import InputError

MAX_STRIDE = 128
"""Total stride of Hourglass-104, 4 * 2**5: padded sizes are multiples of it."""


@dataclass(frozen=True)
class Letterbox:
    """Where an image lies in the network's input.

    Attributes:
        image_size: (w, h) of the image.
        resized_size: (w', h') after resizing.
        padded_size: (w, h) of the network's input.
        left: Pixels of padding on the left.
        top: Pixels of padding at the top.
    """

    image_size: tuple[int, int]
    resized_size: tuple[int, int]
    padded_size: tuple[int, int]
    left: int
    top: int

    @property
    def scale(self) -> np.ndarray:
        """(2,) factors from image to input coordinates, xy.

        # paper silent: a side of one pixel, before or after, has no extent between
        pixel centres; the ratio of the sides stands in.
        """
        before = np.array(self.image_size, dtype=np.float64)
        after = np.array(self.resized_size, dtype=np.float64)
        has_extent = (before > 1) & (after > 1)
        extent = (after - 1) / np.maximum(before - 1, 1)
        return np.where(has_extent, extent, after / before)

    @property
    def shift(self) -> np.ndarray:
        """(2,) input pixels of padding, left and top."""
        return np.array([self.left, self.top], dtype=np.float64)

    def to_input(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) from the image to the network's input, pixels."""
        return points * self.scale + self.shift

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) from the network's input to the image, pixels."""
        return (points - self.shift) / self.scale


def long_edge(image_size: tuple[int, int], length: int) -> Letterbox:
    """Resize the longer side to ``length`` and centre in a square.

    Args:
        image_size: (w, h) pixels.
        length: L, pixels.

    Raises:
        InputError: The image or L has no pixels.
    """
    _check(image_size, length)
    width, height = image_size
    factor = length / max(width, height)
    if width >= height:
        resized = (length, max(1, int(height * factor)))
    else:
        resized = (max(1, int(width * factor)), length)
    left, top = (int((length - side) / 2) for side in resized)
    return Letterbox(image_size, resized, (length, length), left, top)


def fixed_height(image_size: tuple[int, int], height: int) -> Letterbox:
    """Resize to ``height`` and pad right and bottom to a multiple of 128.

    Args:
        image_size: (w, h) pixels.
        height: L, pixels.

    Raises:
        InputError: The image or L has no pixels.
    """
    _check(image_size, height)
    resized = (max(1, int(image_size[0] * height / image_size[1])), height)
    padded = tuple(-(-side // MAX_STRIDE) * MAX_STRIDE for side in resized)
    return Letterbox(image_size, resized, (padded[0], padded[1]), 0, 0)


def own_size(image_size: tuple[int, int], length: int) -> Letterbox:
    """Keep an image as it is unless its longer side exceeds ``length``.

    Args:
        image_size: (w, h) pixels.
        length: L, pixels; a larger image is resized to it.

    Raises:
        InputError: The image or L has no pixels.
    """
    _check(image_size, length)
    factor = min(1.0, length / max(image_size))
    resized = tuple(max(1, int(side * factor)) for side in image_size)
    # CenterNet's (side | 127) + 1: a multiple of 128 gets another 128.
    padded = tuple((side // MAX_STRIDE + 1) * MAX_STRIDE for side in resized)
    left, top = (p // 2 - r // 2 for p, r in zip(padded, resized, strict=True))
    return Letterbox(
        image_size, (resized[0], resized[1]), (padded[0], padded[1]), left, top
    )


def _check(image_size: tuple[int, int], length: int) -> None:
    if min(image_size) < 1 or length < 1:
        raise InputError(
            "an image without pixels cannot be resized",
            expected="width, height and target size of at least 1 pixel",
            got=f"{image_size[0]} x {image_size[1]} to {length}",
        )
