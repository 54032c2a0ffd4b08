"""Where the files of a split lie below a data folder, by what reads or makes them."""

from __future__ import annotations

from dataclasses import dataclass

from mmsia.errors import ConfigError


@dataclass(frozen=True)
class Layout:
    """Names of the files of a split, with `{split}` where its name goes.

    Attributes:
        annotations: The annotation file.
        images: What stands before the file names of the annotations.
    """

    annotations: str
    images: str

    def annotation_file(self, split: str) -> str:
        """The annotation file of a split, below the data folder."""
        return self.annotations.format(split=split)

    def image_prefix(self, split: str) -> str:
        """The folder of a split's images, below the data folder."""
        return self.images.format(split=split)


_COCO = Layout("annotations/person_keypoints_{split}.json", "{split}/")
_PANOPTIC = Layout("annotations/panoptic_{split}.json", "")

_OBJECTS = Layout("annotations/objects_{split}.json", "")
_TWO_HANDS = Layout("prepared/{split}.json", "prepared/{split}/img/")

OF_DATASET = {
    "CocoDataset": _COCO,
    "CocoPeopleDataset": _COCO,
    "HandCropDataset": _PANOPTIC,
    "ObjectKeypointDataset": _OBJECTS,
    "TwoHandsDataset": _TWO_HANDS,
    "mmdet.CocoDataset": _OBJECTS,
}
"""Kind of a data set (`engine.kinds.kind_of`) -> its layout."""

OF_FAMILY = {
    "people": "CocoPeopleDataset",
    "hands": "HandCropDataset",
    "objects": "ObjectKeypointDataset",
    "twohands": "TwoHandsDataset",
}
"""Family of simulated data -> the data set that reads it."""


def layout_of(dataset: str) -> Layout:
    """The layout that a data set reads.

    Args:
        dataset: Its type in a config.

    Raises:
        ConfigError: If it is not known.
    """
    if dataset not in OF_DATASET:
        raise ConfigError(
            f"a split of {dataset}",
            expected=f"a data set among {', '.join(OF_DATASET)}",
            got="one whose layout of files is not known",
        )
    return OF_DATASET[dataset]
