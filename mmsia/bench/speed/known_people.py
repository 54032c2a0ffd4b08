"""The annotated people of an image, as a network that knows them would see them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn

Answer = Callable[[Any], Any]
"""Takes what a part of a network put out; gives what is handed over instead."""

Answers = dict[nn.Module, list[Answer]]
"""Part of a network -> its answers to an image, one for each time that it is asked."""


def constant(said: Any) -> Answer:
    """The answer that does not depend on what was put out.

    Args:
        said: What is handed over.
    """
    return lambda own: said


def people_of(sample: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes (N, 4), keypoints (N, K, 2), in pixels of the input, and visible (N, K).

    Args:
        sample: An image's data sample as a test pipeline packs it.
    """
    people, meta = sample.gt_instances, sample.metainfo
    corners = _to_input(np.asarray(people.bboxes).reshape(-1, 2, 2), meta)
    keypoints = _to_input(np.asarray(people.keypoints), meta)
    visible = np.asarray(people.keypoints_visible, dtype=np.float32)
    return corners.reshape(-1, 4), keypoints, visible.reshape(visible.shape[:2])


def _to_input(points: np.ndarray, meta: Mapping[str, Any]) -> np.ndarray:
    """Points (..., 2) of the original image in pixels of the input."""
    size, centre, scale = (
        np.asarray(meta[f"input_{name}"], dtype=np.float64)
        for name in ("size", "center", "scale")
    )
    return (points - centre + scale / 2) / scale * size


def sized(codec: Any, inputs: Tensor) -> Any:
    """A codec whose maps are as large as the network's of an input.

    Args:
        codec: The network's own.
        inputs: (..., H, W).
    """
    sized = copy.copy(codec)
    height, width = inputs.shape[-2:]
    stride = getattr(codec, "stride", None) or codec.heatmap_stride
    sized.input_size = (width, height)
    sized.map_size = sized.heatmap_size = (-(-width // stride), -(-height // stride))
    return sized
