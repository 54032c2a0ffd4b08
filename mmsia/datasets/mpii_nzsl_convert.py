"""MPII+NZSL hands as released -> MMPose's Panoptic layout.

Reads `manual_train/` and `manual_test/` of the release (Simon et al., 2017; an image
and a JSON file with `hand_pts` and `is_left` each) and writes
`annotations/mpii_nzsl_train.json` and `annotations/mpii_nzsl_test.json` beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmsia.datasets.hand_layout import (
    Hand,
    check_keypoints,
    image_size,
    list_images,
    write_hands_file,
)
from mmsia.errors import DataError
from mmsia.files import read_json

PARTS = ("train", "test")


def convert_mpii_nzsl(folder: Path | str) -> dict[str, int]:
    """Write both annotation files.

    Args:
        folder: The data folder, with `manual_train` and `manual_test`.

    Returns:
        Part -> how many hands.

    Raises:
        DataError: If a folder, an image's labels or a label is missing.
    """
    folder = Path(folder)
    return {
        part: write_hands_file(
            folder / "annotations" / f"mpii_nzsl_{part}.json",
            _hands(folder, f"manual_{part}"),
            f"MPII+NZSL hands, manual_{part}",
        )
        for part in PARTS
    }


def _hands(folder: Path, name: str) -> Iterator[Hand]:
    for path in list_images(folder / name, "*.jpg"):
        labels = read_json(path.with_suffix(".json"))
        if not isinstance(labels, dict):
            raise DataError(f"{path.with_suffix('.json')}", expected="a dictionary")
        left = labels.get("is_left")
        yield Hand(
            file_name=f"{name}/{path.name}",
            size=image_size(path),
            keypoints=check_keypoints(labels.get("hand_pts"), path),
            left=None if left is None else bool(left),
        )
