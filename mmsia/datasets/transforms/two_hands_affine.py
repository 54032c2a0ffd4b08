"""DIR's augmentation of place: image, maps, meshes and camera at once.

Flip, turn, scale and shift about the image's middle, ranges as released. A warp A of
the image (3 x 3, pixels) goes with a map M of space that keeps depth, and the camera K
becomes A K M^-1: what it sees of the mapped meshes is what was seen, warped.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms.augmentation import Augmentation
from mmsia.datasets.transforms.randomness import get_generator
from mmsia.errors import ConfigError

_KEEPS = ("camera", "hands")
_SWAPPED = np.array([0, 2, 1], dtype=np.uint8)
"""Background, left and right hand after a flip."""


@TRANSFORMS.register_module()
class TwoHandsAffine(BaseTransform):
    """Warp a crop of two hands at random.

    Args:
        flip_prob: Probability of a flip, with which left and right change names.
        max_rotation: Degrees, to both sides.
        scale_range: Image pixels after for one before.
        max_shift: Share of the image's side, to all sides.
        keep: `'camera'`, as released: it stays, and points go to where it sees them
            warped at their depth, which stretches hands by the scale and shears them a
            little; `'hands'`: they are turned or mirrored alone and keep their shape,
            and the camera changes.

    Raises:
        ConfigError: To keep something else.
    """

    def __init__(
        self,
        flip_prob: float = 0.5,
        max_rotation: float = 180.0,
        scale_range: tuple[float, float] = (0.9, 1.1),
        max_shift: float = 10 / 256,
        keep: str = "camera",
    ) -> None:
        super().__init__()
        if keep not in _KEEPS:
            raise ConfigError(
                "TwoHandsAffine: what to keep",
                expected=f"one of {', '.join(_KEEPS)}",
                got=repr(keep),
            )
        self.flip_prob = flip_prob
        self.max_rotation = max_rotation
        self.scale_range = scale_range
        self.max_shift = max_shift
        self.keep = keep

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Warp one sample.

        Args:
            results: Of the pipeline, as LoadTwoHands returns, with maps or without.
        """
        size = results["img"].shape[0]
        draw = self._draw(get_generator(results), size)
        middle = np.full(2, (size - 1) / 2)
        warp = np.eye(3)
        warp[:2] = draw.matrix(middle, (size, size), np.zeros(2))
        _warp_images(results, warp[:2], size)
        self._move(results, warp, draw)
        if draw.flip:
            results["vertices"] = results["vertices"][::-1].copy()
            if "classes" in results:
                results["classes"] = _SWAPPED[results["classes"]]
        return results

    def _draw(self, generator: np.random.Generator, size: int) -> Augmentation:
        scale = float(generator.uniform(*self.scale_range))
        shift = generator.uniform(-1, 1, 2) * self.max_shift * size
        return Augmentation(
            flip=bool(generator.random() < self.flip_prob),
            rotation=float(generator.uniform(-1, 1) * self.max_rotation),
            scale=(scale, scale),
            shift=tuple(shift.tolist()),
        )

    def _move(
        self, results: dict[str, Any], warp: np.ndarray, draw: Augmentation
    ) -> None:
        camera = results["camera"]
        if self.keep == "camera":
            space = np.linalg.inv(camera) @ warp @ camera
        else:
            space = np.eye(3)
            space[:2, :2] = draw.linear() / draw.scale[0]
            results["camera"] = warp @ camera @ np.linalg.inv(space)
        results["vertices"] = results["vertices"] @ space.T


def _warp_images(results: dict[str, Any], warp: np.ndarray, size: int) -> None:
    # A class is not a number between two others.
    for name, how in (
        ("img", cv2.INTER_LINEAR),
        ("dense", cv2.INTER_LINEAR),
        ("classes", cv2.INTER_NEAREST),
    ):
        if name in results:
            results[name] = cv2.warpAffine(results[name], warp, (size, size), flags=how)
