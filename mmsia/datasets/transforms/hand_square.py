"""SIA-GCN's crop: a square around a hand, by its labels (Section 4).

"A square bounding box which is 2.2 times the size of the hand". The size is the larger
side of the keypoints' tight box, the square is centred on that box, and what lies
beyond the image is black (TopdownAffine's border).

paper silent: what the size of a hand is (as in the first author's earlier code); that
code rounds the square to whole pixels when it cuts, here nothing is rounded.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.errors import ConfigError, DataError


@TRANSFORMS.register_module()
class HandSquare(BaseTransform):
    """Set the square that TopdownAffine cuts out.

    Args:
        ratio: Side of the square over the hand's size.

    Raises:
        ConfigError: A ratio that is not above 0.
    """

    def __init__(self, ratio: float = 2.2) -> None:
        super().__init__()
        if not ratio > 0:
            raise ConfigError(
                "HandSquare: ratio", expected="a number above 0", got=repr(ratio)
            )
        self.ratio = ratio

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Set `bbox_center` and `bbox_scale`, (1, 2) each, pixels.

        Args:
            results: Of the pipeline, with `keypoints` (1, K, 2) and
                `keypoints_visible` (1, K); without keypoints, as when a detector found
                the hand, with `bbox` (1, 4) xyxy, which counts as the tight box.

        Raises:
            DataError: Keypoints without extent or that are no numbers.
        """
        if results.get("keypoints") is None:
            low, high = results["bbox"][0].reshape(2, 2)
            points, labelled = np.stack([low, high]), np.ones(2, dtype=bool)
        else:
            points = results["keypoints"][0]
            # paper silent: labels that are not there do not make the hand larger.
            labelled = results["keypoints_visible"][0] > 0
        try:
            center, side = square_around(points[labelled], self.ratio)
        except ValueError as error:
            raise DataError(
                f"the hand in {results.get('img_path', 'an image')}",
                expected="labels at finite, different positions",
                got=str(error),
                remedy="Mend the annotation or take it out.",
            ) from error
        results["bbox_center"] = center[None].astype(np.float32)
        results["bbox_scale"] = np.full((1, 2), side, dtype=np.float32)
        return results


def square_around(points: np.ndarray, ratio: float) -> tuple[np.ndarray, float]:
    """The square around a hand.

    Args:
        points: (K, 2) pixels.
        ratio: Side of the square over the larger side of the points' box.

    Returns:
        Its centre (2,) and its side, pixels.

    Raises:
        ValueError: Points without extent or that are no numbers.
    """
    if len(points) < 2:
        raise ValueError(f"{len(points)} labels without extent")
    # a dozen calls of numpy on four numbers took a twentieth of a sample's loading
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    side = max(x2 - x1, y2 - y1)
    if not math.isfinite(x1 + y1 + x2 + y2):
        raise ValueError("NaN or infinity")
    if not side > 0:
        raise ValueError(f"{len(points)} labels without extent")
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2]), ratio * side
