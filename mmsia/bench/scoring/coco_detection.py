"""COCO detection AP: objects of several categories, by their boxes and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.intervals import ap_draws
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.coco_objects import CocoObjects, load_coco_objects
from mmsia.errors import ConfigError, DataError
from mmsia.evaluation.coco_matches import check_image_ids, match_categories
from mmsia.evaluation.mask_matches import BOXES, MASKS
from mmsia.files import read_json

NAME = "coco-detection"
KINDS = {"bbox": BOXES, "segm": MASKS}
SCORES = ("ap", "ap50", "ap75", "ap_s", "ap_m", "ap_l")


@dataclass(frozen=True)
class CocoDetection:
    """MMDetection's CocoMetric; draws are of images.

    Attributes:
        metrics: bbox, segm, or both: scores are `bbox_ap`, `segm_ap50` and so on.
    """

    metrics: tuple[str, ...]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> CocoDetection:
        """With the metrics of an evaluator's config or of a stored run.

        Args:
            given: The config of `mmdet.CocoMetric`, or `settings`.

        Raises:
            ConfigError: If one of them is not known here.
        """
        named = given.get("metrics", given.get("metric", "bbox"))
        metrics = (named,) if isinstance(named, str) else tuple(named)
        if not metrics or not set(metrics) <= set(KINDS):
            raise ConfigError(
                "metrics of mmdet.CocoMetric",
                expected=f"some of {', '.join(KINDS)}",
                got=", ".join(metrics),
            )
        return cls(metrics)

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {"name": NAME, "metrics": list(self.metrics)}

    def open(self, annotations: Path) -> CocoObjects:
        """See `Scoring`."""
        return load_coco_objects(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        evaluator.update(format_only=True, outfile_prefix=str(prefix))
        # without masks, a detector writes boxes alone
        return [
            prefix.with_name(f"{prefix.name}.{metric}.json") for metric in self.metrics
        ]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """COCO results, each with the metric that it is for."""
        found = []
        for metric, path in zip(self.metrics, paths, strict=True):
            own = sorted(read_json(path), key=_order)
            found += [{"metric": metric, **_needed(each, metric)} for each in own]
        # MMDetection writes the boxes whatever the metric.
        for path in {paths[0].with_name(_boxes_of(paths[0]))} - set(paths):
            path.unlink(missing_ok=True)
        return found

    def score(
        self,
        truth: CocoObjects,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`; the mean is over the categories that a draw has."""
        ids = check_image_ids(truth.sizes, image_ids, truth.path)
        _check(predictions, truth)
        scores: dict[str, float] = {}
        draws: dict[str, np.ndarray] = {}
        for metric in self.metrics:
            own = [
                {key: value for key, value in each.items() if key != "metric"}
                for each in predictions
                if each["metric"] == metric
            ]
            matches = match_categories(
                KINDS[metric], truth.dataset, own, ids, list(truth.categories)
            )
            some = next(iter(matches.values()))
            values = some.scores.as_dict()
            scores |= {f"{metric}_{name}": values[name] for name in SCORES}
            each = [ap_draws(found, num_draws) for found in matches.values()]
            for name in each[0]:
                table = np.stack([one[name] for one in each])
                draws[f"{metric}_{name}"] = _mean(table)
        return Scored(
            scores=scores,
            draws=draws,
            counts={
                "num_images": len(ids),
                "num_objects": sum(truth.num_objects[image] for image in ids),
                "num_detections": sum(
                    each["metric"] == self.metrics[0] for each in predictions
                ),
            },
        )


def _mean(table: np.ndarray) -> np.ndarray:
    """(B,) mean over the rows of (C, B) that have a number."""
    known = np.isfinite(table)
    with np.errstate(invalid="ignore"):
        return np.where(known, table, 0).sum(axis=0) / known.sum(axis=0)


def _boxes_of(path: Path) -> str:
    return f"{path.name.rsplit('.', 2)[0]}.bbox.json"


def _needed(result: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """What its score depends on; with a box, COCO takes a mask's area from the box."""
    own = "bbox" if metric == "bbox" else "segmentation"
    return {
        "image_id": int(result["image_id"]),
        "category_id": int(result["category_id"]),
        own: result[own],
        "score": float(result["score"]),
    }


def _check(predictions: Sequence[Mapping[str, Any]], truth: CocoObjects) -> None:
    for number, each in enumerate(predictions):
        known = each["image_id"] in truth.sizes
        if (
            not known
            or each["category_id"] not in truth.categories
            or not np.isfinite(each["score"])
        ):
            raise DataError(
                f"prediction {number} (image {each['image_id']!r})",
                expected="an image and a category of the annotations, a finite score",
                got=f"category {each['category_id']!r}, score {each['score']!r}",
            )


def _order(result: Mapping[str, Any]) -> tuple[int, float]:
    return result["image_id"], -result["score"]
