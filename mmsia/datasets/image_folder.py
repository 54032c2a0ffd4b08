"""Images in one folder a class, ImageNet's layout, to pre-train backbones on.

Reading and augmentation are torchvision's: crops of 8 to 100 % of the area and of
aspects from 3/4 to 4/3, mirrored half of the time; in a test, the middle of the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.structures import BaseDataElement
from mmpose.registry import DATASETS
from torch.utils.data import Dataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from mmsia.errors import DataError

SHORTER_SIDE = 256 / 224
"""Of a test's image, for one pixel of the crop from its middle."""


@DATASETS.register_module()
class ImageFolderDataset(Dataset):
    """Images with the number of their class, ordered by the classes' names.

    A sample is `inputs` (3, S, S) uint8, RGB, and `data_samples` with `gt_label`.

    Args:
        data_root: Folder of the data set.
        data_prefix: `img`, the folder of a split in it, with one folder a class.
        num_classes: As many classes there must be.
        input_size: S, pixels.
        test_mode: Whether images are tested on.

    Raises:
        DataError: No such folder, or other classes.
    """

    def __init__(
        self,
        data_root: str = "",
        data_prefix: Mapping[str, str] | None = None,
        num_classes: int = 1000,
        input_size: int = 224,
        test_mode: bool = False,
    ) -> None:
        folder = Path(data_root) / (data_prefix or {}).get("img", "")
        self._images = _open(folder, num_classes)
        self._transform = _testing(input_size) if test_mode else _training(input_size)

    @property
    def metainfo(self) -> dict[str, Any]:
        """Names of the classes."""
        return {"classes": tuple(self._images.classes)}

    def full_init(self) -> None:
        """Nothing is left to read; part of MMEngine's interface."""

    def __len__(self) -> int:
        """Number of images."""
        return len(self._images)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Load and transform one image."""
        image, label = self._images[index]
        sample = BaseDataElement(
            metainfo={"img_path": self._images.samples[index][0]}, gt_label=label
        )
        return {"inputs": self._transform(image), "data_samples": sample}


def _open(folder: Path, num_classes: int) -> ImageFolder:
    try:
        images = ImageFolder(str(folder))
    # torchvision's own word for no folder, no class and a class without images
    except FileNotFoundError as error:
        raise DataError(
            f"images by class in {folder}",
            expected="one folder a class, with images in each",
            got=str(error).partition("\n")[0],
            remedy="Name the folder above that of the data set with --data-root",
        ) from error
    if len(images.classes) != num_classes:
        raise DataError(
            f"images by class in {folder}",
            expected=f"{num_classes} classes",
            got=f"{len(images.classes)}",
            remedy="num_classes of the data sets and of the network are one number",
        )
    return images


def _training(size: int) -> v2.Transform:
    return v2.Compose(
        [v2.RandomResizedCrop(size), v2.RandomHorizontalFlip(), v2.PILToTensor()]
    )


def _testing(size: int) -> v2.Transform:
    return v2.Compose(
        [v2.Resize(round(size * SHORTER_SIDE)), v2.CenterCrop(size), v2.PILToTensor()]
    )
