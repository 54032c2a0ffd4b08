"""MMPose's visualizer for objects: each has keypoints and links of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer
from torch import Tensor

from mmsia.visualization.object_links import draw_confidence, draw_instances


@VISUALIZERS.register_module()
class ObjectLinkVisualizer(PoseLocalVisualizer):
    """Draws the links that instances have, in place of a data set's one skeleton.

    Args:
        **options: As PoseLocalVisualizer; `radius` counts.
    """

    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: PoseDataSample,
        *args: Any,
        **options: Any,
    ) -> np.ndarray:
        """Draw a sample; annotated keypoints get their category's links.

        Args:
            name: Of the picture.
            image: (H, W, 3) uint8 RGB.
            data_sample: With `pred_instances` or `gt_instances`, or both.
            *args: As PoseLocalVisualizer.
            **options: As PoseLocalVisualizer.
        """
        links = data_sample.metainfo.get("skeleton_links")
        if links is not None and "gt_instances" in data_sample:
            data_sample = data_sample.clone()
            truth = data_sample.gt_instances
            truth.links = [np.asarray(links, int).reshape(-1, 2)] * len(truth)
        return super().add_datasample(name, image, data_sample, *args, **options)

    def _draw_instances_kpts(
        self,
        image: np.ndarray,
        instances: Any,
        kpt_thr: float = 0.3,
        show_kpt_idx: bool = False,
        skeleton_style: str = "mmpose",
    ) -> np.ndarray:
        if "keypoints" not in instances or not len(instances):
            return image
        return draw_instances(image, instances, kpt_thr, self.radius)

    def _draw_instance_heatmap(
        self, fields: Any, overlaid_image: np.ndarray | None = None
    ) -> np.ndarray | None:
        """The confidence; offsets are no picture. MMPose has put it into the image."""
        if "heatmaps" not in fields or overlaid_image is None:
            return None
        maps = fields.heatmaps
        maps = maps.cpu().numpy() if isinstance(maps, Tensor) else maps
        if maps.shape[-2:] != overlaid_image.shape[:2]:
            return None
        return draw_confidence(overlaid_image, maps[0])
