"""Two hands on disk: the published tree of InterHand2.6M, and prepared crops.

    images/<split>/Capture<c>/<sequence>/cam<camera>/image<frame>.jpg
    annotations/skeleton.txt
    annotations/<split>/InterHand2.6M_<split>_{data,camera,joint_3d,MANO_NeuralAnnot}.json
    prepared/<split>/{img/<i>.jpg,mask/<i>.png,dense/<i>.png,anno/<i>.npz}
    mano/MANO_{LEFT,RIGHT}.npz

Cameras and joints are in millimetres, fits in metres, as published. A split of stress
images is one more folder. The crops' annotation is an npz where the original has a
pickle; beside the fit it holds the true meshes, in the camera's frame.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmsia.datasets.interhand_annotations import FROM_21
from mmsia.datasets.interhand_crops import CropHand, prepared_files
from mmsia.datasets.origin import SEQUENCE
from mmsia.datasets.simulated.twohands_model import (
    hand_model_bytes,
    mirror,
    stand_in,
)
from mmsia.datasets.simulated.twohands_people import stand_in_pair
from mmsia.datasets.simulated.twohands_scene import SIDES
from mmsia.ops.hand_mesh import joints_21, rodrigues

if TYPE_CHECKING:
    from mmsia.datasets.simulated.twohands import TwoHandsSample

_FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def frame_name(made: TwoHandsSample) -> str:
    """File name of a frame below images/<split>."""
    capture, camera = made.owner.capture, made.view.name
    return f"Capture{capture}/{SEQUENCE}/cam{camera}/image{made.index}.jpg"


def frame_files(made: TwoHandsSample) -> dict[str, bytes]:
    """The frame's image."""
    name = f"images/{made.split}/{frame_name(made)}"
    return {name: made.frame.jpeg}


def crop_files(made: TwoHandsSample) -> dict[str, bytes]:
    """The prepared crop: image, classes, dense map, annotation."""
    record = frame_record(made)
    entries = json.dumps(record["image"]), json.dumps(record["annotation"])
    view = made.view.rotation, _translation(made)
    hands = {side: _crop_hand(made, side) for side in SIDES}
    files = prepared_files(
        made.index, entries, made.crop, view, hands, made.frame.visible
    )
    root = f"prepared/{made.split}"
    return {f"{root}/{name}": content for name, content in files.items()}


def _crop_hand(made: TwoHandsSample, side: str) -> CropHand:
    """The fit, beside which the true mesh is written."""
    fit = made.fits[side]
    components = stand_in_pair()[side].hands_components
    return CropHand(
        rodrigues(fit.root),
        (components * fit.pose).sum(axis=1),
        fit.shape,
        fit.trans,
        made.vertices(side),
        made.joints(side),
    )


def _translation(made: TwoHandsSample) -> np.ndarray:
    """T of x_camera = R x + t, metres."""
    r, p = made.view.rotation, made.view.position
    return -(r[:, 0] * p[0] + r[:, 1] * p[1] + r[:, 2] * p[2])


def frame_record(made: TwoHandsSample) -> dict[str, Any]:
    """What the annotation files need of a frame."""
    camera = made.frame.camera
    joints = [
        joints_21(made.owner.models[side], made.truth[side].vertices)[list(FROM_21)]
        for side in SIDES
    ]
    return {
        "image": _image_entry(made),
        "annotation": _annotation_entry(made),
        "camera": {
            "campos": (made.view.position * 1000).tolist(),
            "camrot": made.view.rotation.tolist(),
            "focal": list(camera.focal),
            "princpt": list(camera.centre),
        },
        "joint_3d": {
            "world_coord": (np.concatenate(joints) * 1000).tolist(),
            "joint_valid": [[True]] * 42,
            "hand_type": "interacting",
            "hand_type_valid": True,
        },
        "mano": {
            side: {
                "pose": np.concatenate([fit.root, fit.pose]).tolist(),
                "shape": fit.shape.tolist(),
                "trans": fit.trans.tolist(),
            }
            for side, fit in made.fits.items()
        },
    }


def _image_entry(made: TwoHandsSample) -> dict[str, Any]:
    width, height = made.frame.camera.size
    return {
        "id": _annotation_id(made),
        "file_name": frame_name(made),
        "width": width,
        "height": height,
        "capture": made.owner.capture,
        "subject": made.owner.capture,
        "seq_name": SEQUENCE,
        "camera": made.view.name,
        "frame_idx": made.index,
    }


def _annotation_entry(made: TwoHandsSample) -> dict[str, Any]:
    """One entry for both hands, with the box of their true meshes in the frame."""
    camera = made.frame.camera
    points = np.concatenate([camera.project(made.vertices(s)) for s in SIDES])
    last = camera.size[0] - 1, camera.size[1] - 1
    low = np.clip(points.min(axis=0), 0, last)
    high = np.clip(points.max(axis=0), 0, last)
    return {
        "id": _annotation_id(made),
        "image_id": _annotation_id(made),
        "bbox": [*low.tolist(), *(high - low).tolist()],
        "joint_valid": [[1]] * 42,
        "hand_type": "interacting",
        "hand_type_valid": 1,
    }


def _annotation_id(made: TwoHandsSample) -> int:
    return made.owner.capture * 1_000_000 + made.index


def interhand_files(records: Sequence[dict[str, Any]], split: str) -> dict[str, Any]:
    """The four annotation files of a split, the skeleton and the stand-in model.

    Args:
        records: What `frame_record` gave, in order.
        split: Name of the split.
    """
    camera: dict[str, Any] = {}
    joints: dict[str, Any] = {}
    fits: dict[str, Any] = {}
    for record in records:
        image = record["image"]
        capture, frame = str(image["capture"]), str(image["frame_idx"])
        cameras = camera.setdefault(capture, {})
        for key, value in record["camera"].items():
            cameras.setdefault(key, {})[image["camera"]] = value
        joints.setdefault(capture, {})[frame] = record["joint_3d"]
        fits.setdefault(capture, {})[frame] = record["mano"]
    root = f"annotations/{split}/InterHand2.6M_{split}"
    return {
        f"{root}_data.json": {
            "images": [record["image"] for record in records],
            "annotations": [record["annotation"] for record in records],
        },
        f"{root}_camera.json": camera,
        f"{root}_joint_3d.json": joints,
        f"{root}_MANO_NeuralAnnot.json": fits,
        "annotations/skeleton.txt": _skeleton().encode(),
        "mano/MANO_RIGHT.npz": hand_model_bytes(stand_in()),
        "mano/MANO_LEFT.npz": hand_model_bytes(mirror(stand_in())),
    }


def _skeleton() -> str:
    """A line a joint: name, number, number of the parent (-1 for a wrist)."""
    lines = []
    for first, side in ((0, "r"), (21, "l")):
        for f, finger in enumerate(_FINGERS):
            for k in range(4):
                parent = first + (20 if k == 3 else 4 * f + k + 1)
                lines.append(f"{side}_{finger}{4 - k} {first + 4 * f + k} {parent}")
        lines.append(f"{side}_wrist {first + 20} -1")
    return "\n".join(lines) + "\n"
