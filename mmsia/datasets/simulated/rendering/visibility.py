"""Whether a keypoint can really be seen.

A keypoint lies inside the flesh. It is visible if what is seen at its pixel is a
surface of its own part or of one that it belongs to as well (at an elbow: both arms),
of its own instance, and no further in front of it than the flesh is thick there.
"""

from __future__ import annotations

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.scene import Rendered


def visible(
    rendered: Rendered,
    camera: Camera,
    points: np.ndarray,
    instance: int,
    own_parts: np.ndarray,
    depths: np.ndarray | float,
) -> np.ndarray:
    """Decide it for the keypoints of one instance.

    Args:
        rendered: The scene with everything in it.
        camera: Its camera.
        points: (K, 3) keypoints in the camera's frame.
        instance: Whose they are.
        own_parts: (K, P) bool, whether seeing part p counts for keypoint k.
        depths: (K,) or one: how far behind the surface a keypoint may lie, in the
            unit of the points; the radius of the flesh and a margin.

    Returns:
        (K,) bool; False outside of the image.
    """
    pixels = camera.project(points)
    inside = camera.contains(pixels) & (points[:, 2] > 0)
    x, y = np.rint(np.where(inside[:, None], pixels, 0)).astype(np.int64).T
    # rounding half up could leave the image by one
    x, y = np.minimum(x, camera.size[0] - 1), np.minimum(y, camera.size[1] - 1)
    part = rendered.parts[y, x]
    known = (part >= 0) & (part < own_parts.shape[1])
    own = own_parts[np.arange(len(points)), np.where(known, part, 0)]
    near = points[:, 2] - rendered.depth[y, x] <= depths
    return inside & known & own & (rendered.instances[y, x] == instance) & near
