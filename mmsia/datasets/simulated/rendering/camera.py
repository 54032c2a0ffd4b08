"""A pinhole camera. Points are in its frame: x right, y down, z forward, z > 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.errors import InputError


@dataclass(frozen=True)
class Camera:
    """Perspective camera whose pixel centres lie at whole numbers.

    This is OpenCV's convention and that of COCO's keypoints: the middle of the
    upper left pixel is (0, 0), and the image reaches from -0.5 to w - 0.5.

    Attributes:
        focal: (2,) focal lengths in x and y, pixels.
        centre: (2,) principal point, pixels.
        size: (w, h) of the image, pixels.
    """

    focal: tuple[float, float]
    centre: tuple[float, float]
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.size) < 1 or min(self.focal) <= 0:
            raise InputError(
                "a camera",
                expected="a size of at least 1 pixel and positive focal lengths",
                got=f"size {self.size}, focal {self.focal}",
            )

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels of points.

        Args:
            points: (..., 3) in the camera's frame, z > 0.

        Returns:
            (..., 2) x right, y down.
        """
        points = np.asarray(points, dtype=np.float64)
        x = points[..., 0] / points[..., 2] * self.focal[0] + self.centre[0]
        y = points[..., 1] / points[..., 2] * self.focal[1] + self.centre[1]
        return np.stack([x, y], axis=-1)

    def unproject(self, pixels: np.ndarray, depth: np.ndarray | float) -> np.ndarray:
        """Points (..., 3) seen at pixels (..., 2) at a depth z."""
        pixels = np.asarray(pixels, dtype=np.float64)
        x = (pixels[..., 0] - self.centre[0]) / self.focal[0] * depth
        y = (pixels[..., 1] - self.centre[1]) / self.focal[1] * depth
        return np.stack([x, y, np.broadcast_to(depth, x.shape)], axis=-1)

    def contains(self, pixels: np.ndarray) -> np.ndarray:
        """Whether pixels (..., 2) lie in the image: (...) bool."""
        x, y = pixels[..., 0], pixels[..., 1]
        width, height = self.size
        return (x >= -0.5) & (y >= -0.5) & (x < width - 0.5) & (y < height - 0.5)
