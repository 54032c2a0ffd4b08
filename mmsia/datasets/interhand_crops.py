"""The files of a prepared crop of two hands, of real and of simulated frames alike.

    img/<i>.jpg  mask/<i>.png  dense/<i>.png  anno/<i>.npz

The annotation is an npz of plain arrays, where the original has a pickle. World and
camera are metres; `<side>_R`, `_pose` (principal), `_shape` and `_trans` are the fit in
the world, `<side>_vertices` and `_joints` are meshes in the camera's frame.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mmsia.datasets.interhand_annotations import SIDES
from mmsia.datasets.simulated.rendering.effects import encode_jpeg
from mmsia.datasets.simulated.twohands_crop import Crop

QUALITY = 95


@dataclass(frozen=True)
class CropHand:
    """A hand of a crop.

    Attributes:
        rotation: (3, 3) of the whole hand, in the world.
        pose: (45,) principal pose numbers.
        shape: (10,) shape numbers.
        trans: (3,) metres, in the world.
        vertices: (778, 3) metres, in the camera's frame.
        joints: (21, 3) metres, in the camera's frame.
    """

    rotation: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    trans: np.ndarray
    vertices: np.ndarray
    joints: np.ndarray


def prepared_files(
    number: int,
    entries: tuple[str, str],
    crop: Crop,
    view: tuple[np.ndarray, np.ndarray],
    hands: Mapping[str, CropHand],
    visible: np.ndarray | None = None,
) -> dict[str, bytes]:
    """The files of a crop, the same bytes for the same arguments.

    Args:
        number: What they are called.
        entries: The published entries of image and annotation, JSON.
        crop: Image, maps and intrinsics.
        view: (3, 3) and (3,) metres from the world to the camera.
        hands: "left" and "right".
        visible: (2, 21) whether a joint is seen, right hand first, where it is known.

    Returns:
        Path below the split's folder -> content.
    """
    arrays: dict[str, Any] = {
        "inter_idx": np.array(number),
        "image": np.array(entries[0]),
        "annotation": np.array(entries[1]),
        "camera_R": view[0],
        "camera_t": view[1],
        "camera_camera": _intrinsics(crop),
    }
    if visible is not None:
        arrays["visible"] = visible
    for side in SIDES:
        hand = hands[side]
        arrays |= {
            f"{side}_R": hand.rotation[None],
            f"{side}_pose": hand.pose[None],
            f"{side}_shape": hand.shape[None],
            f"{side}_trans": hand.trans[None],
            f"{side}_vertices": hand.vertices,
            f"{side}_joints": hand.joints,
            f"{side}_keypoints": crop.camera.project(hand.joints),
        }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return {
        f"img/{number}.jpg": encode_jpeg(crop.image, QUALITY),
        f"mask/{number}.png": _png(crop.mask),
        f"dense/{number}.png": _png(crop.dense),
        f"anno/{number}.npz": buffer.getvalue(),
    }


def _intrinsics(crop: Crop) -> np.ndarray:
    (fx, fy), (cx, cy) = crop.camera.focal, crop.camera.centre
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()
