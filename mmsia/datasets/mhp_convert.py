"""MHP (Gomez-Donoso et al., 2017) as released -> MMPose's Panoptic layout.

Reads `annotated_frames/data_<n>/<frame>_webcam_<k>.jpg` and, beside the images or in
`projections_2d/data_<n>/`, `<frame>_jointsCam_<k>.txt`: a name, x and y a line. The
release's own script writes these from its 3D joints and its calibrations, which are
pickles and are therefore not read here.

Its four fingers count from the little one (F1) to the index finger (F4); KNU1_B is a
knuckle, KNU3_A a tip. It has no wrist: the palm's position stands for it, as in other
work on these data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmsia.datasets.hand_layout import (
    Hand,
    check_keypoints,
    image_size,
    list_images,
    write_hands_file,
)
from mmsia.errors import DataError

JOINTS = (
    "PALM_POSITION",
    *(
        f"{finger}_{joint}"
        for finger in ("TH", "F4", "F3", "F2", "F1")
        for joint in ("KNU1_B", "KNU1_A", "KNU2_A", "KNU3_A")
    ),
)
"""MHP's names in the order of `hands_skeleton.KEYPOINTS`."""

_IMAGE = re.compile(r"(?P<frame>.+)_webcam_(?P<camera>\d+)")


def convert_mhp(folder: Path | str) -> int:
    """Write `annotations/mhp.json`.

    Args:
        folder: The data folder, with `annotated_frames`.

    Returns:
        How many hands it has.

    Raises:
        DataError: If images, labels or joints are missing.
    """
    folder = Path(folder)
    return write_hands_file(
        folder / "annotations" / "mhp.json",
        _hands(folder),
        "Large-scale Multiview 3D Hand Pose Dataset",
    )


def _hands(folder: Path) -> Iterator[Hand]:
    for path in list_images(folder / "annotated_frames", "data_*/*_webcam_*.jpg"):
        recording = path.parent.name
        match = _IMAGE.fullmatch(path.stem)
        if match is None:
            raise DataError(f"{path}", expected="<frame>_webcam_<number>.jpg")
        name = f"{match['frame']}_jointsCam_{match['camera']}.txt"
        beside = path.with_name(name)
        labels = folder / "projections_2d" / recording / name
        yield Hand(
            file_name=path.relative_to(folder).as_posix(),
            size=image_size(path),
            keypoints=_read_joints(beside if beside.is_file() else labels),
            sequence=recording,
        )


def _read_joints(path: Path) -> np.ndarray:
    """(21, 3) in the order of `JOINTS`."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError as error:
        raise DataError(
            f"{path}",
            expected="the joints of an image, a name, x and y a line",
            got=error.strerror or str(error),
            remedy="Make them with the release's script that projects the joints.",
        ) from error
    found = {words[0]: words[1:3] for words in lines if words}
    missing = [joint for joint in JOINTS if joint not in found]
    if missing:
        raise DataError(
            f"joints of {path}",
            expected=", ".join(JOINTS),
            got=f"none of the name {', '.join(missing[:3])}",
        )
    return check_keypoints([[*found[joint], 1] for joint in JOINTS], path)
