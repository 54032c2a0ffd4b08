"""Objects of many categories, each with keypoints and links of its own, as crops.

A COCO file in which every category has `keypoints` and, if it has links, a `skeleton`:
what simulated objects come as, and converted Pascal3D+ or ObjectNet3D.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import force_full_init
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from mmsia.errors import ConfigError, DataError
from mmsia.files import read_json


@DATASETS.register_module()
class ObjectKeypointDataset(BaseCocoStyleDataset):
    """One annotated object a sample (`data_mode="topdown"`).

    `category_id` of a sample is its number in `classes`, whatever the file's ids;
    `flip_indices`, `flip_pairs` and `skeleton_links` are those of its category, and
    `image_objects` is how many samples its image has. Objects of one image follow one
    another.

    Args:
        classes: Categories, by name; objects of others are left out.
        without: Flags of an annotation, say "truncated": objects that have one set are
            left out.
        **options: As BaseCocoStyleDataset. With `bbox_file`, results of a detector in
            COCO's form with the file's category ids, samples have no keypoints.

    Raises:
        ConfigError: No classes, another data mode, or a metainfo of the caller's.
        DataError: A file whose categories do not say their keypoints, objects of
            another number of keypoints, or none at all.
    """

    def __init__(
        self, classes: Sequence[str], without: Sequence[str] = (), **options: Any
    ) -> None:
        self.classes, self.without = tuple(classes), tuple(without)
        mode = options.setdefault("data_mode", "topdown")
        odd = not classes or len(set(classes)) != len(classes)
        if odd or mode != "topdown" or options.get("metainfo"):
            raise ConfigError(
                "ObjectKeypointDataset",
                expected="different classes, data_mode 'topdown', no metainfo",
                got=f"{list(classes)}, {mode!r}, {options.get('metainfo')}",
            )
        options["metainfo"] = _metainfo(self.classes)
        super().__init__(**options)

    @classmethod
    def _load_metainfo(cls, metainfo: dict[str, Any] | None = None) -> dict[str, Any]:
        parsed = super()._load_metainfo(metainfo)
        return {**parsed, "classes": list((metainfo or {}).get("classes", ()))}

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        self._read_categories()
        objects, images = super()._load_annotations()
        return objects, images

    def _read_categories(self) -> None:
        """Keypoints and links of the classes, as the file says."""
        if not Path(self.ann_file).is_file():
            raise DataError(
                "annotations of objects",
                expected=f"the file {self.ann_file}",
                got="nothing there",
            )
        listed = read_json(self.ann_file).get("categories") or []
        self._labels = {
            entry["id"]: self.classes.index(entry["name"])
            for entry in listed
            if entry.get("name") in self.classes
        }
        tables = {}
        for entry in listed:
            if entry.get("name") in self.classes:
                names = entry.get("keypoints")
                if not names:
                    raise DataError(
                        f"category {entry['name']} of {self.ann_file}",
                        expected="names of its keypoints",
                        got="none",
                    )
                tables[entry["name"]] = _table(names, entry.get("skeleton") or ())
        if not tables:
            raise DataError(
                f"categories of {self.ann_file}",
                expected=f"one of {', '.join(self.classes)} at least",
                got=", ".join(str(entry.get("name")) for entry in listed) or "none",
            )
        self._metainfo["categories"] = tables
        self._metainfo["num_keypoints"] = max(
            len(table["keypoints"]) for table in tables.values()
        )

    def parse_data_info(self, raw_data_info: dict) -> dict | None:
        """Parse an object; None: one that is left out.

        Args:
            raw_data_info: As BaseCocoStyleDataset.

        Raises:
            DataError: Another number of keypoints than its category's.
        """
        annotation = raw_data_info["raw_ann_info"]
        label = self._labels.get(annotation.get("category_id"))
        if label is None or any(annotation.get(flag) for flag in self.without):
            return None
        info = super().parse_data_info(raw_data_info)
        if info is None:
            return None
        table = self._metainfo["categories"][self.classes[label]]
        if info["keypoints"].shape[1] != len(table["keypoints"]):
            raise DataError(
                f"object {annotation.get('id')} of {self.ann_file}",
                expected=f"{len(table['keypoints'])} keypoints ({self.classes[label]})",
                got=f"{info['keypoints'].shape[1]}",
            )
        return {**info, "category_id": label}

    def _load_detection_results(self) -> list[dict]:
        """A detector's boxes; their score must reach `filter_cfg.bbox_score_thr`."""
        self._read_categories()
        stored = read_json(self.ann_file)
        files = {image["id"]: image["file_name"] for image in stored["images"]}
        least = (self.filter_cfg or {}).get("bbox_score_thr", 0.0)
        found = []
        for number, box in enumerate(read_json(self.bbox_file)):
            label = self._labels.get(box.get("category_id"))
            if label is None or box["score"] < least or box["image_id"] not in files:
                continue
            x, y = box["bbox"][:2]
            # a box of zero area has no crop
            width, height = np.maximum(box["bbox"][2:4], 1)
            table = self._metainfo["categories"].get(self.classes[label], {})
            parts = len(table.get("keypoints", ()))
            prefix = Path(self.data_prefix["img"])
            found.append(
                {
                    "id": number,
                    "img_id": box["image_id"],
                    "img_path": str(prefix / files[box["image_id"]]),
                    "bbox": np.array([[x, y, x + width, y + height]], np.float32),
                    "bbox_score": np.array([box["score"]], np.float32),
                    "category_id": label,
                    "keypoints": np.zeros((1, parts, 2), np.float32),
                    "keypoints_visible": np.zeros((1, parts), np.float32),
                }
            )
        return sorted(found, key=lambda info: info["img_id"])

    def load_data_list(self) -> list[dict]:
        """Load the samples, those of one image one after the other.

        Raises:
            DataError: If there is none.
        """
        infos = super().load_data_list()
        if not infos:
            raise DataError(
                f"objects of {self.bbox_file or self.ann_file}",
                expected=f"objects of {', '.join(self.classes)}",
                got="none",
            )
        numbers, counts = np.unique([i["img_id"] for i in infos], return_counts=True)
        many = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        return [{**info, "image_objects": many[info["img_id"]]} for info in infos]

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """A sample, with what its category says.

        Args:
            idx: Number of the sample.
        """
        info = super().get_data_info(idx)
        table = self._metainfo["categories"][self.classes[info["category_id"]]]
        number = len(table["keypoints"])
        return info | {
            "flip_indices": list(table["flip_indices"]),
            "flip_pairs": [
                [part, other]
                for part, other in enumerate(table["flip_indices"])
                if part < other
            ],
            "skeleton_links": [list(pair) for pair in table["links"]],
            "dataset_keypoint_weights": np.ones(number, np.float32),
        }


def mirrored_parts(names: Sequence[str]) -> list[int]:
    """Which part each one is in a mirrored image: left for right, by their names.

    Args:
        names: Of a category's keypoints; what has no counterpart stays itself.
    """
    found = []
    for part, name in enumerate(names):
        other = name.replace("left", "\0").replace("right", "left")
        other = other.replace("\0", "right")
        found.append(list(names).index(other) if other in names else part)
    return found


def _table(names: Sequence[str], skeleton: Sequence[Sequence[int]]) -> dict[str, Any]:
    return {
        "keypoints": list(names),
        # COCO counts from 1
        "links": [[int(a) - 1, int(b) - 1] for a, b in skeleton],
        "flip_indices": mirrored_parts(names),
    }


def _metainfo(classes: Sequence[str]) -> Mapping[str, Any]:
    """What MMPose wants to know of a data set; categories follow from the file."""
    return {
        "dataset_name": "objects",
        "keypoint_info": {},
        "skeleton_info": {},
        "joint_weights": [],
        "sigmas": [],
        "classes": list(classes),
    }
