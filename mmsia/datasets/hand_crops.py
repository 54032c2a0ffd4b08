"""Hands in MMPose's Panoptic layout, restricted to some parts of a split.

One class reads Panoptic, MPII+NZSL, MHP and simulated hands: what differs between them
is the annotation file. Crop and resize are the pipeline's (`HandSquare`).
"""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmpose.datasets.datasets.hand import PanopticHand2DDataset
from mmpose.registry import DATASETS

from mmsia.datasets.hand_splits import read_split
from mmsia.errors import ConfigError, DataError

# What MMPose's parser wants and other annotations than its own need not have.
_DEFAULTS = {"iscrowd": 0, "segmentation": [], "head_size": None}


@DATASETS.register_module()
class HandCropDataset(PanopticHand2DDataset):
    """MMPose's PanopticHand2DDataset on some parts of a split, one hand a sample.

    `head_size` becomes an array: MMPose's PackPoseInputs fails on the bare number that
    the published files have.

    Args:
        split_file: File of `mmsia.datasets.hand_splits`, below `data_root`; all images
            of the annotation file if None.
        parts: Part of the split, or several.
        **options: As PanopticHand2DDataset; `data_mode` is `'topdown'`.

    Raises:
        ConfigError: Another data mode.
        DataError: Missing files or folders, a split of another annotation file, ids
            that are not there, or keypoints in another order.
    """

    def __init__(
        self,
        split_file: str | None = None,
        parts: str | Sequence[str] = "train",
        **options: Any,
    ) -> None:
        mode = options.setdefault("data_mode", "topdown")
        if mode != "topdown":
            raise ConfigError(
                "HandCropDataset: unknown data_mode", expected="'topdown'", got=mode
            )
        self.split_file = split_file
        self.parts = (parts,) if isinstance(parts, str) else tuple(parts)
        self._wanted: set[int] | None = None
        super().__init__(**options)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the annotations and keep the hands of the parts."""
        self._wanted = self._ids()
        data_list = super().load_data_list()
        self._check_whole({info["id"] for info in data_list})
        _check_folders(data_list, self.ann_file)
        return data_list

    def parse_data_info(self, raw_data_info: dict[str, Any]) -> dict[str, Any] | None:
        """Parse one hand.

        Args:
            raw_data_info: With `raw_ann_info` and `raw_img_info`.

        Returns:
            None, which the parent leaves out, for a hand of another part.
        """
        if not self._is_wanted(raw_data_info["raw_ann_info"]["image_id"]):
            return None
        annotation = {**_DEFAULTS, **raw_data_info["raw_ann_info"]}
        info = super().parse_data_info({**raw_data_info, "raw_ann_info": annotation})
        head_size = info.pop("head_size")
        if head_size is not None:
            info["head_size"] = np.asarray(head_size, dtype=np.float32).reshape(1)
        return info

    def _join_prefix(self) -> None:
        super()._join_prefix()
        if self.split_file and self.data_root and not osp.isabs(self.split_file):
            self.split_file = osp.join(self.data_root, self.split_file)

    def _load_annotations(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        loaded = super()._load_annotations()
        self._listed = {
            hand["id"]: hand["image_id"]
            for hand in self.coco.dataset["annotations"]
            if self._is_wanted(hand["image_id"])
        }
        expected = list(self.metainfo["keypoint_id2name"].values())
        for category in self.coco.dataset.get("categories", []):
            names = category.get("keypoints", expected)
            if names != expected:
                raise DataError(
                    f"keypoints of the category {category.get('name')!r} in "
                    f"{self.ann_file}",
                    expected=", ".join(expected),
                    got=", ".join(map(str, names)),
                    remedy="Write them in this order; nothing is reordered silently.",
                )
        return loaded

    def _ids(self) -> set[int] | None:
        path = Path(self.ann_file)
        if not path.is_file():
            raise DataError(
                f"{path} is missing",
                expected="annotations in MMPose's Panoptic layout",
                got="no such file"
                if path.parent.is_dir()
                else f"no folder {path.parent}",
                remedy="Set data_root to the folder of the data.",
            )
        if self.split_file is None:
            return None
        return read_split(self.split_file, path, self.parts)

    def _is_wanted(self, image_id: int) -> bool:
        return self._wanted is None or image_id in self._wanted

    def _check_whole(self, usable: set[int]) -> None:
        """Raise for hands that MMPose leaves out, and for images without a hand."""
        missing = {image for hand, image in self._listed.items() if hand not in usable}
        missing |= (self._wanted or set()) - set(self._listed.values())
        if missing or not usable:
            raise DataError(
                f"hands of {self.ann_file}",
                expected="a usable hand on every image"
                + (f" of {self.split_file}" if self.split_file else ""),
                got=f"none on {len(missing)}, ids {_first(sorted(missing))}"
                if missing
                else "no image",
                remedy="Fetch or make the annotations again; nothing is skipped "
                "silently.",
            )


def _check_folders(data_list: Sequence[dict[str, Any]], ann_file: str) -> None:
    folders = sorted({osp.dirname(info["img_path"]) for info in data_list})
    missing = [folder for folder in folders if not osp.isdir(folder or ".")]
    if missing:
        raise DataError(
            f"images of {ann_file}",
            expected=f"{len(folders)} folders of images",
            got=f"{len(missing)} missing: {_first(missing)}",
            remedy="Set data_root and data_prefix so that file names lead to images.",
        )


def _first(items: Sequence[Any]) -> str:
    return ", ".join(map(str, items[:3])) + (", ..." if len(items) > 3 else "")
