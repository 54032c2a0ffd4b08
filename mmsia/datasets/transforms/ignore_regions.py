"""Where GOG's losses look away: people whose keypoints nobody annotated.

Rule of the released code (notes, section 4): not valid are the segmentation of every
person without keypoints or with an area of at most 1024 pixels, and crowd regions
without the annotated people in them. More than one crowd region is fine here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS
from pycocotools import mask as coco_mask

from mmsia.errors import DataError

VALID_FRACTION = 0.7
"""Of a map cell that must be valid, after shrinking (notes, section 4)."""


@TRANSFORMS.register_module()
class IgnoreRegions(BaseTransform):
    """Mark where the losses shall not look, and forget the keypoints of small people.

    Args:
        min_area: Pixels of the original image; people of at most this area count as
            not annotated.
    """

    def __init__(self, min_area: float = 1024.0) -> None:
        super().__init__()
        self.min_area = min_area

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add `valid_mask` and change `keypoints_visible`.

        Args:
            results: Of the pipeline before any warp, with `ori_shape` and, from a
                bottom-up data set of MMPose, `raw_ann_info`, `keypoints_visible`,
                `area` and `iscrowd`.

        Returns:
            The same with `valid_mask` (h, w) uint8, 255 where valid.
        """
        people = results.get("raw_ann_info") or []
        results["valid_mask"] = valid_mask(people, results["ori_shape"], self.min_area)
        if results.get("keypoints_visible") is not None:
            visible = results["keypoints_visible"].copy()
            small = np.asarray(results["area"]) <= self.min_area
            crowd = np.asarray(results.get("iscrowd", np.zeros(len(visible))), bool)
            visible[small | crowd] = 0
            results["keypoints_visible"] = visible
        return results


@TRANSFORMS.register_module()
class HeatmapMask(BaseTransform):
    """Shrink `valid_mask` to the size of the heatmaps, for the losses.

    Cubic, then valid above 0.7, as in the released code.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add `heatmap_mask`.

        Args:
            results: Of the pipeline after GenerateTarget, with `heatmaps` (K, h, w) and
                `valid_mask`.

        Returns:
            The same with `heatmap_mask` (1, h, w) bool, true where valid.
        """
        height, width = results["heatmaps"].shape[1:]
        mask = results.pop("valid_mask")
        if mask.shape != (height, width):
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_CUBIC)
        results["heatmap_mask"] = (mask > VALID_FRACTION * 255)[None]
        return results


def valid_mask(
    people: Sequence[dict[str, Any]], shape: Sequence[int], min_area: float
) -> np.ndarray:
    """Draw where an image's annotations can be trusted.

    Args:
        people: COCO annotations with `segmentation`, `iscrowd`, `keypoints`, `area`.
        shape: (h, w) of the image.
        min_area: See `IgnoreRegions`.

    Returns:
        (h, w) uint8, 255 where valid, else 0.

    Raises:
        DataError: A segmentation that is none.
    """
    ignored = np.zeros(shape[:2], dtype=bool)
    crowds = np.zeros_like(ignored)
    annotated = np.zeros_like(ignored)
    has_crowd = any(person.get("iscrowd") for person in people)
    for person in people:
        if person.get("iscrowd"):
            crowds |= draw_segmentation(person, shape)
        elif person["area"] <= min_area or not any(person["keypoints"][2::3]):
            ignored |= draw_segmentation(person, shape)
        elif has_crowd:
            annotated |= draw_segmentation(person, shape)
    ignored |= crowds & ~annotated
    return np.where(ignored, 0, 255).astype(np.uint8)


def draw_segmentation(person: dict[str, Any], shape: Sequence[int]) -> np.ndarray:
    """Draw the segmentation of one COCO annotation.

    Args:
        person: Annotation with `segmentation`, polygons or run lengths; without one,
            nothing is drawn.
        shape: (h, w) of the image.

    Returns:
        (h, w) bool.

    Raises:
        DataError: A segmentation that is none.
    """
    segmentation = person.get("segmentation")
    if not segmentation:
        return np.zeros(shape[:2], dtype=bool)
    try:
        return coco_mask.decode(_run_lengths(segmentation, shape)).astype(bool)
    # pycocotools raises TypeError, KeyError, ... by what it happens to trip over.
    except Exception as error:
        raise DataError(
            f"the segmentation of annotation {person.get('id')} cannot be drawn",
            expected="polygons of at least three points or run lengths of the image",
            got=f"{type(error).__name__}: {error}",
            remedy="Fetch or make the annotation file again.",
        ) from error


def _run_lengths(segmentation: Any, shape: Sequence[int]) -> dict[str, Any]:
    height, width = shape[:2]
    if isinstance(segmentation, dict):
        if list(segmentation["size"]) != [height, width]:
            raise ValueError(
                f"size {segmentation['size']} of a {height} x {width} image"
            )
        if isinstance(segmentation["counts"], list):
            return coco_mask.frPyObjects(segmentation, height, width)
        return segmentation
    if any(len(polygon) < 6 or len(polygon) % 2 for polygon in segmentation):
        raise ValueError("a polygon of fewer than three points")
    return coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))
