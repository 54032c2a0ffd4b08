"""Errors of two reconstructed hands: MPJPE, MPVPE, MIAA and MRRPE.

The protocols are those of DIR's and IntagHand's released evaluations: see
`mmsia.ops.hand_errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import ConfigError, DataError
from mmsia.files import write_json
from mmsia.ops.hand_errors import check_sides, hand_errors, joint_weights
from mmsia.ops.hand_sets import ROOTS

PRESETS = {
    "dir": {"root": "wrist", "scale": True},
    "intaghand": {"root": "middle_mcp", "scale": True},
}
"""Preset -> root joint and whether hands are scaled. The root changes every number."""
ANSWER = "pred_instances"
"""Field of a sample that has an estimator's answer."""
_DECIMALS = 6


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
        stages: Whether an estimator's earlier estimates, which lie in other fields
            `pred_<name>`, are scored as well, as `<name>/mpjpe` and so on.
        outfile: Where what was found is written as JSON, if anywhere: for each image
            its `id`, the `root` joint of the network, and by estimate, the answer
            last, the `parameters` of both hands (see `layers.hand_decoder.SPLIT`) and
            `roots`, places of their roots in metres.
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
        stages: bool = False,
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
        self.stages, self.outfile = stages, outfile
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
                and `pred_instances` with `vertices` of the same shape, metres, both
                hands in one frame with the camera's axes. With an `outfile`, also
                `parameters` (2, 64), `roots` (2, 3) and `root`.

        Raises:
            DataError: Something is missing or of another shape, or as `hand_errors`
                and `check_sides` do.
        """
        ids = [sample.get("id") for sample in data_samples]
        truth = np.stack([_meshes(sample, "gt_instances") for sample in data_samples])
        cameras = np.stack([_camera(sample) for sample in data_samples])
        check_sides(self.models, truth, ids)
        values: dict[str, np.ndarray] = {}
        for prefix, field in self._fields(data_samples[0]):
            errors = hand_errors(
                np.stack([_meshes(sample, field) for sample in data_samples]),
                truth,
                cameras,
                self._weights,
                root=self.root,
                scale=self.scale,
                ids=ids,
            )
            values |= {prefix + name: v for name, v in errors.by_image().items()}
        for number, sample in enumerate(data_samples):
            result = {"scores": {name: v[number] for name, v in values.items()}}
            if self.outfile is not None:
                result["found"] = self._record(sample)
            self.results.append(result)

    def _fields(self, sample: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Prefix of the scores and field of each estimate, the answer last."""
        earlier = sorted(
            field
            for field, values in sample.items()
            if self.stages
            and field.startswith("pred_")
            and field != ANSWER
            and "vertices" in values
        )
        named = [(f"{field.removeprefix('pred_')}/", field) for field in earlier]
        return [*named, ("", ANSWER)]

    def _record(self, sample: Mapping[str, Any]) -> dict[str, Any]:
        """What JSON holds of an image."""
        found = {}
        for prefix, field in self._fields(sample):
            missing = [n for n in ("parameters", "roots") if n not in sample[field]]
            if missing:
                raise DataError(
                    f"hands of image {sample.get('id')}",
                    expected=f"{field}.parameters and .roots, which outfile is to have",
                    got=f"no {' and no '.join(missing)}",
                    remedy="Score an estimator without them with outfile=None.",
                )
            found[prefix.rstrip("/") or "answer"] = {
                name: np.round(_array(sample[field][name]), _DECIMALS).tolist()
                for name in ("parameters", "roots")
            }
        number, root = sample.get("id"), sample[ANSWER].get("root", self.root)
        return {
            "id": None if number is None else int(number),
            "root": root,
            "estimates": found,
        }

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
            write_json(self.outfile, [result["found"] for result in results])
        scores = [result["scores"] for result in results]
        return {name: float(np.mean([s[name] for s in scores])) for name in scores[0]}


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
