"""The camera of Pascal3D+ and ObjectNet3D: a viewpoint for every object by itself.

Azimuth, elevation and distance place the camera around the object, theta turns the
picture, and (px, py) is where the object's origin is seen. A picture with several
objects is still one perspective scene: moving an object's principal point is a shear of
its space along the line of sight, and scaling its space about the camera changes
nothing that is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import cos_sin, rotate


@dataclass(frozen=True)
class Viewpoint:
    """How one object is seen; the fields are the published ones.

    Attributes:
        azimuth: Degrees; 0 is the front, 90 the object's left.
        elevation: Degrees above the horizon.
        theta: Degrees by which the picture is turned, clockwise as it is seen.
        distance: From the camera to the object's origin, lengths of the object.
        px: Column of the origin, pixels.
        py: Row of the origin, pixels.
        viewport: Focal length in pixels for `focal` 1.
        focal: Factor of the focal length.
    """

    azimuth: float
    elevation: float
    theta: float
    distance: float
    px: float
    py: float
    viewport: float
    focal: float = 1.0

    def turn(self) -> np.ndarray:
        """(3, 3) rotation from the object to x right, y up, z towards the viewer."""
        ca, sa = cos_sin(-math.radians(self.azimuth))
        ce, se = cos_sin(-math.radians(90.0 - self.elevation))
        ct, st = cos_sin(math.radians(self.theta))
        first = np.array([ca, -sa, 0.0])
        second = np.array([ce * sa, ce * ca, -se])
        third = np.array([se * sa, se * ca, ce])
        return np.array([ct * first - st * second, st * first + ct * second, third])

    def camera_points(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the object as x right, y down, z forward of its camera."""
        x, y, z = np.moveaxis(rotate(self.turn(), np.asarray(points)), -1, 0)
        return np.stack([x, -y, self.distance - z], axis=-1)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of points (..., 3) of the object."""
        x, y, z = np.moveaxis(self.camera_points(points), -1, 0)
        scale = self.viewport * self.focal
        return np.stack([x / z * scale + self.px, y / z * scale + self.py], axis=-1)

    def scene_points(
        self, points: np.ndarray, centre: tuple[float, float], factor: float
    ) -> np.ndarray:
        """Points as the scene's one camera sees them at the same pixels.

        Args:
            points: (..., 3) of the object.
            centre: (2,) principal point of the scene's camera, pixels.
            factor: Scale about the camera: puts the object nearer or farther.
        """
        x, y, z = np.moveaxis(self.camera_points(points), -1, 0)
        scale = self.viewport * self.focal
        x = x + z * ((self.px - centre[0]) / scale)
        y = y + z * ((self.py - centre[1]) / scale)
        return np.stack([x, y, z], axis=-1) * factor
