"""DIR's augmentation of an image's values: a blur along a line, gain, shift and noise.

Ranges as released. The released loader changes the images that it is tested on as
well; these transforms are for training pipelines alone.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms.randomness import get_generator
from mmsia.errors import ConfigError


@TRANSFORMS.register_module()
class LineBlur(BaseTransform):
    """Blur as a motion in a random direction does.

    Args:
        prob: Probability of a blur.
        lengths: Shortest and longest line, odd numbers of pixels.

    Raises:
        ConfigError: Lengths that are not odd.
    """

    def __init__(self, prob: float = 0.3, lengths: tuple[int, int] = (3, 9)) -> None:
        super().__init__()
        if not all(length > 0 and length % 2 for length in lengths):
            raise ConfigError(
                "LineBlur: lengths", expected="odd numbers of pixels", got=str(lengths)
            )
        self.prob = prob
        self.lengths = tuple(lengths)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Blur `img`.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) uint8.
        """
        generator = get_generator(results)
        if generator.random() >= self.prob:
            return results
        shortest, longest = self.lengths
        length = int(generator.integers(shortest // 2, longest // 2 + 1)) * 2 + 1
        kernel = line_kernel(length, float(generator.uniform(0, 180)))
        results["img"] = cv2.filter2D(
            results["img"], -1, kernel, borderType=cv2.BORDER_REPLICATE
        )
        return results


def line_kernel(length: int, angle: float) -> np.ndarray:
    """Weights of a line through the middle of a square, which add up to 1.

    Args:
        length: Side of the square, odd, pixels.
        angle: Degrees, anticlockwise from the rows.

    Returns:
        (length, length).
    """
    reach, turn = length // 2, np.radians(angle)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = x * np.cos(turn) - y * np.sin(turn)
    across = x * np.sin(turn) + y * np.cos(turn)
    kernel = np.clip(1 - abs(across), 0, 1) * np.clip(reach + 1 - abs(along), 0, 1)
    return kernel / kernel.sum()


@TRANSFORMS.register_module()
class GainShiftNoise(BaseTransform):
    """Multiply channels, shift all values, add noise.

    Args:
        gain: Largest change of a channel's factor from 1, each channel its own.
        shift: Largest shift, a share of 255, of all channels.
        noise: Standard deviation, a share of 255, each value its own.
    """

    def __init__(
        self, gain: float = 0.3, shift: float = 0.05, noise: float = 0.01
    ) -> None:
        super().__init__()
        self.gain = gain
        self.shift = shift
        self.noise = noise

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change `img`.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) uint8.
        """
        generator = get_generator(results)
        image = results["img"]
        gains = generator.uniform(1 - self.gain, 1 + self.gain, 3)
        shift = 255 * generator.uniform(-self.shift, self.shift)
        grain = generator.standard_normal(image.shape, dtype=np.float32)
        changed = image * gains.astype(np.float32) + np.float32(shift)
        changed += grain * np.float32(255 * self.noise)
        results["img"] = np.rint(changed.clip(0, 255)).astype(np.uint8)
        return results
