"""PCK of objects' keypoints by category, as Table 3 of KLPNet has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from mmsia.errors import ConfigError, DataError
from mmsia.files import write_json
from mmsia.ops.object_keypoints import (
    ALPHA,
    count_links,
    identify_peaks,
    score_categories,
)

IDENTITIES = ("oracle", "features")


@METRICS.register_module()
class ObjectPCK(BaseMetric):
    """Share of keypoints nearer than alpha times the box's longer side, 0 to 1.

    Results are `<identity>/<category>`, `<identity>/mean` (of the categories) and
    `<identity>/keypoint_mean` (of the keypoints) for each of `identities`; of a network
    that predicts links, `links/f1` as well (`ops.object_keypoints.count_links`).

    Args:
        classes: Categories, in the order that `category_id` of the samples counts.
        identities: "oracle" (each keypoint takes the nearest peak) and "features" (it
            takes the one in `pred_instances.part_peaks`, whose features are nearest, as
            CanonicalFeatureBank tells).
        alpha: Of the longer side of the annotated box.
        without: Objects of which the annotation (`raw_ann_info`) has one of these set,
            say "truncated", do not count: Pascal3D+'s protocol, where others are
            predicted all the same because their neighbours need them.
        outfile: Where what was found is written as JSON, if anywhere.
        **options: As BaseMetric.

    Raises:
        ConfigError: An unknown identity, or no category.
    """

    def __init__(
        self,
        classes: Sequence[str],
        identities: Sequence[str] = IDENTITIES,
        alpha: float = ALPHA,
        without: Sequence[str] = (),
        outfile: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not classes or not identities or not set(identities) <= set(IDENTITIES):
            raise ConfigError(
                "ObjectPCK",
                expected=f"classes, and identities of {', '.join(IDENTITIES)}",
                got=f"{len(classes)} classes, {list(identities)}",
            )
        self.classes, self.identities = tuple(classes), tuple(identities)
        self.alpha, self.without, self.outfile = alpha, tuple(without), outfile

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Take the peaks of some objects.

        Args:
            data_batch: Not looked at.
            data_samples: With `category_id`, `gt_instances` (`keypoints` (1, K, 2),
                `keypoints_visible`, `bboxes`) and `pred_instances` (`keypoints`
                (1, P, 2), `keypoint_scores`, `keypoint_parts` if there are any and, for
                "features", `part_peaks` (1, K or more); if it predicts links, `links`
                with an array (L, 2), and `skeleton_links` in the sample).

        Raises:
            DataError: An unknown category, or no part's peak where it is needed.
        """
        for sample in data_samples:
            category = sample.get("category_id", -1)
            truth, found = sample["gt_instances"], sample["pred_instances"]
            parts, chosen = found.get("keypoint_parts"), found.get("part_peaks")
            if not 0 <= category < len(self.classes):
                raise DataError(
                    f"the category of object {sample.get('id')}",
                    expected=f"0 to {len(self.classes) - 1}",
                    got=repr(category),
                )
            if chosen is None and "features" in self.identities:
                raise DataError(
                    f"identity by features of object {sample.get('id')}",
                    expected="pred_instances.part_peaks",
                    got="none",
                    remedy="Choose them with CanonicalFeatureBank, or "
                    "identities=('oracle',)",
                )
            points = np.asarray(found["keypoints"], np.float64)[0]
            self.results.append(
                {
                    "id": sample.get("id"),
                    "category": int(category),
                    "truth": np.asarray(truth["keypoints"], np.float64)[0, :, :2],
                    "labelled": np.asarray(truth["keypoints_visible"])[0] > 0,
                    "box": np.asarray(truth["bboxes"], np.float64)[0],
                    "points": points,
                    "scores": np.asarray(found["keypoint_scores"], np.float64)[0],
                    "parts": None if parts is None else np.asarray(parts, np.int64)[0],
                    "part_peaks": None
                    if chosen is None
                    else np.asarray(chosen, np.int64)[0],
                    "links": found["links"][0] if "links" in found else None,
                    "wanted": sample.get("skeleton_links"),
                    "counts": not self._left_out(sample),
                }
            )

    def _left_out(self, sample: Mapping[str, Any]) -> bool:
        told = sample.get("raw_ann_info") or {}
        return any(told.get(flag) for flag in self.without)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Score all objects, and write what was found.

        Args:
            results: One an object.

        Raises:
            DataError: If no object that counts has a labelled keypoint.
        """
        if self.outfile is not None:
            write_json(self.outfile, [_plain(result) for result in results])
        all_of, results = results, [result for result in results if result["counts"]]
        if not any(result["labelled"].any() for result in results):
            raise DataError(
                "PCK of a test set",
                expected="objects with labelled keypoints that count",
                got=f"none in {len(all_of)}",
            )
        width = max(len(result["truth"]) for result in results)
        truth = np.stack([_widen(r["truth"], width, 0.0) for r in results])
        labelled = np.stack([_widen(r["labelled"], width, False) for r in results])
        boxes = np.stack([result["box"] for result in results])
        labels = np.array([result["category"] for result in results])
        scores: dict[str, float] = {}
        for identity in self.identities:
            found = [
                _widen(identify_peaks(r, r["truth"], identity), width, np.nan)
                for r in results
            ]
            each = score_categories(
                np.stack(found),
                truth,
                labelled,
                boxes,
                labels,
                len(self.classes),
                self.alpha,
            )
            for name, value in zip(self.classes, each.by_category, strict=True):
                if np.isfinite(value):
                    scores[f"{identity}/{name}"] = float(value)
            scores[f"{identity}/mean"] = each.mean
            scores[f"{identity}/keypoint_mean"] = each.keypoint_mean
        return scores | _score_links(results, self.alpha)


def _score_links(results: Sequence[Mapping[str, Any]], alpha: float) -> dict[str, Any]:
    """F1 of the links, if all objects have predicted and annotated ones."""
    if any(r["links"] is None or r["wanted"] is None for r in results):
        return {}
    right, both = np.sum(
        [
            count_links(
                r,
                r["truth"],
                r["labelled"],
                float((r["box"][2:] - r["box"][:2]).max()),
                r["wanted"],
                alpha,
            )
            for r in results
        ],
        axis=0,
    )
    return {"links/f1": 2 * float(right) / float(both)} if both else {}


def _widen(values: np.ndarray, width: int, filler: float | bool) -> np.ndarray:
    """Rows up to `width`."""
    rows = np.full((width - len(values), *values.shape[1:]), filler, values.dtype)
    return np.concatenate([values, rows])


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON holds: what was found, and of which object."""
    parts, links, chosen = (result[k] for k in ("parts", "links", "part_peaks"))
    return {
        "id": None if result["id"] is None else int(result["id"]),
        "category": result["category"],
        "points": result["points"].tolist(),
        "scores": result["scores"].tolist(),
        "parts": None if parts is None else parts.tolist(),
        "part_peaks": None if chosen is None else chosen.tolist(),
        "links": None if links is None else np.asarray(links).tolist(),
    }
