"""One person's crop as numbers, by MMPose's top-down rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PADDING = 1.25
"""Crop's size beside the box's, as in MMPose's GetBBoxCenterScale."""


@dataclass(frozen=True)
class PersonCrop:
    """Where a person's padded box lands in a network's input.

    Attributes:
        box: x, y, w, h in image pixels.
        input_size: (w, h) of the network's input.
    """

    box: tuple[float, ...]
    input_size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Input pixels for an image pixel; the box grows to the input's shape."""
        width, height = (max(side, 1.0) * PADDING for side in self.box[2:])
        return min(self.input_size[0] / width, self.input_size[1] / height)

    @property
    def centre(self) -> np.ndarray:
        """(2,) middle of the box, image pixels."""
        return np.array(self.box[:2]) + np.array(self.box[2:]) / 2

    def to_input(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) from the image to the crop, pixels."""
        return (points - self.centre) * self.scale + np.array(self.input_size) / 2

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) from the crop to the image, pixels."""
        return (points - np.array(self.input_size) / 2) / self.scale + self.centre
