"""PCK over the side of the crop at many thresholds, as SIA-GCN's tables have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from mmsia.errors import ConfigError, DataError
from mmsia.files import write_json
from mmsia.ops.pck import (
    THRESHOLDS,
    decode_floor_cells,
    decode_sub_cells,
    mean_pck,
    pck_by_image,
)

DECODERS = {"floor-cell": decode_floor_cells, "sub-cell": decode_sub_cells}


@METRICS.register_module()
class CropSidePCK(BaseMetric):
    """Mean over images of the share of keypoints near enough, 0 to 1 (Eq. 5).

    The side is that of the square crop that the network saw, in pixels of the image.
    Results are `pck@0.01` and so on, and `mpck`, the mean over `mean_thresholds`.

    paper silent: keypoints that are not labelled do not count, and an image without
    any is left out.

    Args:
        thresholds: Shares of the side.
        mean_thresholds: Those that mPCK is the mean of.
        decoding: "floor-cell" (the paper's protocol) or "sub-cell", from the maps that
            `test_cfg=dict(output_heatmaps=True)` puts out, or "keypoints", what the
            head made of them.
        outfile: Where the found keypoints are written as JSON, if anywhere: for each
            hand `id`, `image_id`, `keypoints` (pixels of the image, null where there
            is no position), `center` and `side` of the crop, and `head_weights` where
            the network weighs heads (SiaPose); scores do not depend on these.
        **options: As BaseMetric.

    Raises:
        ConfigError: Another decoding, or thresholds that make no mean.
    """

    def __init__(
        self,
        thresholds: Sequence[float] = THRESHOLDS,
        mean_thresholds: Sequence[float] = THRESHOLDS[:6],
        decoding: str = "floor-cell",
        outfile: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        missing = [thr for thr in mean_thresholds if thr not in thresholds]
        if decoding not in (*DECODERS, "keypoints") or missing or not mean_thresholds:
            raise ConfigError(
                "CropSidePCK",
                expected=f"decoding {', '.join(DECODERS)} or keypoints; the mean's "
                "thresholds among the others",
                got=f"{decoding!r}, a mean over {list(mean_thresholds)} of "
                f"{list(thresholds)}",
            )
        self.thresholds, self.mean_thresholds = tuple(thresholds), mean_thresholds
        self.decoding, self.outfile = decoding, outfile

    def process(
        self,
        data_batch: Any,
        data_samples: Sequence[Mapping[str, Any]],
    ) -> None:
        """Decode and score some images.

        Args:
            data_batch: Not looked at.
            data_samples: With `pred_fields` or `pred_instances`, `gt_instances`,
                `input_center` and `input_scale`.

        Raises:
            DataError: A crop that is not square, or no maps to decode.
        """
        for sample in data_samples:
            side, centre = _square_crop(sample)
            truth = np.asarray(sample["gt_instances"]["keypoints"], np.float64)
            labelled = np.asarray(sample["gt_instances"]["keypoints_visible"]) > 0
            found = self._decode(sample, side, centre - side / 2)
            shares = pck_by_image(
                found,
                truth[..., :2],
                labelled.reshape(truth.shape[:2]),
                np.full(len(truth), side),
                self.thresholds,
            )
            self.results.append(
                {
                    "id": sample.get("id"),
                    "image_id": sample.get("img_id"),
                    "keypoints": found[0],
                    "center": centre,
                    "side": side,
                    "shares": shares[0],
                    **_head_weights(sample),
                }
            )

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Average over the images, and write what was found.

        Args:
            results: One an image.

        Raises:
            DataError: If no image has a labelled keypoint.
        """
        shares = np.array([result["shares"] for result in results])
        counted = shares[np.isfinite(shares).all(axis=-1)] if len(results) else shares
        if not len(counted):
            raise DataError(
                "PCK of a test set",
                expected="images with labelled keypoints",
                got=f"none in {len(results)}",
            )
        if self.outfile is not None:
            write_json(self.outfile, [_plain(result) for result in results])
        means = counted.mean(axis=0)
        pairs = zip(self.thresholds, means, strict=True)
        scores = {f"pck@{threshold:.2f}": float(value) for threshold, value in pairs}
        mean = mean_pck(means, self.thresholds, self.mean_thresholds)
        return {**scores, "mpck": float(mean)}

    def _decode(
        self, sample: Mapping[str, Any], side: float, origin: np.ndarray
    ) -> np.ndarray:
        """(1, K, 2) pixels of the image."""
        if self.decoding == "keypoints":
            return np.asarray(sample["pred_instances"]["keypoints"])[..., :2]
        maps = sample.get("pred_fields", {}).get("heatmaps")
        if maps is None:
            raise DataError(
                f"{self.decoding} decoding of image {sample.get('id')}",
                expected="maps in pred_fields.heatmaps",
                got="none",
                remedy="Set test_cfg=dict(output_heatmaps=True), or "
                "decoding='keypoints'",
            )
        maps = maps if isinstance(maps, np.ndarray) else maps.float().cpu().numpy()
        return DECODERS[self.decoding](maps, side)[None] + origin


def _head_weights(sample: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """(M,) weights of the heads, where the network gave any."""
    weights = sample.get("pred_instances", {}).get("head_weights")
    return {} if weights is None else {"head_weights": np.asarray(weights)[0]}


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON holds of a result: everything but the shares, which follow from it."""
    hand: dict[str, Any] = {key: int(result[key]) for key in ("id", "image_id")}
    hand["keypoints"] = [_numbers(place) for place in result["keypoints"]]
    hand |= {"center": _numbers(result["center"]), "side": float(result["side"])}
    if "head_weights" in result:
        hand["head_weights"] = _numbers(result["head_weights"])
    return hand


def _numbers(values: Sequence[float]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _square_crop(sample: Mapping[str, Any]) -> tuple[float, np.ndarray]:
    """Side and centre of the crop, pixels of the image."""
    scale = np.asarray(sample["input_scale"], np.float64)
    if abs(scale[0] - scale[1]) > 1e-3 * scale.max():
        raise DataError(
            f"the crop of image {sample.get('id')}",
            expected="a square, for its side is the unit",
            got=f"{scale[0]:.1f} x {scale[1]:.1f} pixels",
        )
    return float(scale[0]), np.asarray(sample["input_center"], np.float64)
