"""COCO keypoints for bottom-up methods, with the image selection that papers mean.

"COCO val" is three sets of images: all 5000, those with people (GOG, Section 3:
"excluding images without people") and those with annotated keypoints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mmpose.datasets.datasets.body import CocoDataset
from mmpose.registry import DATASETS

from mmsia.errors import ConfigError, DataError

_SELECTIONS = ("all", "people", "annotated")


@DATASETS.register_module()
class CocoPeopleDataset(CocoDataset):
    """MMPose's bottom-up CocoDataset on a stated selection of images.

    Args:
        images: `'all'`; `'people'`, images with at least one person annotation, crowds
            and people without keypoints included; `'annotated'`, images with at least
            one keypoint that is annotated.
        **options: As CocoDataset; `data_mode` is `'bottomup'`.

    Raises:
        ConfigError: Another selection or data mode.
        DataError: A selection that leaves no image.
    """

    def __init__(self, images: str = "all", **options: Any) -> None:
        if images not in _SELECTIONS:
            raise ConfigError(
                "CocoPeopleDataset: unknown images",
                expected=f"one of {', '.join(_SELECTIONS)}",
                got=repr(images),
            )
        mode = options.setdefault("data_mode", "bottomup")
        if mode != "bottomup":
            raise ConfigError(
                "CocoPeopleDataset: unknown data_mode", expected="'bottomup'", got=mode
            )
        self.images = images
        super().__init__(**options)

    def filter_data(self) -> list[dict[str, Any]]:
        """Keep the images of the selection."""
        kept = [info for info in super().filter_data() if self._is_kept(info)]
        if not kept:
            raise DataError(
                f"{self.ann_file} has no image to use",
                expected=f"images of the kind {self.images!r}",
                got=f"{len(self.data_list)} images, none of that kind",
            )
        return kept

    def _is_kept(self, info: dict[str, Any]) -> bool:
        if self.images == "all":
            return True
        if self.images == "people":
            return info.get("keypoints") is not None
        visible = info.get("keypoints_visible")
        return visible is not None and bool(np.any(visible > 0))
