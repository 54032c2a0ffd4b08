"""Which frames of InterHand2.6M are prepared, and what is known of each.

As DIR's preparation: both hands are said to interact, that is said to be valid, both
have a fit, and the picture is not black. What the published files say is looked at
here; what needs the picture or the meshes, in `interhand_posing`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmsia.datasets.interhand_annotations import (
    CaptureCamera,
    Moment,
    annotation_path,
    read_cameras,
    read_fits,
    read_joints,
    read_pairs,
)
from mmsia.errors import DataError

REASONS = {
    "one_hand": "the annotation does not say that the hands interact",
    "type_unsure": "the annotation says that its kind of hands is not valid",
    "no_fit": "not both hands have a fit",
    "dark": "the picture's mean is below 10",
    "other_size": "the picture has another size than its entry",
    "swapped": "fits are nearer to the joints with left and right exchanged",
    "behind_camera": "a part of a hand is behind the camera",
}
"""Why frames are left out."""


class Frame(NamedTuple):
    """A frame to be prepared: its number and both entries, as JSON."""

    number: int
    image: str
    annotation: str


@dataclass(frozen=True)
class FrameTask:
    """All that is needed to prepare a frame.

    Attributes:
        number: What its files are called.
        image: Entry of the image, JSON.
        annotation: Entry of the annotation, JSON.
        camera: Who sees it.
        fit: (2, 61) as `read_fits`.
        joints: (42, 4) as `read_joints`, None if they are not published.
    """

    number: int
    image: str
    annotation: str
    camera: CaptureCamera
    fit: np.ndarray
    joints: np.ndarray | None

    @property
    def file_name(self) -> str:
        """The picture, below the split's images."""
        return json.loads(self.image)["file_name"]


@dataclass(frozen=True)
class SplitPlan:
    """The frames of a split that are to be prepared.

    Attributes:
        split: Name of the split.
        frames: In the order of the data file, numbered from 0.
        left_out: Reason -> how many frames.
        cameras: As `read_cameras`.
        fits: As `read_fits`.
        joints: As `read_joints`.
    """

    split: str
    frames: list[Frame]
    left_out: Counter[str]
    cameras: dict[tuple[str, str], CaptureCamera]
    fits: dict[Moment, np.ndarray]
    joints: dict[Moment, np.ndarray]

    def task(self, frame: Frame) -> FrameTask:
        """What a process needs of a frame."""
        image = json.loads(frame.image)
        moment = moment_of(image)
        camera = self.cameras[moment[0], str(image["camera"])]
        fit, joints = self.fits[moment], self.joints.get(moment)
        return FrameTask(*frame, camera, fit, joints)


def moment_of(image: Mapping[str, Any]) -> Moment:
    """Capture and frame of an image's entry."""
    return str(image["capture"]), str(image["frame_idx"])


def plan_split(source: Path, split: str) -> SplitPlan:
    """Choose the frames of a split by what the published files say.

    paper silent: frames are numbered before pictures are looked at, so that a frame's
    number does not depend on others; that of a dark frame is not given to another.

    Args:
        source: The data set's folder.
        split: Name of the split.

    Raises:
        DataError: Files that are damaged or disagree, or no frame that is left.
    """

    def path(kind: str) -> Path:
        return annotation_path(source, split, kind)

    cameras, fits = read_cameras(path("camera")), read_fits(path("MANO_NeuralAnnot"))
    frames: list[Frame] = []
    left_out: Counter[str] = Counter()
    unseen: Counter[tuple[str, str]] = Counter()
    for pair in read_pairs(path("data"), _kind_of_hands):
        moment = moment_of(pair.image)
        reason = pair.reason or (None if moment in fits else "no_fit")
        camera = moment[0], str(pair.image["camera"])
        if reason is not None:
            left_out[reason] += 1
        elif camera not in cameras:
            unseen[camera] += 1
        else:
            frames.append(Frame(len(frames), json.dumps(pair.image), pair.annotation))
    if unseen:
        (capture, name), *_ = unseen
        raise DataError(
            f"{path('camera')}",
            expected=f"the cameras of the images of {path('data').name}",
            got=f"none for {sum(unseen.values())} images, first camera {name} of "
            f"capture {capture}",
            remedy="Fetch the annotations again, all of the same version.",
        )
    if not frames:
        counts = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
        raise DataError(
            f"{path('data')}",
            expected="images of two hands that interact, with fits of both",
            got=counts or "no image",
        )
    return SplitPlan(
        split, frames, left_out, cameras, fits, read_joints(path("joint_3d"))
    )


def _kind_of_hands(annotation: Mapping[str, Any]) -> str | None:
    if annotation["hand_type"] != "interacting":
        return "one_hand"
    return None if annotation["hand_type_valid"] else "type_unsure"


def check_images(source: Path, plans: Sequence[SplitPlan]) -> None:
    """Check that each frame's picture is there.

    Raises:
        DataError: Some are missing; tells how many and the first.
    """
    missing = [
        f"images/{plan.split}/{name}"
        for plan in plans
        for frame in plan.frames
        for name in [json.loads(frame.image)["file_name"]]
        if not (source / "images" / plan.split / name).is_file()
    ]
    if missing:
        raise DataError(
            f"images in {source}",
            expected=f"{sum(len(plan.frames) for plan in plans)} files",
            got=f"{len(missing)} missing: {', '.join(missing[:3])}"
            + (", ..." if len(missing) > 3 else ""),
            remedy="Unpack all parts of the download, of the same frame rate as the "
            "annotations (5 fps); nothing is skipped silently.",
        )
