"""Keypoints, links and confidence of objects, drawn into images (Figures 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmpose.structures import PoseDataSample

COLOURS = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""RGB of one object after the other; told apart by colour-blind people, too."""
_EXACT = 4
"""Bits of a fraction of a pixel."""


def draw_object(
    image: np.ndarray,
    keypoints: np.ndarray,
    links: np.ndarray,
    colour: Sequence[int],
    radius: int = 3,
    thickness: int = 1,
) -> None:
    """Draw an object's links, and its keypoints over them.

    Args:
        image: (H, W, 3) uint8, changed in place.
        keypoints: (P, 2) pixels, xy; others than finite ones are left out.
        links: (L, 2) numbers of keypoints.
        colour: Of the three channels.
        radius: Of a keypoint, pixels.
        thickness: Of a link, pixels.
    """
    keypoints = np.asarray(keypoints, np.float64).reshape(-1, 2)
    finite = np.isfinite(keypoints).all(axis=1)
    # far outside is outside, and fits into an integer
    places = np.clip(np.nan_to_num(keypoints), -1e5, 1e5)
    cells = np.rint(places * 2**_EXACT).astype(np.int64)
    options = {"lineType": cv2.LINE_AA, "shift": _EXACT}
    for first, second in np.asarray(links, np.int64).reshape(-1, 2):
        if finite[first] and finite[second]:
            ends = (cells[first].tolist(), cells[second].tolist())
            cv2.line(image, *ends, tuple(colour), thickness, **options)
    for cell in cells[finite].tolist():
        cv2.circle(image, cell, radius << _EXACT, tuple(colour), -1, **options)
        cv2.circle(image, cell, radius << _EXACT, (255, 255, 255), 1, **options)


def draw_instances(
    image: np.ndarray, instances: Any, least: float = 0.3, radius: int = 3
) -> np.ndarray:
    """Draw the objects of a sample, each in a colour of its own.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        instances: With `keypoints` (N, P, 2), `keypoints_visible` (N, P) and `links`,
            a list of N arrays (L, 2), if there are any.
        least: Keypoints of which less is visible, and their links, are left out.
        radius: Of a keypoint, pixels.
    """
    drawn = image.copy()
    links = instances.get("links") or [np.zeros((0, 2), int)] * len(instances)
    for number, (points, seen, own) in enumerate(
        zip(instances.keypoints, instances.keypoints_visible, links, strict=True)
    ):
        shown = np.where(np.asarray(seen)[:, None] >= least, points[:, :2], np.nan)
        draw_object(drawn, shown, own, COLOURS[number % len(COLOURS)], radius)
    return drawn


def image_confidence(
    samples: Sequence[PoseDataSample], size: tuple[int, int]
) -> np.ndarray:
    """Confidence maps of an image's crops, put back into the image.

    Args:
        samples: Crops with `pred_fields.heatmaps` (3, h, w), as with
            `output_heatmaps=True`.
        size: (w, h) of the image, pixels.

    Returns:
        (h, w) float32, the highest of the crops, 0 where there is none.
    """
    whole = np.zeros((size[1], size[0]), np.float32)
    for sample in samples:
        maps = sample.pred_fields.heatmaps[0]
        maps = np.ascontiguousarray(maps.cpu().numpy(), np.float32)
        cells = np.array(maps.shape[::-1], np.float64)
        meta = sample.metainfo
        scale, centre = (
            np.asarray(meta[f"input_{key}"], np.float64) for key in ("scale", "center")
        )
        pixels = np.asarray(meta["input_size"], np.float64)
        step = scale / cells
        # the middle of the first cell, in pixels of the crop and then of the image
        first = (pixels / cells - 1) / 2 * scale / pixels + centre - scale / 2
        matrix = np.column_stack([np.diag(step), first])
        whole = np.maximum(whole, cv2.warpAffine(maps, matrix, size))
    return whole


def draw_confidence(image: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """An image under its confidence map.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        confidence: (H, W) in [0, 1].
    """
    heat = np.rint(255 * np.clip(confidence, 0, 1)).astype(np.uint8)
    colours = cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO)[..., ::-1]
    return cv2.addWeighted(image, 0.4, np.ascontiguousarray(colours), 0.6, 0)


def draw_panels(
    image: np.ndarray, samples: Sequence[PoseDataSample], least: float = 0.3
) -> np.ndarray:
    """A row of Figure 6: the image, its confidence, its keypoints and links.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        samples: All crops of the image, as KLPNet predicts them with heatmaps.
        least: As `draw_instances`.

    Returns:
        (H, 3 W, 3).
    """
    linked = image.copy()
    for number, sample in enumerate(samples):
        found = sample.pred_instances
        seen = found.keypoint_scores[0][:, None] >= least
        links = found.links[0] if "links" in found else np.zeros((0, 2), int)
        shown = np.where(seen, found.keypoints[0], np.nan)
        draw_object(linked, shown, links, COLOURS[number % len(COLOURS)])
    confidence = image_confidence(samples, (image.shape[1], image.shape[0]))
    return np.concatenate([image, draw_confidence(image, confidence), linked], axis=1)
