"""COCO mask AP: people found in images, matched by the overlap of their masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsia.bench.intervals import ap_draws
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.coco_masks import CocoMasks, load_coco_masks
from mmsia.files import read_json

NAME = "coco-segm"
PREFIX = "segm_"
SCORES = ("ap", "ap50", "ap75", "ap_s", "ap_m", "ap_l")


class CocoSegm:
    """PersonSegmMetric; draws are of images."""

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {"name": NAME}

    def open(self, annotations: Path) -> CocoMasks:
        """See `Scoring`."""
        return load_coco_masks(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        from mmsia.evaluation.segm_metric import SUFFIX

        evaluator.update(format_only=True, outfile_prefix=str(prefix))
        return [prefix.with_name(f"{prefix.name}{SUFFIX}")]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """COCO results with run lengths, ordered by image and score."""
        (path,) = paths
        return sorted(read_json(path), key=_order)

    def score(
        self,
        truth: CocoMasks,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`; APs of thresholds and sizes as well."""
        from mmsia.evaluation.mask_matches import match_masks

        matches = match_masks(truth, predictions, image_ids)
        scores = matches.scores.as_dict()
        draws = ap_draws(matches, num_draws)
        return Scored(
            scores={f"{PREFIX}{name}": scores[name] for name in SCORES},
            draws={f"{PREFIX}{name}": values for name, values in draws.items()},
            counts={
                "num_images": len(image_ids),
                "num_people": sum(truth.num_people[image] for image in image_ids),
                "num_masks": len(predictions),
            },
        )


def _order(person: Mapping[str, Any]) -> tuple[int, float]:
    return person["image_id"], -person["score"]
