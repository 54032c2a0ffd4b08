"""COCO's keypoint AP of peaks that do not say which keypoint they are (Table 4).

KLPNet prints COCO's AP of maps without identity. With oracle identity, as in Table 3,
each annotated keypoint takes the nearest peak of its person's crop: more than a test
may know, so that scores are comparable with one another alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS

from mmsia.errors import DataError
from mmsia.ops.object_keypoints import take_nearest_peaks


@METRICS.register_module()
class OracleCocoMetric(CocoMetric):
    """CocoMetric of the peaks that are nearest to annotated keypoints.

    Test samples are crops of annotated boxes, of a head such as CKLMHead. A keypoint
    that is not annotated, or for which there is no peak, gets a score of 0.

    Args:
        **options: As CocoMetric.
    """

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Take some people's peaks.

        Args:
            data_batch: Not looked at.
            data_samples: With `gt_instances` (`keypoints` (1, K, 2) and
                `keypoints_visible` (1, K)) and `pred_instances` (`keypoints` (1, P, 2)
                and `keypoint_scores` (1, P)).

        Raises:
            DataError: Samples without annotated keypoints: a detector's boxes.
        """
        super().process(data_batch, [_identified(sample) for sample in data_samples])


def _identified(sample: Mapping[str, Any]) -> dict[str, Any]:
    truth, found = sample["gt_instances"], dict(sample["pred_instances"])
    visible = np.asarray(truth["keypoints_visible"])[0] > 0
    if not visible.any():
        raise DataError(
            f"oracle identity of person {sample.get('id')}",
            expected="annotated keypoints",
            got="none",
            remedy="Test on annotated boxes: no bbox_file",
        )
    wanted = np.where(
        visible[:, None], np.asarray(truth["keypoints"])[0, :, :2], np.nan
    )
    peaks = np.asarray(found["keypoints"])[0]
    nearest = take_nearest_peaks(peaks, wanted)
    taken = np.isfinite(nearest).all(axis=1)
    scores = np.zeros(len(taken))
    if taken.any():
        away = np.abs(nearest[taken, None] - peaks[None]).sum(axis=-1)
        scores[taken] = np.asarray(found["keypoint_scores"])[0][away.argmin(axis=1)]
    found["keypoints"] = np.nan_to_num(nearest)[None]
    found["keypoint_scores"] = found["keypoints_visible"] = scores[None]
    return {**sample, "pred_instances": found}
