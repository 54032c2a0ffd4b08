"""GOG's training augmentation: one affine warp to a square (notes, section 8).

The paper names scaling, rotation, flipping and translation; ranges and order are those
of the released code. Its centring on the people ignores flip and rotation, so that with
a flip they land at twice their distance on the wrong side: here they land in the middle
before the random shift, and the authors' form is `centring='authors'`.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import bbox_xyxy2corner

from mmsia.datasets.transforms.augmentation import Augmentation
from mmsia.datasets.transforms.randomness import get_generator
from mmsia.datasets.transforms.resize import FILL_RGB
from mmsia.errors import ConfigError, DataError

_CENTRINGS = ("people", "authors", "image")
_SCALES = ("pixel", "short_edge")


@TRANSFORMS.register_module()
class OffsetGuidedAffine(BaseTransform):
    """Warp image, keypoints, boxes and the ignore mask at random.

    Args:
        input_size: (w, h) of the output, pixels.
        flip_prob: Probability of a flip.
        max_rotation: Degrees, to both sides.
        scale_range: Output pixels per `'pixel'` of the original image, or, with
            `scale_of='short_edge'`, the image's shorter edge over the output's.
        stretch_range: A further factor for each axis.
        max_shift: Output pixels, to all sides, whole numbers.
        centring: What lands in the middle before the shift: the box of all annotated
            keypoints (`'people'`; `'authors'` in their form), or the `'image'`.
        fill: RGB colour outside the image.
        scale_of: What `scale_range` is of.

    Raises:
        ConfigError: Another centring, or a scale of something else.
    """

    def __init__(
        self,
        input_size: tuple[int, int] = (512, 512),
        flip_prob: float = 0.5,
        max_rotation: float = 45.0,
        scale_range: tuple[float, float] = (0.5, 2.0),
        stretch_range: tuple[float, float] = (0.95, 1.05),
        max_shift: int = 150,
        centring: str = "people",
        fill: tuple[int, int, int] = FILL_RGB,
        scale_of: str = "pixel",
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("centring", centring, _CENTRINGS),
            ("scale_of", scale_of, _SCALES),
        ):
            if value not in known:
                raise ConfigError(
                    f"OffsetGuidedAffine: unknown {name}",
                    expected=f"one of {', '.join(known)}",
                    got=repr(value),
                )
        self.input_size = tuple(input_size)
        self.flip_prob = flip_prob
        self.max_rotation = max_rotation
        self.scale_range = scale_range
        self.stretch_range = stretch_range
        self.max_shift = max_shift
        self.centring = centring
        self.fill = tuple(fill)
        self.scale_of = scale_of

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Warp one sample.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) BGR and, optionally,
                `keypoints` (N, K, 2), `keypoints_visible` (N, K), `bbox` (N, 4) xyxy,
                `area` (N,), `valid_mask` (h, w) and `flip_indices`.

        Returns:
            The same in output pixels, `bbox` as (N, 4, 2) corners, keypoints outside
            marked as not annotated; `warp_mat` (2, 3) and `input_size` are added.

        Raises:
            DataError: Annotated keypoints that are NaN or infinite.
        """
        _check_keypoints(results)
        draw = self._draw(get_generator(results), self._unit(results["img"]))
        matrix = self._matrix(draw, results)
        results["img"] = self._warp(results["img"], matrix, self.fill[::-1])
        if "valid_mask" in results:
            results["valid_mask"] = self._warp(results["valid_mask"], matrix, 255)
        if results.get("keypoints") is not None:
            self._warp_people(results, matrix, draw.flip)
        results["img_shape"] = results["img"].shape[:2]
        results["input_size"] = self.input_size
        results["warp_mat"] = matrix
        return results

    def _unit(self, image: np.ndarray) -> float:
        """Output pixels per image pixel at a scale of 1."""
        if self.scale_of == "pixel":
            return 1.0
        return min(self.input_size) / min(image.shape[:2])

    def _draw(self, generator: np.random.Generator, unit: float = 1.0) -> Augmentation:
        scale = unit * generator.uniform(*self.scale_range)
        scale = scale * generator.uniform(*self.stretch_range, 2)
        # Truncated, as in the released code.
        shift = np.trunc(generator.uniform(-1, 1, 2) * self.max_shift)
        return Augmentation(
            flip=bool(generator.random() < self.flip_prob),
            rotation=float(generator.uniform(-1, 1) * self.max_rotation),
            scale=tuple(scale.tolist()),
            shift=tuple(shift.tolist()),
        )

    def _matrix(self, draw: Augmentation, results: dict[str, Any]) -> np.ndarray:
        height, width = results["img"].shape[:2]
        middle = (np.array([width, height]) - 1) / 2
        people = None if self.centring == "image" else _people_box(results)
        if people is None:
            return draw.matrix(middle, self.input_size, np.zeros(2))
        centre = people.mean(axis=0)
        if self.centring == "people":
            return draw.matrix(centre, self.input_size, np.zeros(2))
        move = (middle - people.sum(axis=0) // 2) * np.array(draw.scale)
        return draw.matrix(middle, self.input_size, move)

    def _warp(self, image: np.ndarray, matrix: np.ndarray, fill: Any) -> np.ndarray:
        return cv2.warpAffine(
            image,
            matrix,
            self.input_size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=fill,
        )

    def _warp_people(
        self, results: dict[str, Any], matrix: np.ndarray, flip: bool
    ) -> None:
        keypoints = _apply(matrix, results["keypoints"])
        visible = results["keypoints_visible"].copy()
        if flip:
            order = list(results["flip_indices"])
            keypoints, visible = keypoints[:, order], visible[:, order]
        # The released code's rule: 0 is outside, the width and the height inside.
        outside = (keypoints <= 0) | (keypoints > np.array(self.input_size))
        visible[outside.any(axis=-1)] = 0
        results["keypoints"], results["keypoints_visible"] = keypoints, visible
        if "bbox" in results:
            results["bbox"] = _apply(matrix, bbox_xyxy2corner(results["bbox"]))
        if "area" in results:
            area = results["area"] * abs(np.linalg.det(matrix[:, :2]))
            results["area"] = area.astype(np.float32)


def _apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved.astype(np.float32)


def _people_box(results: dict[str, Any]) -> np.ndarray | None:
    if results.get("keypoints") is None:
        return None
    points = results["keypoints"][results["keypoints_visible"] > 0]
    return np.stack([points.min(0), points.max(0)]) if len(points) else None


def _check_keypoints(results: dict[str, Any]) -> None:
    if results.get("keypoints") is None:
        return
    annotated = results["keypoints_visible"] > 0
    bad = annotated & ~np.isfinite(results["keypoints"]).all(axis=-1)
    if bad.any():
        person, keypoint = np.argwhere(bad)[0].tolist()
        raise DataError(
            f"{results.get('img_path', 'an image')} has keypoints that are no numbers",
            expected="finite coordinates where the visibility is above 0",
            got=f"{results['keypoints'][person, keypoint]} for keypoint {keypoint} of "
            f"person {person}",
            remedy="Mend the annotation or set its visibility to 0.",
        )
