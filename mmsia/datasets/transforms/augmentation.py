"""The affine map of GOG's training augmentation (notes, section 8, step 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """One draw of the augmentation.

    Attributes:
        flip: Whether left and right change places.
        rotation: Degrees; positive turns x towards -y, as seen anticlockwise.
        scale: (sx, sy) output pixels per image pixel, stretch included.
        shift: (x, y) output pixels.
    """

    flip: bool
    rotation: float
    scale: tuple[float, float]
    shift: tuple[float, float]

    def linear(self) -> np.ndarray:
        """Return the (2, 2) part: rotate, then scale, then flip."""
        angle = np.deg2rad(self.rotation)
        cos, sin = np.cos(angle), np.sin(angle)
        rotate = np.array([[cos, sin], [-sin, cos]])
        sign = np.array([-1.0 if self.flip else 1.0, 1.0])
        return np.diag(sign * np.array(self.scale)) @ rotate

    def matrix(
        self, centre: np.ndarray, output_size: tuple[int, int], move: np.ndarray
    ) -> np.ndarray:
        """Return the (2, 3) warp from image to output pixels.

        Args:
            centre: (2,) image pixels; lands in the middle of the output, then shifted.
            output_size: (w, h) pixels.
            move: (2,) output pixels, a further shift.
        """
        linear = self.linear()
        middle = (np.array(output_size) - 1) / 2
        shift = middle + np.array(self.shift) + move - linear @ centre
        return np.concatenate([linear, shift[:, None]], axis=1)
