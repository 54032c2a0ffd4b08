"""What a perfect network would put out, and how it is decoded, for any heatmap codec.

MMPose's codecs agree on ``encode`` but not on which of its results, in which order and
as which kind of array, the decoder takes. This module is the one place that knows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmpose.codecs.base import BaseKeypointCodec
from torch.nn import functional

from mmsia.errors import InputError

Codec = Any
"""A ``BaseKeypointCodec``; MMPose is untyped."""

Outputs = tuple[np.ndarray, ...]
Decoded = tuple[np.ndarray, np.ndarray, np.ndarray]
TAG_GAP = 10.0
"""Between the tags of two people; AssociativeEmbedding tells 1.0 apart."""


@dataclass(frozen=True)
class CodecAdapter:
    """How one kind of codec is put to the oracle test.

    Attributes:
        encode: (codec, keypoints (N, K, 2) input pixels, visible (N, K)) -> what a
            perfect network would put out, responses first.
        decode: (codec, outputs) -> keypoints (M, K, 2) input pixels, their scores
            (M, K), and the people's scores (M,).
        num_responses: How many of the outputs are responses over positions.
        crowds: Whether several people are decoded, or one in a crop.
    """

    encode: Callable[[Codec, np.ndarray, np.ndarray], Outputs]
    decode: Callable[[Codec, Outputs], Decoded]
    num_responses: int = 1
    crowds: bool = False


def adapter_of(codec: Codec) -> CodecAdapter:
    """Find the adapter of a codec.

    Raises:
        InputError: A codec whose outputs are not responses over positions.
    """
    name = type(codec).__name__
    if not isinstance(codec, BaseKeypointCodec) or name not in _ADAPTERS:
        raise InputError(
            f"codec {name} cannot be put to the oracle test",
            expected=f"one of {', '.join(sorted(_ADAPTERS))}",
            got=name,
            remedy="Its outputs are not responses over positions",
        )
    return _ADAPTERS[name]


def output_stride(codec: Codec) -> float:
    """Input pixels for each cell of the responses."""
    if hasattr(codec, "simcc_split_ratio"):
        return 1 / float(codec.simcc_split_ratio)
    if hasattr(codec, "heatmap_stride"):
        return float(codec.heatmap_stride)
    return float(codec.input_size[0] / codec.heatmap_size[0])


def _encode_offset_guided(
    codec: Codec, keypoints: np.ndarray, visible: np.ndarray
) -> Outputs:
    encoded = codec.encode(keypoints, visible)
    names = ("heatmaps", "offsets", "refinement_offsets")
    return tuple(encoded[name] for name in names if name in encoded)


def _decode_offset_guided(codec: Codec, outputs: Outputs) -> Decoded:
    keypoints, scores, totals = codec.batch_decode(*(maps[None] for maps in outputs))
    return keypoints[0], scores[0], totals[0]


def _encode_tags(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    """Heatmaps, and in every cell the tag of the person whose keypoint is nearest."""
    width, height = codec.heatmap_size
    shape = (visible.shape[1], height, width)
    heatmaps, tags = np.zeros(shape, np.float32), np.full(shape, -TAG_GAP, np.float32)
    if len(keypoints):
        heatmaps = codec.encode(keypoints, np.minimum(visible, 1))["heatmaps"]
    cells = keypoints / codec.scale_factor
    for kind, seen in enumerate(visible.T > 0):
        if seen.any():
            column = np.arange(width) - cells[seen, kind, 0, None]
            row = np.arange(height) - cells[seen, kind, 1, None]
            distance = column[:, None, :] ** 2 + row[:, :, None] ** 2
            tags[kind] = TAG_GAP * np.flatnonzero(seen)[distance.argmin(0)]
    return heatmaps, tags


def _decode_tags(codec: Codec, outputs: Outputs) -> Decoded:
    """Decode at input size, as MMPose's configs do (``restore_heatmap_size``)."""
    width, height = codec.input_size
    restored = [
        functional.interpolate(
            torch.from_numpy(maps)[None], size=(height, width), mode="bilinear"
        )
        for maps in outputs
    ]
    decoder = copy.copy(codec)
    decoder.heatmap_size = codec.input_size
    decoder.scale_factor = np.ones(2, dtype=np.float32)
    keypoints, scores, totals = decoder.batch_decode(*restored)
    return keypoints[0], scores[0], totals[0]


def _encode_heatmaps(
    codec: Codec, keypoints: np.ndarray, visible: np.ndarray
) -> Outputs:
    return (codec.encode(keypoints, np.minimum(visible, 1))["heatmaps"],)


def _encode_simcc(codec: Codec, keypoints: np.ndarray, visible: np.ndarray) -> Outputs:
    encoded = codec.encode(keypoints, np.minimum(visible, 1))
    return encoded["keypoint_x_labels"][0], encoded["keypoint_y_labels"][0]


def _decode_one(codec: Codec, outputs: Outputs) -> Decoded:
    keypoints, scores = codec.decode(*outputs)
    return keypoints, scores, scores.mean(axis=1)


def _decode_simcc(codec: Codec, outputs: Outputs) -> Decoded:
    keypoints, scores = codec.decode(*(labels[None] for labels in outputs))[:2]
    return keypoints, scores, scores.mean(axis=1)


_HEATMAPS = CodecAdapter(_encode_heatmaps, _decode_one)
_ADAPTERS: dict[str, CodecAdapter] = {
    "OffsetGuidedHeatmap": CodecAdapter(
        _encode_offset_guided, _decode_offset_guided, crowds=True
    ),
    "AssociativeEmbedding": CodecAdapter(_encode_tags, _decode_tags, crowds=True),
    "MSRAHeatmap": _HEATMAPS,
    "UDPHeatmap": _HEATMAPS,
    "MegviiHeatmap": _HEATMAPS,
    "SimCCLabel": CodecAdapter(_encode_simcc, _decode_simcc, num_responses=2),
}
