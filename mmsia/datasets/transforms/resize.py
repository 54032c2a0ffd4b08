"""Test-time resizing of images by GOG and CenterNet (see `mmsia.ops.letterbox`)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmsia.errors import ConfigError, InputError
from mmsia.ops import letterbox

FILL_RGB = (124, 116, 104)
"""Colour of padding, ImageNet's mean; before normalisation (notes, section 1)."""

_MODES = {
    "long_edge": letterbox.long_edge,
    "fixed_height": letterbox.fixed_height,
    "own_size": letterbox.own_size,
}
# What OpenCV can index, and a picture beyond it would not fit a GPU either.
_MAX_SIDE = 32767


@TRANSFORMS.register_module()
class OffsetGuidedResize(BaseTransform):
    """Resize (bicubic) and pad an image for testing.

    Sets `input_size`, `input_scale` and `input_center` so that MMPose's
    BottomupPoseEstimator maps predictions back by the exact inverse of
    x' = x (w' - 1) / (w - 1) + left.

    Args:
        mode: `'long_edge'`: the longer side becomes `size`, centred in a square;
            `'fixed_height'`: the height becomes `size`, padded right and bottom to a
            multiple of 128, hence one image a batch; `'own_size'`: the longer side
            becomes `size` at most, padded around it beyond a multiple of 128.
        size: Target, pixels.
        fill: RGB colour of the padding; images are BGR, as MMPose loads them.
        with_annotations: Whether `keypoints`, `bbox` and `valid_mask` are mapped as
            well, and `warp_mat` (2, 3) is added, to train or to compute losses on
            images as they are tested.

    Raises:
        ConfigError: Another mode.
    """

    def __init__(
        self,
        mode: str = "long_edge",
        size: int = 640,
        fill: tuple[int, int, int] = FILL_RGB,
        with_annotations: bool = False,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ConfigError(
                "OffsetGuidedResize: unknown mode",
                expected=f"one of {', '.join(_MODES)}",
                got=repr(mode),
            )
        self.mode = mode
        self.size = size
        self.fill = tuple(fill)
        self.with_annotations = with_annotations

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Resize `img`.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) uint8 BGR.

        Returns:
            The same with `img`, `img_shape`, `input_size`, `input_scale` and
            `input_center` set; annotations stay in the original image's pixels unless
            asked for.

        Raises:
            InputError: An image so long and thin that its input would be too large.
        """
        image = results["img"]
        height, width = image.shape[:2]
        box = _MODES[self.mode]((width, height), self.size)
        if max(box.padded_size) > _MAX_SIDE:
            raise InputError(
                f"{results.get('img_path', 'an image')} is too long and thin",
                expected=f"a resized image of at most {_MAX_SIDE} pixels a side",
                got=f"{width} x {height}, resized to {box.resized_size}",
                remedy="Use mode='long_edge'.",
            )
        results["img"] = _paint(image, box, self.fill[::-1])
        results["img_shape"] = results["img"].shape[:2]
        size = np.array(box.padded_size, dtype=np.float64)
        results["input_size"] = box.padded_size
        results["input_scale"] = size / box.scale
        results["input_center"] = size / (2 * box.scale) - box.shift / box.scale
        if self.with_annotations:
            _map_annotations(results, box)
        return results


def _paint(image: np.ndarray, box: letterbox.Letterbox, fill: Any) -> np.ndarray:
    resized = image
    # A resize to the same size would still run.
    if box.resized_size != box.image_size:
        resized = cv2.resize(image, box.resized_size, interpolation=cv2.INTER_CUBIC)
    width, height = box.padded_size
    canvas = np.empty((height, width, *image.shape[2:]), dtype=image.dtype)
    canvas[:] = fill
    w, h = box.resized_size
    canvas[box.top : box.top + h, box.left : box.left + w] = resized
    return canvas


def _map_annotations(results: dict[str, Any], box: letterbox.Letterbox) -> None:
    results["warp_mat"] = np.column_stack([np.diag(box.scale), box.shift])
    if "keypoints" in results:
        moved = box.to_input(results["keypoints"])
        results["keypoints"] = moved.astype(np.float32)
    if "bbox" in results:
        corners = box.to_input(results["bbox"].reshape(-1, 2, 2))
        results["bbox"] = corners.reshape(-1, 4).astype(np.float32)
    if "valid_mask" in results:
        # Padding counts as seen: there is nobody in it.
        results["valid_mask"] = _paint(results["valid_mask"], box, 255)
