"""Any picture as a sample of a config's test, whatever its data set reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmsia.engine.kinds import kind_of
from mmsia.engine.run_config import inner_dataset
from mmsia.errors import ConfigError, DataError

_LOADERS = ("LoadAnnotations", "mmdet.LoadAnnotations")
_META = (
    *("dataset_name", "upper_body_ids", "lower_body_ids", "flip_pairs"),
    *("dataset_keypoint_weights", "flip_indices", "skeleton_links"),
)
_CROP = 256
"""Pixels of a crop of two hands."""


@dataclass(frozen=True)
class Picture:
    """A picture to look at.

    Attributes:
        path: Its file.
        number: Of it.
        box: (x, y, w, h) of what networks that look at a crop shall look at, pixels;
            all of the picture if None.
        category: Of the object in it, for networks of objects.
    """

    path: Path
    number: int = 0
    box: tuple[float, float, float, float] | None = None
    category: str | None = None


@dataclass(frozen=True)
class DemoSample:
    """What a network is given, and the image to draw on.

    Attributes:
        data: `inputs` and `data_samples` of one sample.
        image: (H, W, 3) uint8 RGB.
    """

    data: dict[str, Any]
    image: np.ndarray


def make_sample(config: Any, picture: Picture) -> DemoSample:
    """A picture as the test pipeline of a config makes it.

    Args:
        config: With a `test_dataloader`, made for its scale.
        picture: The picture.

    Raises:
        ConfigError: A data set that no picture can stand for, or a category that the
            network does not know.
        DataError: No picture there, or a box outside of it.
    """
    image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if image is None:
        there = picture.path.is_file()
        raise DataError(
            str(picture.path),
            expected="a picture",
            got="something else" if there else "no such file",
        )
    dataset = inner_dataset(config.test_dataloader.dataset)
    kind = kind_of(dataset, config)
    if kind not in _SAMPLES:
        raise ConfigError(
            "a demo of this config",
            expected=f"a test set of {', '.join(_SAMPLES)}",
            got=kind,
        )
    return _SAMPLES[kind](config, dataset, picture, image)


def _of_coco(
    config: Any, dataset: Any, picture: Picture, image: np.ndarray
) -> DemoSample:
    """All people of the picture, or the one in the box."""
    from mmpose.registry import DATASETS

    meta = DATASETS.get(dataset.type)._load_metainfo()
    info = {name: deepcopy(meta[name]) for name in _META} | _about(picture)
    if dataset.get("data_mode") == "topdown":
        info |= _box(picture, image)
    return _through(dataset.pipeline, info, image, "mmpose")


def _of_hand(
    config: Any, dataset: Any, picture: Picture, image: np.ndarray
) -> DemoSample:
    """The hand in the box, which counts as tight."""
    from mmpose.registry import DATASETS

    meta = DATASETS.get(dataset.type)._load_metainfo()
    info = {name: deepcopy(meta[name]) for name in _META} | _about(picture)
    return _through(dataset.pipeline, info | _box(picture, image), image, "mmpose")


def _of_object(
    config: Any, dataset: Any, picture: Picture, image: np.ndarray
) -> DemoSample:
    """The object in the box, of the category that is given."""
    from mmsia.datasets.object_keypoints import mirrored_parts
    from mmsia.datasets.object_skeletons import find_skeleton

    classes = list(dataset.classes)
    if picture.category not in classes:
        raise ConfigError(
            "the category of the object",
            expected=f"one of {', '.join(classes)}",
            got=repr(picture.category),
        )
    skeleton = find_skeleton(picture.category)
    number = len(skeleton.keypoints)
    mirrored = mirrored_parts(skeleton.keypoints)
    info = {
        "category_id": classes.index(picture.category),
        "flip_indices": mirrored,
        "flip_pairs": [[a, b] for a, b in enumerate(mirrored) if a < b],
        "skeleton_links": [list(link) for link in skeleton.links],
        "dataset_keypoint_weights": np.ones(number, np.float32),
        "image_objects": 1,
        "keypoints": np.zeros((1, number, 2), np.float32),
        "keypoints_visible": np.zeros((1, number), np.float32),
    }
    info |= _about(picture) | _box(picture, image)
    return _through(dataset.pipeline, info, image, "mmpose")


def _of_detector(
    config: Any, dataset: Any, picture: Picture, image: np.ndarray
) -> DemoSample:
    """All objects of the picture."""
    steps = [step for step in dataset.pipeline if step["type"] not in _LOADERS]
    return _through(steps, _about(picture), image, "mmdet")


def _of_two_hands(
    config: Any, dataset: Any, picture: Picture, image: np.ndarray
) -> DemoSample:
    """The square around the box; what is outside of the picture is black."""
    from mmpose.datasets.transforms.formatting import image_to_tensor
    from mmpose.structures import PoseDataSample

    crop = _square(image, _box(picture, image)["bbox"][0])
    about = {
        **_about(picture),
        "img_shape": crop.shape[:2],
        "ori_shape": crop.shape[:2],
    }
    data = {
        "inputs": image_to_tensor(crop),
        "data_samples": PoseDataSample(metainfo=about),
    }
    return DemoSample(data, crop[..., ::-1].copy())


def _about(picture: Picture) -> dict[str, Any]:
    return {
        "id": picture.number,
        "img_id": picture.number,
        "img_path": str(picture.path),
        "raw_ann_info": {},
    }


def _box(picture: Picture, image: np.ndarray) -> dict[str, Any]:
    """`bbox` (1, 4), corners, and its score."""
    height, width = image.shape[:2]
    x, y, w, h = picture.box or (0, 0, width, height)
    inside = x < width and y < height and x + w > 0 and y + h > 0
    if not (w > 0 and h > 0 and inside):
        raise DataError(
            f"the box in {picture.path}",
            expected=f"x, y, width and height within {width} x {height} pixels",
            got=f"{x:g}, {y:g}, {w:g}, {h:g}",
        )
    return {
        "bbox": np.array([[x, y, x + w, y + h]], np.float32),
        "bbox_score": np.ones(1, np.float32),
    }


def _square(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """(256, 256, 3) around a box of corners."""
    low, high = box[:2], box[2:]
    side, middle = float((high - low).max()), (low + high) / 2
    scale = _CROP / side
    shift = _CROP / 2 - scale * middle
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(image, matrix, (_CROP, _CROP), flags=cv2.INTER_LINEAR)


def _through(
    steps: Any, info: Mapping[str, Any], image: np.ndarray, scope: str
) -> DemoSample:
    """A sample through a pipeline."""
    from mmengine.dataset import Compose
    from mmengine.registry import init_default_scope

    init_default_scope(scope)
    data = Compose([dict(step) for step in steps])(dict(info))
    return DemoSample(data, image[..., ::-1].copy())


_SAMPLES: dict[str, Callable[[Any, Any, Picture, np.ndarray], DemoSample]] = {
    "CocoDataset": _of_coco,
    "CocoPeopleDataset": _of_coco,
    "HandCropDataset": _of_hand,
    "ObjectKeypointDataset": _of_object,
    "TwoHandsDataset": _of_two_hands,
    "mmdet.CocoDataset": _of_detector,
}
