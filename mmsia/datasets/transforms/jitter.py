"""GOG's colour jitter and its doubtful label shift (notes, section 8)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms.randomness import get_generator


@TRANSFORMS.register_module()
class GreyHSVJitter(BaseTransform):
    """Turn an image grey now and then, and shift its hue, saturation and value.

    Args:
        grey_prob: Probability of a grey image.
        hsv_prob: Probability of a shift.
        hue: Largest shift of the hue, OpenCV's units (0 to 180, cyclic).
        saturation: Largest shift of the saturation, 0 to 255, clamped.
        value: Largest shift of the value, 0 to 255, clamped.
    """

    def __init__(
        self,
        grey_prob: float = 0.02,
        hsv_prob: float = 0.2,
        hue: int = 10,
        saturation: int = 40,
        value: int = 30,
    ) -> None:
        super().__init__()
        self.grey_prob = grey_prob
        self.hsv_prob = hsv_prob
        self.limits = np.array([hue, saturation, value])

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change the colours of `img`.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) uint8 BGR.
        """
        generator = get_generator(results)
        if generator.random() < self.grey_prob:
            grey = cv2.cvtColor(results["img"], cv2.COLOR_BGR2GRAY)
            results["img"] = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        if generator.random() < self.hsv_prob:
            shift = generator.integers(-self.limits, self.limits, endpoint=True)
            results["img"] = shift_hsv(results["img"], shift)
        return results


def shift_hsv(image: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shift hue (cyclic), saturation and value (clamped) of an image.

    Args:
        image: (h, w, 3) uint8 BGR.
        shift: (3,) integers, OpenCV's units.

    Returns:
        (h, w, 3) uint8 BGR.
    """
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.int16) + shift
    hsv[..., 0] %= 180
    hsv = np.clip(hsv, 0, 255).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


@TRANSFORMS.register_module()
class LabelShift(BaseTransform):
    """Shift the keypoints of an image to the right and down by about a pixel.

    The authors added it against a bias that they saw, and doubted it themselves: off
    unless `prob` says otherwise (their value: 0.2).

    Args:
        prob: Probability that the keypoints of an image are shifted.
        low: Smallest shift, pixels.
        high: Upper bound of the shift, pixels.
    """

    def __init__(self, prob: float = 0.0, low: float = 0.5, high: float = 1.5) -> None:
        super().__init__()
        self.prob = prob
        self.low = low
        self.high = high

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Shift every coordinate of `keypoints` on its own.

        Args:
            results: Of the pipeline, with `keypoints` (N, K, 2) pixels.
        """
        generator = get_generator(results)
        if "keypoints" in results and generator.random() < self.prob:
            keypoints = results["keypoints"]
            shift = generator.uniform(self.low, self.high, keypoints.shape)
            results["keypoints"] = keypoints + shift.astype(keypoints.dtype)
        return results
