"""From a frame of InterHand2.6M to the files of its crop, or why there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmsia.datasets.interhand_annotations import POSE, SHAPE, SIDES, TRANS
from mmsia.datasets.interhand_crops import CropHand, prepared_files
from mmsia.datasets.interhand_fits import is_swapped, pose_fit
from mmsia.datasets.interhand_frames import FrameTask
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.twohands_crop import cut
from mmsia.ops.hand_mesh import HandModel, rodrigues

_DARK = 10
_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True)
class Tools:
    """What all frames of a split have in common.

    Attributes:
        images: Folder of the split's images.
        models: "left" and "right".
        colours: (778, 3) palette in [0, 1], RGB.
        size: Edge of the crops, pixels.
    """

    images: Path
    models: Mapping[str, HandModel]
    colours: np.ndarray
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of a frame.

    Attributes:
        files: Path below the split's folder -> content; empty if it is left out.
        reason: One of `interhand_frames.REASONS` if it is left out.
        damaged: The picture's file if it cannot be read.
    """

    files: Mapping[str, bytes]
    reason: str | None = None
    damaged: str | None = None


def prepare_frame(task: FrameTask, tools: Tools) -> Outcome:
    """Crop a frame around both hands and draw its maps.

    Args:
        task: The frame.
        tools: As for all of its split.
    """
    entry = json.loads(task.image)
    picture = _read(tools.images / entry["file_name"])
    if picture is None:
        return Outcome({}, damaged=entry["file_name"])
    if picture.mean() < _DARK:
        return Outcome({}, "dark")
    size = entry["width"], entry["height"]
    if picture.shape[1::-1] != size:
        return Outcome({}, "other_size")
    world, joints = pose_fit(task.fit, tools.models)
    if task.joints is not None and is_swapped(
        task.fit, joints, task.joints, tools.models
    ):
        return Outcome({}, "swapped")
    seen = {side: task.camera.see(vertices) for side, vertices in world.items()}
    if min(float(vertices[:, 2].min()) for vertices in seen.values()) <= 0:
        return Outcome({}, "behind_camera")
    crop = cut(
        picture,
        Camera(task.camera.focal, task.camera.centre, size),
        {side: (vertices, tools.models[side].f) for side, vertices in seen.items()},
        tools.colours,
        tools.size,
    )
    hands = {
        side: _hand(tools.models[side], task, row, seen[side], joints[row])
        for row, side in enumerate(SIDES)
    }
    view = task.camera.rotation, task.camera.translation
    entries = task.image, task.annotation
    return Outcome(prepared_files(task.number, entries, crop, view, hands))


def _hand(
    model: HandModel,
    task: FrameTask,
    row: int,
    vertices: np.ndarray,
    joints: np.ndarray,
) -> CropHand:
    pose = task.fit[row, POSE]
    return CropHand(
        rodrigues(pose[:3]),
        np.linalg.solve(model.hands_components.T, pose[3:]),
        task.fit[row, SHAPE],
        task.fit[row, TRANS],
        vertices,
        task.camera.see(joints),
    )


def _read(path: Path) -> np.ndarray | None:
    """(h, w, 3) uint8 BGR, or None if it is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    # OpenCV fills up a picture that is cut off, and says nothing.
    if data.startswith(_JPEG) and not data.rstrip(b"\0\r\n ").endswith(_JPEG_END):
        return None
    if not data:
        return None
    return cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
