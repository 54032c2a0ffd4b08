"""What a perfect network would put out, for any codec of MMPose's or ours.

MMPose's codecs agree on ``encode`` but not on which of its results, in which order, the
decoder takes. This module is the one place that knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec

from mmsia.errors import InputError

Codec = Any
"""A ``BaseKeypointCodec``; mypy sees MMPose as untyped."""

Outputs = tuple[np.ndarray, ...]


def ideal_outputs(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    """Encode annotations into what the codec's decoder takes, responses first.

    Args:
        codec: Any codec that ``supported_codecs`` names.
        keypoints: (N, K, 2) input pixels.
        visible: (N, K), above 0 where annotated.

    Raises:
        InputError: A codec that has no responses to stand in for.
    """
    return _adapter(codec)(codec, keypoints, visible)


def supported_codecs() -> tuple[str, ...]:
    """Names of the codecs that can be put to the test."""
    return tuple(sorted(_ADAPTERS))


def decodes_crowds(codec: Codec) -> bool:
    """Whether the codec decodes several people, or one person in a crop."""
    return type(codec).__name__ in ("OffsetGuidedHeatmap", "AssociativeEmbedding")


def num_responses(codec: Codec) -> int:
    """How many of the outputs are responses (the others are offsets or tags)."""
    return 2 if type(codec).__name__ == "SimCCLabel" else 1


def output_stride(codec: Codec) -> float:
    """Input pixels for each cell of the responses."""
    if type(codec).__name__ == "SimCCLabel":
        return 1 / codec.simcc_split_ratio
    if hasattr(codec, "heatmap_stride"):
        return float(codec.heatmap_stride)
    return float(codec.input_size[0] / codec.heatmap_size[0])


def _adapter(codec: Codec) -> Callable[[Codec, np.ndarray, np.ndarray], Outputs]:
    name = type(codec).__name__
    if not isinstance(codec, BaseKeypointCodec) or name not in _ADAPTERS:
        raise InputError(
            f"codec {name} cannot be put to the oracle test",
            expected=f"one of {', '.join(supported_codecs())}",
            got=name,
            remedy="Its outputs are not responses over positions",
        )
    return _ADAPTERS[name]


def _offset_guided(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    encoded = codec.encode(keypoints, visible)
    names = ("heatmaps", "offsets", "refinement_offsets")
    return tuple(encoded[name] for name in names if name in encoded)


def _associative_embedding(
    codec: Codec, keypoints: np.ndarray, visible: np.ndarray
) -> Outputs:
    """Heatmaps, and tags that are the number of the person whose keypoint is near."""
    if len(keypoints) == 0:
        width, height = codec.heatmap_size
        empty = np.zeros((visible.shape[1], height, width), dtype=np.float32)
        return empty, empty
    encoded = codec.encode(keypoints, np.minimum(visible, 1))
    heatmaps = encoded["heatmaps"]
    # far apart compared with the codec's tag distance of 1
    tags = np.full(heatmaps.shape, -10.0, dtype=np.float32)
    width, height = codec.heatmap_size
    for person, (points, seen) in enumerate(zip(keypoints, visible > 0, strict=True)):
        cells = np.rint(points * codec.scale_factor**-1.0).astype(np.int64)
        for kind in np.flatnonzero(seen):
            column, row = cells[kind]
            rows = slice(max(row - 1, 0), max(min(row + 2, height), 0))
            columns = slice(max(column - 1, 0), max(min(column + 2, width), 0))
            tags[kind, rows, columns] = 10.0 * person
    return heatmaps, tags


def _heatmaps(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    return (codec.encode(keypoints, np.minimum(visible, 1))["heatmaps"],)


def _simcc(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    encoded = codec.encode(keypoints, np.minimum(visible, 1))
    names = ("keypoint_x_labels", "keypoint_y_labels")
    return tuple(encoded[name] for name in names)


_ADAPTERS: dict[str, Callable[[Codec, np.ndarray, np.ndarray], Outputs]] = {
    "OffsetGuidedHeatmap": _offset_guided,
    "AssociativeEmbedding": _associative_embedding,
    "MSRAHeatmap": _heatmaps,
    "UDPHeatmap": _heatmaps,
    "MegviiHeatmap": _heatmaps,
    "SimCCLabel": _simcc,
}
