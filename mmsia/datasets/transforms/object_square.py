"""StarMap's crop of an object, a square around its box, and how it is augmented.

KLPNet's tables for objects compare with StarMap and say neither: paper silent, these
are the rules of StarMap's released code. A square is never larger than the image's
longer side: a box that fills its image would be seen at two thirds of it otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms.randomness import get_generator
from mmsia.errors import ConfigError

MOST = 2.0
"""Deviations up to which a normal number may go; beyond, it is that many."""


@TRANSFORMS.register_module()
class ObjectSquare(BaseTransform):
    """Set the square that TopdownAffine cuts out.

    Args:
        padding: Side of the square over the box's longer side.

    Raises:
        ConfigError: A padding that is not above 0.
    """

    def __init__(self, padding: float = 1.5) -> None:
        super().__init__()
        if not padding > 0:
            raise ConfigError(
                "ObjectSquare: padding", expected="a number above 0", got=repr(padding)
            )
        self.padding = padding

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Set `bbox_center` and `bbox_scale`, (1, 2) each, pixels.

        Args:
            results: Of the pipeline, with `img` and `bbox` (1, 4) xyxy.
        """
        low, high = results["bbox"][0].reshape(2, 2)
        side = min(self.padding * (high - low).max(), max(results["img"].shape[:2]))
        results["bbox_center"] = ((low + high) / 2)[None].astype(np.float32)
        results["bbox_scale"] = np.full((1, 2), side, dtype=np.float32)
        return results


@TRANSFORMS.register_module()
class RandomObjectSquare(BaseTransform):
    """Scale, lower or lift, and turn the square at random.

    Numbers are normal and go no further than two deviations.

    Args:
        scale: Deviation of the logarithm to base 2 of the scale.
        shift: Deviation of the centre's vertical shift, pixels of the image.
        rotation: Deviation of the turn, degrees.
        rotation_prob: Probability of a turn.
    """

    def __init__(
        self,
        scale: float = 0.25,
        shift: float = 10.0,
        rotation: float = 30.0,
        rotation_prob: float = 0.4,
    ) -> None:
        super().__init__()
        self.scale, self.shift = scale, shift
        self.rotation, self.rotation_prob = rotation, rotation_prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change `bbox_center` and `bbox_scale`, and set `bbox_rotation` (1,).

        Args:
            results: Of the pipeline, after ObjectSquare.
        """
        generator = get_generator(results)
        scale, shift, turn = np.clip(generator.standard_normal(3), -MOST, MOST)
        turned = generator.random() < self.rotation_prob
        down = np.array([[0, self.shift * shift]], dtype=np.float32)
        results["bbox_center"] = results["bbox_center"] + down
        results["bbox_scale"] = results["bbox_scale"] * np.float32(
            2 ** (self.scale * scale)
        )
        angle = self.rotation * turn if turned else 0.0
        results["bbox_rotation"] = np.array([angle], dtype=np.float32)
        return results
