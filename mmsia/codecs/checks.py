"""Checks of codecs' options and inputs, with errors that name the codec."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mmsia.errors import ConfigError, InputError


def check_option(
    codec: str, name: str, value: object, allowed: tuple[object, ...]
) -> None:
    """Check an option that has a few values.

    Args:
        codec: Name of the codec.
        name: Name of the option.
        value: What was given.
        allowed: What may be given.

    Raises:
        ConfigError: If it may not.
    """
    if value not in allowed:
        raise ConfigError(
            f"{codec}: unknown {name}",
            expected=" or ".join(map(repr, allowed)),
            got=repr(value),
        )


def check_positive(codec: str, **numbers: float) -> None:
    """Check options that must be above 0.

    Args:
        codec: Name of the codec.
        **numbers: Options by name.

    Raises:
        ConfigError: If one is not.
    """
    for name, value in numbers.items():
        if not value > 0:
            raise ConfigError(
                f"{codec}: {name} is out of range",
                expected="a number above 0",
                got=repr(value),
            )


def check_people(
    keypoints: np.ndarray, keypoints_visible: np.ndarray | None, num_keypoints: int
) -> np.ndarray:
    """Check the annotations of one image.

    Args:
        keypoints: (N, K, 2) input pixels.
        keypoints_visible: (N, K), above 0 where annotated; None means all are.
        num_keypoints: K.

    Returns:
        (N, K) bool, what is annotated.

    Raises:
        InputError: Wrong shapes, or annotated keypoints that are not finite.
    """
    shape = (len(keypoints), num_keypoints)
    if keypoints.shape != (*shape, 2):
        raise InputError(
            "keypoints have the wrong shape",
            expected=f"(N, {num_keypoints}, 2)",
            got=str(keypoints.shape),
        )
    if keypoints_visible is None:
        keypoints_visible = np.ones(shape)
    if keypoints_visible.shape != shape:
        raise InputError(
            "keypoints_visible has the wrong shape",
            expected=str(shape),
            got=str(keypoints_visible.shape),
        )
    visible = keypoints_visible > 0
    bad = visible & ~np.isfinite(keypoints).all(-1)
    if bad.any():
        person, kind = np.argwhere(bad)[0]
        raise InputError(
            f"keypoint {kind} of person {person} is not finite",
            expected="finite pixels where keypoints_visible > 0",
            got=str(keypoints[person, kind].tolist()),
            remedy="Mend the annotation or set its visibility to 0",
        )
    return visible


def check_boxes(codec: str, bbox: np.ndarray | None, num_people: int) -> np.ndarray:
    """Check the boxes of one image.

    Args:
        codec: Name of the codec.
        bbox: (N, 4) xyxy or (N, 4, 2) corners, pixels.
        num_people: N.

    Returns:
        The same as float64.

    Raises:
        InputError: None, another shape, or numbers that are not finite.
    """
    boxes = np.asarray(np.nan if bbox is None else bbox, dtype=np.float64)
    shapes = ((num_people, 4), (num_people, 4, 2))
    if boxes.shape not in shapes or not np.isfinite(boxes).all():
        raise InputError(
            f"{codec}: bbox",
            expected=f"finite boxes ({num_people}, 4) or corners ({num_people}, 4, 2)",
            got="None" if bbox is None else f"{np.shape(bbox)}",
            remedy="Mend the annotation or take the person out",
        )
    return boxes


def check_maps(codec: str, channels: Mapping[str, tuple[Tensor, int]]) -> None:
    """Check the maps of a batch before they are decoded.

    Args:
        codec: Name of the codec.
        channels: Name -> (B, C, h, w) maps and what C must be; B, h and w are those of
            the first.

    Raises:
        InputError: Another shape, or values that are not finite.
    """
    batch, _, height, width = next(iter(channels.values()))[0].shape
    for name, (maps, number) in channels.items():
        shape = (batch, number, height, width)
        if tuple(maps.shape) != shape or not _is_finite(maps):
            odd = int((~torch.isfinite(maps)).sum())
            raise InputError(
                f"{codec}: {name} to decode",
                expected=f"finite maps {shape}",
                got=f"{tuple(maps.shape)}, {odd} values that are not finite",
                remedy="NaN comes from a diverged training or an overflow",
            )


def _is_finite(maps: Tensor) -> bool:
    """Whether all values are; their sum is much quicker to look at than they are."""
    total = maps.sum(dtype=torch.promote_types(maps.dtype, torch.float32))
    return bool(total.isfinite()) or bool(maps.isfinite().all())


def box_scales(bbox: np.ndarray, num_people: int) -> np.ndarray:
    """Root of the boxes' areas.

    Args:
        bbox: (N, 4) xyxy, or (N, 4, 2) corners as MMPose's bottom-up transforms leave
            them, pixels.
        num_people: N.

    Returns:
        (N,) pixels, at least 1.

    Raises:
        InputError: Another shape.
    """
    bbox = np.asarray(bbox, dtype=np.float64)
    if bbox.shape == (num_people, 4):
        area = np.prod(np.maximum(bbox[:, 2:] - bbox[:, :2], 0), axis=1)
    elif bbox.shape == (num_people, 4, 2):
        # the second and third corner are the neighbours of the first
        first, second = bbox[:, 1] - bbox[:, 0], bbox[:, 2] - bbox[:, 0]
        area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    else:
        raise InputError(
            "bbox has the wrong shape",
            expected=f"({num_people}, 4) xyxy or ({num_people}, 4, 2) corners",
            got=str(bbox.shape),
        )
    return np.sqrt(np.maximum(area, 1.0))
