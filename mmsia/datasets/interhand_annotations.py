"""InterHand2.6M's annotation files of a split: who is where, and seen by which camera.

    annotations/<split>/InterHand2.6M_<split>_{data,camera,joint_3d,MANO_NeuralAnnot}.json

Cameras and joints are published in millimetres, fits in metres, all in the world of a
capture. Here everything is metres. Images and annotations belong together by image_id,
not by their order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmsia.datasets.interhand_stream import stream_members
from mmsia.errors import DataError
from mmsia.files import read_json
from mmsia.ops.hand_mesh import rotate

KINDS = ("data", "camera", "joint_3d", "MANO_NeuralAnnot")
"""The annotation files of a split."""
SIDES = ("right", "left")
"""In the order of the published joints."""
FROM_21 = (4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17, 0)
"""InterHand's joints of a hand among our 21: each finger from its end, wrist last."""
POSE, SHAPE, TRANS = slice(0, 48), slice(48, 58), slice(58, 61)
"""Where a fit's numbers stand: root rotation and pose, shape, place."""
IMAGE_KEYS = ("id", "file_name", "width", "height", "capture", "camera", "frame_idx")
_CAMERA_KEYS = ("campos", "camrot", "focal", "princpt")
_ANNOTATION_KEYS = ("image_id", "hand_type", "hand_type_valid")

Moment = tuple[str, str]
"""Capture and number of the frame, which all cameras share."""


@dataclass(frozen=True)
class CaptureCamera:
    """A calibrated camera of a capture.

    Attributes:
        rotation: (3, 3) from the world to the camera.
        translation: (3,) metres; a point is seen at rotation times it plus this.
        focal: Focal lengths in x and y, pixels.
        centre: Principal point, pixels.
    """

    rotation: np.ndarray
    translation: np.ndarray
    focal: tuple[float, float]
    centre: tuple[float, float]

    def see(self, points: np.ndarray) -> np.ndarray:
        """World points (N, 3) in the camera's frame: x right, y down, z forward."""
        return rotate(points, self.rotation) + self.translation


class Pair(NamedTuple):
    """An image's entry, its annotation as JSON, and why it is left out, if it is."""

    image: dict[str, Any]
    annotation: str
    reason: str | None


def annotation_path(source: Path, split: str, kind: str) -> Path:
    """Where one of a split's `KINDS` lies below the data set's folder."""
    return source / "annotations" / split / f"InterHand2.6M_{split}_{kind}.json"


def read_pairs(
    path: Path, leave_out: Callable[[dict[str, Any]], str | None]
) -> Iterator[Pair]:
    """Read images with their annotations, in the order of the images.

    The file is passed through twice, so that the order of its two lists is of no
    account and only annotations that are wanted are kept.

    Args:
        path: The data file.
        leave_out: Tells of an annotation why it is not wanted, None if it is.

    Raises:
        DataError: A damaged file, entries without what is needed, an image or an
            annotation without the other, or with several.
    """
    found = _annotations(path, leave_out)
    several, alone = 0, []
    seen: set[int] = set()
    for outer, number, image in stream_members(path):
        if outer != "images":
            continue
        _check_keys(image, IMAGE_KEYS, f"image {number} of {path}")
        name = image["id"]
        if name in seen:
            several += 1
            continue
        seen.add(name)
        if name not in found:
            alone.append(image["file_name"])
            continue
        reason, annotation = found.pop(name)
        yield Pair(image, annotation, reason)
    if several or alone or found:
        got = {
            "images with the id of another": several,
            "images without an annotation": len(alone),
            "annotations without an image": len(found),
        }
        raise DataError(
            f"{path}",
            expected="one annotation for each image, joined by image_id",
            got=", ".join(f"{number} {what}" for what, number in got.items() if number)
            + (f" ({', '.join(alone[:3])})" if alone else ""),
            remedy="Fetch the annotations again, all of the same version.",
        )


def _annotations(
    path: Path, leave_out: Callable[[dict[str, Any]], str | None]
) -> dict[int, tuple[str | None, str]]:
    """Image id -> reason or None, and the annotation as JSON, empty with a reason."""
    found: dict[int, tuple[str | None, str]] = {}
    for outer, number, annotation in stream_members(path):
        if outer != "annotations":
            continue
        _check_keys(annotation, _ANNOTATION_KEYS, f"annotation {number} of {path}")
        image = annotation["image_id"]
        if image in found:
            raise DataError(
                f"annotation {number} of {path}",
                expected="one annotation for each image",
                got=f"a second one of image_id {image}",
                remedy="Fetch the annotations again, all of the same version.",
            )
        reason = leave_out(annotation)
        found[image] = reason, "" if reason else json.dumps(annotation)
    return found


def read_cameras(path: Path) -> dict[tuple[str, str], CaptureCamera]:
    """Read the cameras.

    Args:
        path: The camera file.

    Returns:
        Capture and name of the camera -> camera.

    Raises:
        DataError: A damaged file, numbers that are none, or a matrix that is no
            rotation (a mirror would swap left and right).
    """
    cameras = {}
    stored = read_json(path)
    if not isinstance(stored, dict):
        raise DataError(f"{path}", expected="an object of captures")
    for capture, found in stored.items():
        source = f"capture {capture} of {path}"
        _check_keys(found, _CAMERA_KEYS, source)
        if not all(isinstance(found[key], dict) for key in _CAMERA_KEYS):
            raise DataError(source, expected="objects with a member for each camera")
        for name, campos in found["campos"].items():
            source = f"camera {name} of capture {capture} of {path}"
            place = _numbers(campos, (3,), source) / 1000
            rotation = _numbers(found["camrot"].get(name), (3, 3), source)
            off = np.abs(rotation @ rotation.T - np.eye(3)).max()
            if off > 1e-3 or np.linalg.det(rotation) < 0:
                raise DataError(
                    source,
                    expected="a rotation",
                    got="a mirror" if off <= 1e-3 else "a matrix that is none",
                )
            fx, fy = _numbers(found["focal"].get(name), (2,), source).tolist()
            cx, cy = _numbers(found["princpt"].get(name), (2,), source).tolist()
            if min(fx, fy) <= 0:
                raise DataError(
                    source, expected="positive focal lengths", got=f"{fx}, {fy}"
                )
            shift = -rotate(place[None], rotation)[0]
            cameras[capture, name] = CaptureCamera(rotation, shift, (fx, fy), (cx, cy))
    return cameras


def read_fits(path: Path) -> dict[Moment, np.ndarray]:
    """Read the fits of moments at which both hands have one.

    Args:
        path: The file of MANO's parameters.

    Returns:
        Moment -> (2, 61) numbers as in `POSE`, `SHAPE`, `TRANS`, right hand first.

    Raises:
        DataError: A damaged file, or a fit of other numbers.
    """
    fits = {}
    for capture, frame, hands in stream_members(path):
        source = f"frame {frame} of capture {capture} of {path}"
        if not isinstance(hands, dict):
            raise DataError(source, expected="an object with left and right")
        if all(hands.get(side) for side in SIDES):
            rows = [_fit(hands[side], f"{side} hand of {source}") for side in SIDES]
            fits[capture, str(frame)] = np.stack(rows)
    return fits


def _fit(fit: Any, source: str) -> np.ndarray:
    _check_keys(fit, ("pose", "shape", "trans"), source)
    sizes = (("pose", 48), ("shape", 10), ("trans", 3))
    return np.concatenate([_numbers(fit[key], (n,), source) for key, n in sizes])


def read_joints(path: Path) -> dict[Moment, np.ndarray]:
    """Read the joints in the world.

    Args:
        path: The file of 3D joints.

    Returns:
        Moment -> (42, 4): x, y, z in metres and whether that is known, as published:
        right hand first, each in the order of `FROM_21`.

    Raises:
        DataError: A damaged file, or joints of other numbers.
    """
    joints = {}
    for capture, frame, found in stream_members(path):
        source = f"frame {frame} of capture {capture} of {path}"
        _check_keys(found, ("world_coord", "joint_valid"), source)
        places = _numbers(found["world_coord"], (42, 3), source) / 1000
        known = _numbers(found["joint_valid"], None, source).reshape(-1)
        if known.shape != (42,):
            raise DataError(source, expected="42 joints", got=f"{known.size} flags")
        joints[capture, str(frame)] = np.column_stack([places, known > 0])
    return joints


def _check_keys(entry: Any, keys: tuple[str, ...], source: str) -> None:
    missing = [k for k in keys if k not in entry] if isinstance(entry, dict) else keys
    if missing:
        raise DataError(
            source,
            expected=", ".join(keys),
            got=f"no {', '.join(missing)}" if isinstance(entry, dict) else repr(entry),
            remedy="InterHand2.6M v1.0 is read, not v0.0.",
        )


def _numbers(value: Any, shape: tuple[int, ...] | None, source: str) -> np.ndarray:
    try:
        found = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(source, expected="numbers", got=str(error)) from error
    if shape is not None and found.shape != shape:
        raise DataError(
            source, expected=f"numbers of shape {shape}", got=f"shape {found.shape}"
        )
    if not np.isfinite(found).all():
        raise DataError(source, expected="finite numbers", got="NaN or none")
    return found
