"""Prepared crops of two hands, as `mmsia.datasets.two_hands_index` lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmsia.datasets.hand_models import read_hands
from mmsia.datasets.two_hands_index import expect_hands, read_index
from mmsia.errors import DataError

FOLDERS = {"img": ".jpg", "mask": ".png", "dense": ".png", "anno": ".npz"}
"""Folder of a split -> ending of its files, which are called by the crop's number."""


@DATASETS.register_module()
class TwoHandsDataset(BaseDataset):
    """The crops of a split, in the order of their index.

    A sample names its files: `id`, `img_id` (the same), `img_path`, `mask_path`,
    `dense_path`, `anno_path`. `LoadTwoHands` reads them. The metric compares meshes:
    MMPose's `metainfo` of a skeleton is not asked for.

    Args:
        ann_file: The index below `data_root`, `prepared/<split>.json`.
        data_prefix: `img`, the crops' folder; those of maps and annotations lie
            beside it, and are named too so that they are checked before a training.
        hands: Folder of MANO's converted files; the stand-in hand if None. What the
            crops were prepared with.
        **options: As BaseDataset.

    Raises:
        DataError: No such index, nothing in it, crops of another split, that lack one
            of their four files, or that were prepared with another hand model.
    """

    METAINFO = {"dataset_name": "two_hands"}

    def __init__(
        self,
        ann_file: str = "prepared/train.json",
        data_prefix: dict[str, str] | None = None,
        hands: str | None = None,
        **options: Any,
    ) -> None:
        self.hands = hands
        prefix = data_prefix or {"img": f"{ann_file.removesuffix('.json')}/img/"}
        super().__init__(ann_file=ann_file, data_prefix=prefix, **options)

    def load_data_list(self) -> list[dict[str, Any]]:
        """List the crops, having checked that none lacks a file."""
        path = Path(self.ann_file)
        index = read_index(path)
        expect_hands(path, index, read_hands(self.hands), self.hands)
        root = _split_folder(path, Path(self.data_prefix["img"]))
        numbers = [image["id"] for image in index["images"]]
        there = {name: _names(root / name) for name in FOLDERS}
        lacking = [
            f"{name}/{number}{end}"
            for name, end in FOLDERS.items()
            for number in numbers
            if f"{number}{end}" not in there[name]
        ]
        if lacking:
            raise DataError(
                f"prepared crops in {root}",
                expected=f"{', '.join(FOLDERS)} of each of {len(numbers)} crops",
                got=f"{len(lacking)} files missing: {_first(lacking)}",
                remedy="Prepare the split again; nothing is skipped silently.",
            )
        return [
            {
                "id": number,
                "img_id": number,
                **{
                    f"{name}_path": str(root / name / f"{number}{end}")
                    for name, end in FOLDERS.items()
                },
            }
            for number in numbers
        ]


def _split_folder(index: Path, images: Path) -> Path:
    """The folder of an index's crops, which those that are given must lie in."""
    folder = index.with_suffix("")
    # Crops of all splits are numbered from 0: none of another's would be missing.
    if images != folder / "img":
        raise DataError(
            f"the crops of {index}",
            expected=f"those of its split, {folder / 'img'}",
            got=str(images),
            remedy="Change ann_file and data_prefix together.",
        )
    return folder


def _names(folder: Path) -> set[str]:
    if not folder.is_dir():
        raise DataError(
            f"{folder} is missing",
            expected="a split of prepared crops, folders " + ", ".join(FOLDERS),
            got="no such folder",
            remedy="Set data_root to the folder that holds `prepared`.",
        )
    return {path.name for path in folder.iterdir()}


def _first(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (", ..." if len(items) > 3 else "")
