"""COCO keypoint AP: people found in images, matched by OKS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsia.bench.intervals import ap_draws
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.coco_keypoints import CocoKeypoints, load_coco_keypoints
from mmsia.evaluation.keypoint_matches import match_keypoints
from mmsia.files import read_json

NAME = "coco-ap"


class CocoAP:
    """MMPose's CocoMetric; draws are of images."""

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {"name": NAME}

    def open(self, annotations: Path) -> CocoKeypoints:
        """See `Scoring`."""
        return load_coco_keypoints(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        evaluator.update(format_only=True, outfile_prefix=str(prefix))
        return [prefix.with_name(f"{prefix.name}.keypoints.json")]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """COCO results, ordered by image and score."""
        (path,) = paths
        return sorted(map(_as_result, read_json(path)), key=_order)

    def score(
        self,
        truth: CocoKeypoints,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`; AR and the APs of thresholds and sizes as well."""
        matches = match_keypoints(truth, list(predictions), list(image_ids))
        used = set(image_ids)
        people = [len(r.keypoints) for r in truth.images if r.image_id in used]
        return Scored(
            scores=matches.scores.as_dict(),
            draws=ap_draws(matches, num_draws),
            counts={
                "num_images": len(image_ids),
                "num_people": sum(people),
                "num_poses": len(predictions),
            },
        )


def _as_result(person: Mapping[str, Any]) -> dict[str, Any]:
    """The part of CocoMetric's record that scores are computed from."""
    return {
        "image_id": int(person["image_id"]),
        "category_id": int(person["category_id"]),
        "keypoints": [float(number) for number in person["keypoints"]],
        "score": float(person["score"]),
    }


def _order(person: Mapping[str, Any]) -> tuple[int, float]:
    return person["image_id"], -person["score"]
