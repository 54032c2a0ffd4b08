"""From the files of a prepared crop of two hands to what DIR trains on."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import InstanceData, PixelData
from mmpose.datasets.transforms.formatting import image_to_tensor
from mmpose.registry import TRANSFORMS
from mmpose.structures import PoseDataSample

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import DataError
from mmsia.ops.hand_errors import check_sides
from mmsia.ops.hand_sets import SIDES

_SHAPES = {"camera_camera": (3, 3), **{f"{side}_vertices": (778, 3) for side in SIDES}}


@TRANSFORMS.register_module()
class LoadTwoHands(BaseTransform):
    """Read a crop's image, meshes, camera and maps.

    Args:
        maps: Whether classes and dense map are read; only training needs them.
        hands: Folder of MANO's converted files, whose faces tell left from right; the
            stand-in hand if None.
    """

    def __init__(self, maps: bool = True, hands: str | None = None) -> None:
        super().__init__()
        self.maps = maps
        self.models = read_hands(hands)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Read one sample.

        Args:
            results: Of the pipeline, with what TwoHandsDataset lists.

        Returns:
            The same with `img` (S, S, 3) uint8 BGR, `vertices` (2, 778, 3), metres in
            the camera's frame, left hand first, `camera` (3, 3) in pixels and, with
            maps, `classes` (S, S) uint8 (background, left, right) and `dense`
            (S, S, 3) uint8 RGB.

        Raises:
            DataError: A file that is missing, damaged or of another shape, classes
                that do not exist, a hand behind the camera, hands that are swapped.
        """
        results["img"] = image = _read(results["img_path"], cv2.IMREAD_COLOR)
        height, width = image.shape[:2]
        if height != width:
            raise DataError(
                results["img_path"], expected="a square", got=f"{width} x {height}"
            )
        results["img_shape"] = results["ori_shape"] = (height, width)
        found = _annotation(results["anno_path"])
        results["camera"] = found["camera_camera"]
        results["vertices"] = np.stack([found[f"{side}_vertices"] for side in SIDES])
        check_sides(self.models, results["vertices"][None], [results["anno_path"]])
        if self.maps:
            mask = _read(results["mask_path"], cv2.IMREAD_UNCHANGED)
            dense = _read(results["dense_path"], cv2.IMREAD_COLOR)
            _check_map(results["mask_path"], mask, (height, width))
            _check_map(results["dense_path"], dense, (height, width, 3))
            if mask.max() > len(SIDES):
                raise DataError(
                    results["mask_path"],
                    expected="0 background, 1 left, 2 right hand",
                    got=f"a class {mask.max()}",
                )
            results["classes"], results["dense"] = mask, dense[..., ::-1].copy()
        return results


def _read(path: str, flag: int) -> np.ndarray:
    # A file that is not there gives nothing to decode.
    image = cv2.imread(path, flag)
    if image is None:
        got = "a damaged file" if Path(path).is_file() else "no such file"
        raise DataError(path, expected="an image", got=got)
    return image


def _check_map(path: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if values.shape != shape or values.dtype != np.uint8:
        raise DataError(
            path,
            expected=f"uint8 of shape {shape}, the size of the crop",
            got=f"{values.dtype} of shape {values.shape}",
        )


def _annotation(path: str) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in _SHAPES if name not in stored]
            found = {name: stored[name] for name in _SHAPES if name in stored}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            path,
            expected="an npz of plain arrays",
            got=f"{type(error).__name__}: {error}",
            remedy="Prepare the split again.",
        ) from error
    if missing:
        raise DataError(
            path, expected=", ".join(_SHAPES), got=f"no {' and no '.join(missing)}"
        )
    for name, shape in _SHAPES.items():
        if found[name].shape != shape or not np.isfinite(found[name]).all():
            raise DataError(
                f"{name} of {path}",
                expected=f"finite numbers of shape {shape}",
                got=f"shape {found[name].shape}"
                if found[name].shape != shape
                else "NaN or infinity",
            )
    for side in SIDES:
        nearest = found[f"{side}_vertices"][:, 2].min()
        if nearest <= 0:
            raise DataError(
                f"the {side} hand of {path}",
                expected="vertices before the camera, metres, z forwards",
                got=f"a depth of {nearest:.3f} m",
                remedy="Leave the frame out, or check its camera.",
            )
    return found


@TRANSFORMS.register_module()
class PackTwoHands(BaseTransform):
    """Make the input and the sample that DIR and HandMeshError take.

    Args:
        meta_keys: What else the sample keeps beside `camera`, where there is any.
    """

    def __init__(
        self, meta_keys: tuple[str, ...] = ("id", "img_path", "img_shape", "ori_shape")
    ) -> None:
        super().__init__()
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Pack one sample.

        Args:
            results: As LoadTwoHands returns.

        Returns:
            `inputs` (3, S, S) uint8 BGR and `data_samples` with `camera` (3, 3),
            `gt_instances.vertices` (2, 778, 3) float32 and, with maps,
            `gt_fields.classes` (1, S, S) int64 and `.dense` (3, S, S) in [0, 1].
        """
        kept = {key: results[key] for key in self.meta_keys if key in results}
        sample = PoseDataSample(metainfo={**kept, "camera": results["camera"]})
        vertices = torch.from_numpy(results["vertices"].astype(np.float32))
        sample.gt_instances = InstanceData(vertices=vertices)
        if "classes" in results:
            classes = torch.from_numpy(results["classes"].astype(np.int64))
            sample.gt_fields = PixelData(
                classes=classes[None],
                dense=image_to_tensor(results["dense"]).float() / 255,
            )
        return {"inputs": image_to_tensor(results["img"]), "data_samples": sample}
