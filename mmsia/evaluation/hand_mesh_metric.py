"""Errors of two reconstructed hands: MPJPE, MPVPE, MIAA and MRRPE.

The protocols are those of DIR's and IntagHand's released evaluations: see
`mmsia.ops.hand_errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import ConfigError, DataError
from mmsia.files import write_json
from mmsia.ops.hand_errors import (
    HandErrors,
    check_sides,
    hand_errors,
    joint_weights,
)
from mmsia.ops.hand_sets import ROOTS, SIDES

PRESETS = {
    "dir": {"root": "wrist", "scale": True},
    "intaghand": {"root": "middle_mcp", "scale": True},
}
"""Preset -> root joint and whether hands are scaled. The root changes every number."""


@METRICS.register_module()
class HandMeshError(BaseMetric):
    """Mean errors of both hands of an image.

    Results are `mpjpe` and `mpvpe` (millimetres, also with `_left` and `_right`),
    `pixel_joint` and `miaa` (pixels of the crop, joints and vertices) and `mrrpe`
    (millimetres, place of the right root from the left one).

    Args:
        preset: One of `PRESETS`.
        root: Another root joint than the preset's, one of `ROOTS`.
        scale: Whether hands are scaled to the true bone from wrist to middle MCP;
            the preset's if None.
        hands: Folder of MANO's converted files; the stand-in hand if None.
        field: Of a sample, what is scored: an estimator's earlier estimates may lie in
            others beside `pred_instances`.
        outfile: Where what was found is written as JSON, if anywhere: for each image
            its `id` and, by hand, the vertices' coordinates in whole micrometres.
        **options: As BaseMetric.

    Raises:
        ConfigError: An unknown preset or root.
    """

    def __init__(
        self,
        preset: str = "dir",
        root: str | None = None,
        scale: bool | None = None,
        hands: str | None = None,
        field: str = "pred_instances",
        outfile: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if preset not in PRESETS or (root is not None and root not in ROOTS):
            raise ConfigError(
                "HandMeshError",
                expected=f"a preset of {', '.join(PRESETS)}, a root of "
                f"{', '.join(ROOTS)} or none",
                got=f"{preset!r}, {root!r}",
            )
        chosen = PRESETS[preset]
        self.root = str(root or chosen["root"])
        self.scale = bool(chosen["scale"] if scale is None else scale)
        self.field, self.outfile = field, outfile
        self.models = read_hands(hands)
        self._weights = joint_weights(self.models)

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Score some images.

        Args:
            data_batch: Not looked at.
            data_samples: With `id`, `camera` (3, 3) of the crop, `gt_instances` with
                `vertices` (2, 778, 3), metres in the camera's frame, left hand first,
                and `field` with `vertices` of the same shape, metres, both hands in
                one frame with the camera's axes.

        Raises:
            DataError: Something is missing or of another shape, or as `hand_errors`
                and `check_sides` do.
        """
        ids = [sample.get("id") for sample in data_samples]
        truth = np.stack([_meshes(sample, "gt_instances") for sample in data_samples])
        found = np.stack([_meshes(sample, self.field) for sample in data_samples])
        cameras = np.stack([_camera(sample) for sample in data_samples])
        check_sides(self.models, truth, ids)
        errors = hand_errors(
            found,
            truth,
            cameras,
            self._weights,
            root=self.root,
            scale=self.scale,
            ids=ids,
        )
        for number, image in enumerate(ids):
            result = {key: each[number] for key, each in vars(errors).items()}
            if self.outfile is not None:
                result |= {"id": image, "found": found[number]}
            self.results.append(result)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Average over the images, and write what was found.

        Args:
            results: One an image.

        Raises:
            DataError: Without images.
        """
        if not results:
            raise DataError(
                "errors of hand meshes", expected="images with both hands", got="none"
            )
        if self.outfile is not None:
            write_json(self.outfile, [_plain(result) for result in results])
        names = [field.name for field in fields(HandErrors)]
        stacked = {name: np.stack([r[name] for r in results]) for name in names}
        return HandErrors(**stacked).means()


def _meshes(sample: Mapping[str, Any], field: str) -> np.ndarray:
    vertices = sample.get(field, {}).get("vertices")
    meshes = None if vertices is None else _array(vertices)
    if meshes is None or meshes.shape != (2, 778, 3):
        raise DataError(
            f"hands of image {sample.get('id')}",
            expected=f"{field}.vertices of shape (2, 778, 3), left hand first",
            got="none" if meshes is None else f"shape {meshes.shape}",
            remedy="Frames with one hand are no part of this evaluation.",
        )
    return meshes


def _camera(sample: Mapping[str, Any]) -> np.ndarray:
    camera = _array(sample.get("camera", ()))
    if camera.shape != (3, 3):
        raise DataError(
            f"the camera of image {sample.get('id')}",
            expected="intrinsics of the crop of shape (3, 3)",
            got=f"shape {camera.shape}",
            remedy="Pack the key 'camera' with the sample.",
        )
    return camera


def _array(values: Any) -> np.ndarray:
    """float64, also of tensors on a GPU or in half precision."""
    values = values.detach().double().cpu() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=np.float64)


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON holds of a result."""
    whole = np.round(result["found"] * 1e6).astype(np.int64).reshape(2, -1).tolist()
    number = None if result["id"] is None else int(result["id"])
    return {"id": number, **dict(zip(SIDES, whole, strict=True))}
