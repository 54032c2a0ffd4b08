"""COCO's AP of masks for the category person (CGANet, Table 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from mmsia.datasets.coco_masks import load_coco_masks
from mmsia.errors import ConfigError
from mmsia.evaluation.mask_matches import match_masks, results_of
from mmsia.files import write_json

SUFFIX = ".segm.json"
NAMES = {
    "ap": "AP",
    "ap50": "AP .5",
    "ap75": "AP .75",
    "ap_s": "AP (S)",
    "ap_m": "AP (M)",
    "ap_l": "AP (L)",
    "ar": "AR",
}


@METRICS.register_module()
class PersonSegmMetric(BaseMetric):
    """Mask AP of people, 0 to 1 as CocoMetric's; -1 where nobody of that size is.

    Results are `segm/AP`, `segm/AP .5` and so on, over the images that were looked at.

    Args:
        ann_file: An `instances_*.json` or a `person_keypoints_*.json`.
        format_only: Whether masks are written and not scored.
        outfile_prefix: Beginning of the path of `<prefix>.segm.json`, COCO results
            with run lengths; nothing is written without it.
        **options: As BaseMetric.

    Raises:
        ConfigError: Neither annotations to score on nor a file to write.
    """

    default_prefix = "segm"

    def __init__(
        self,
        ann_file: str | None = None,
        format_only: bool = False,
        outfile_prefix: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if (outfile_prefix if format_only else ann_file) is None:
            raise ConfigError(
                "PersonSegmMetric",
                expected="ann_file, or outfile_prefix with format_only=True",
                got=f"format_only={format_only} and neither",
            )
        self.ann_file, self.format_only = ann_file, format_only
        self.outfile_prefix = outfile_prefix

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Keep the masks of some images as run lengths.

        Args:
            data_batch: Not looked at.
            data_samples: With `img_id`, and `masks` (M, H, W) bool in pixels of the
                original image and `bbox_scores` (M,) in `pred_instances`.
        """
        for sample in data_samples:
            found = sample["pred_instances"]
            masks = np.asarray(found["masks"], dtype=bool)
            image_id = int(sample["img_id"])
            people = results_of(image_id, masks, found["bbox_scores"])
            self.results.append({"image_id": image_id, "people": people})

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Write the masks and score them.

        Args:
            results: One an image.
        """
        people = [person for image in results for person in image["people"]]
        if self.outfile_prefix is not None:
            write_json(Path(f"{self.outfile_prefix}{SUFFIX}"), people)
        if self.format_only or self.ann_file is None:
            return {}
        truth = load_coco_masks(self.ann_file)
        images = [image["image_id"] for image in results]
        scores = match_masks(truth, people, images).scores.as_dict()
        return {
            name: scores[key] / 100 if scores[key] >= 0 else -1.0
            for key, name in NAMES.items()
        }
