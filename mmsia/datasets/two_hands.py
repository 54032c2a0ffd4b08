"""Prepared crops of two hands, as `mmsia.datasets.simulated.twohands_files` lays out.

prepared/<split>/{img/<i>.jpg,mask/<i>.png,dense/<i>.png,anno/<i>.npz}
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmsia.errors import DataError

FOLDERS = {"img": ".jpg", "mask": ".png", "dense": ".png", "anno": ".npz"}
"""Folder of a split -> ending of its files, which are called by the crop's number."""


@DATASETS.register_module()
class TwoHandsDataset(BaseDataset):
    """The crops of a split, in the order of their numbers.

    A sample names its files: `id`, `img_path`, `mask_path`, `dense_path`, `anno_path`.
    `LoadTwoHands` reads them. The metric compares meshes: MMPose's `metainfo` of a
    skeleton is not asked for.

    Args:
        split: Folder below `prepared` in `data_root`.
        **options: As BaseDataset; `ann_file` and `data_prefix` have no meaning here.

    Raises:
        DataError: No such split, nothing in it, files that are not called by a number,
            or crops without all four files.
    """

    METAINFO = {"dataset_name": "two_hands"}

    def __init__(self, split: str = "train", **options: Any) -> None:
        self.split = split
        super().__init__(**options)

    def load_data_list(self) -> list[dict[str, Any]]:
        """List the crops, having checked that none lacks a file."""
        root = Path(self.data_root or "") / "prepared" / self.split
        numbers = {name: _numbers(root / name, end) for name, end in FOLDERS.items()}
        known = sorted(set().union(*numbers.values()))
        if not known:
            raise DataError(f"{root}", expected="prepared crops", got="none")
        lacking = [
            f"{name}/{number}{FOLDERS[name]}"
            for name, there in numbers.items()
            for number in known
            if number not in there
        ]
        if lacking:
            raise DataError(
                f"prepared crops in {root}",
                expected=f"{', '.join(FOLDERS)} of each of {len(known)} crops",
                got=f"{len(lacking)} files missing: {_first(lacking)}",
                remedy="Prepare the split again; nothing is skipped silently.",
            )
        return [
            {
                "id": number,
                **{
                    f"{name}_path": str(root / name / f"{number}{end}")
                    for name, end in FOLDERS.items()
                },
            }
            for number in known
        ]


def _numbers(folder: Path, end: str) -> set[int]:
    if not folder.is_dir():
        raise DataError(
            f"{folder} is missing",
            expected="a split of prepared crops, folders " + ", ".join(FOLDERS),
            got="no such folder",
            remedy="Set data_root to the folder that holds `prepared`, and split to a "
            "folder in it.",
        )
    names = [path.stem for path in folder.glob(f"*{end}")]
    odd = sorted(
        name for name in names if not name.isdecimal() or str(int(name)) != name
    )
    if odd:
        raise DataError(
            f"files of {folder}",
            expected=f"numbers as names, like 0{end}",
            got=_first([name + end for name in odd]),
        )
    return {int(name) for name in names}


def _first(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (", ..." if len(items) > 3 else "")
