"""CMU Panoptic hands as released -> MMPose's Panoptic layout.

Reads `hand143_panopticdb/hands_v143_14817.json` (Simon et al., 2017) and writes
`annotations/panoptic_train.json`, as MMPose names its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmsia.datasets.hand_layout import Hand, check_keypoints, write_hands_file
from mmsia.errors import DataError
from mmsia.files import read_json

RELEASE = "hand143_panopticdb"
_LABELS = "hands_v143_14817.json"


def convert_panoptic(folder: Path | str) -> int:
    """Write `annotations/panoptic_train.json`.

    Args:
        folder: The data folder, with `hand143_panopticdb`.

    Returns:
        How many hands it has.

    Raises:
        DataError: If the release's file is missing or lacks something.
    """
    folder = Path(folder)
    return write_hands_file(
        folder / "annotations" / "panoptic_train.json",
        _hands(folder / RELEASE / _LABELS),
        "CMU Panoptic hands",
    )


def _hands(path: Path) -> Iterator[Hand]:
    stored = read_json(path)
    if not isinstance(stored, dict) or not isinstance(stored.get("root"), list):
        raise DataError(f"{path}", expected="a list of hands under `root`")
    for number, entry in enumerate(stored["root"]):
        source = f"entry {number} of {path}"
        wanted = ("img_paths", "img_width", "img_height", "joint_self")
        missing = [key for key in wanted if key not in entry]
        if missing:
            raise DataError(source, expected=f"`{missing[0]}`", got="none")
        yield Hand(
            file_name=f"{RELEASE}/{entry['img_paths']}",
            size=(int(entry["img_width"]), int(entry["img_height"])),
            keypoints=check_keypoints(entry["joint_self"], source),
        )
