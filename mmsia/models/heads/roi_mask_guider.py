"""ROIGuider with one map of a box: the mask of its person.

CGANet, section Person Instance Segmentation: "simply change the number of channels in
the output layer", and inherit the rest. paper silent on targets and loss: a cell is the
person's where the outline goes around its middle, and binary cross-entropy over the
cells of all boxes, as in Mask R-CNN, has the weight that Eq. (9) gives keypoint maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor

from mmsia.errors import ConfigError
from mmsia.models.heads.roi_guider import ROIGuider
from mmsia.models.heads.roi_maps_head import LOSS_WEIGHT
from mmsia.ops.roi_masks import draw_roi_masks

LOSS = {
    "type": "mmdet.CrossEntropyLoss",
    "use_sigmoid": True,
    "loss_weight": LOSS_WEIGHT,
}


@MODELS.register_module()
class ROIMaskGuider(ROIGuider):
    """Masks of people in boxes.

    Args:
        num_keypoints: Maps of a box, which can only be 1.
        loss: Config of the loss of one stage, on maps before the sigmoid.
        **options: As ROIGuider; `sigma` has no meaning here.

    Raises:
        ConfigError: More maps than one.
    """

    loss_name = "loss_mask"

    def __init__(
        self,
        num_keypoints: int = 1,
        loss: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if num_keypoints != 1:
            raise ConfigError(
                "ROIMaskGuider: num_keypoints",
                expected="1: a map is the mask of the box's person",
                got=f"{num_keypoints}",
            )
        super().__init__(num_keypoints=1, loss=loss or LOSS, **options)

    def loss(
        self,
        feats: Sequence[Tensor],
        boxes: Sequence[Tensor],
        outlines: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """Losses of a batch, one of each guider.

        Args:
            feats: (B, C, h, w) of each level.
            boxes: (N_b, 4) pixels, for each image.
            outlines: (N_b, P_b, 2) pixels, as `draw_roi_masks` takes them.
        """
        longest = max(some.shape[1] for some in outlines)
        padded = [
            F.pad(some, (0, 0, 0, longest - some.shape[1]), value=torch.nan)
            for some in outlines
        ]
        masks = draw_roi_masks(torch.cat(padded), torch.cat(list(boxes)), self.map_size)
        return self.losses_of(
            feats, boxes, masks[:, None], masks.new_ones(len(masks), 1)
        )

    def loss_of(self, maps: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Mean over the cells of all boxes that count, of one guider.

        Args:
            maps: (N, 1, h, w) before the sigmoid.
            target: (N, 1, h, w) of 0 and 1.
            weight: (N, 1).
        """
        cells = self.map_size[0] * self.map_size[1]
        return self.loss_module(
            maps,
            target,
            weight=weight[..., None, None].expand_as(maps),
            avg_factor=cells * weight.sum().clamp(min=1),
        )
