"""CMU Panoptic hands as released -> MMPose's Panoptic layout.

    python -m mmsia.datasets.panoptic_convert data/panoptic

reads `hand143_panopticdb/hands_v143_14817.json` (Simon et al., 2017) and writes
`annotations/panoptic_train.json`, for those who do not have MMPose's file of that name.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmsia.datasets.hand_layout import Hand, check_keypoints, write_hands_file
from mmsia.errors import DataError
from mmsia.files import read_json
from mmsia.log import get_logger, set_up_logging

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


def main(argv: Sequence[str] | None = None) -> None:
    """Convert from the command line.

    Args:
        argv: Words; the process's own if None.
    """
    parser = argparse.ArgumentParser(description="Convert the CMU Panoptic hands.")
    parser.add_argument("folder", type=Path, help=f"with {RELEASE}")
    args = parser.parse_args(argv)
    set_up_logging()
    get_logger(__name__).info("%d hands", convert_panoptic(args.folder))


if __name__ == "__main__":
    main()
