"""What CGANet's two keypoint heads share: boxes in, keypoint maps out (Eq. 8)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from mmsia.errors import InputError
from mmsia.ops.roi_maps import draw_roi_maps, keypoints_to_cells, read_roi_maps

HEATMAP_BIAS = -2.19
"""Makes a sigmoid start at 0.1, as focal losses want it."""

# paper silent: each of two cascaded guiders has the weight of Eq. (9)
LOSS = {"type": "mmdet.GaussianFocalLoss", "alpha": 2.0, "gamma": 4.0}
LOSS_WEIGHT = 3.0


class ROIMapsHead(BaseModule):
    """Keypoint maps of boxes, their loss and what they decode to.

    Args:
        num_keypoints: Keypoint types K.
        map_size: (w, h) of a box's maps.
        sigma: Of the targets, cells of those maps; paper silent.
        loss: Config of the loss of one set of maps.
        rois_at_once: Boxes that go through the head together in a test.
        init_cfg: As BaseModule.
    """

    loss_name = "loss_kpt"

    def __init__(
        self,
        num_keypoints: int,
        map_size: tuple[int, int],
        sigma: float = 2.0,
        loss: dict[str, Any] | None = None,
        rois_at_once: int = 128,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.num_keypoints = num_keypoints
        self.map_size = map_size
        self.sigma = sigma
        self.rois_at_once = rois_at_once
        self.loss_module = MODELS.build(loss or {**LOSS, "loss_weight": LOSS_WEIGHT})

    @abstractmethod
    def forward(self, feats: Sequence[Tensor], rois: Tensor) -> list[Tensor]:
        """Compute the maps of boxes.

        Args:
            feats: (B, C, h, w) of each level, from stride 4 on.
            rois: (N, 5) image of the batch, and box in input pixels.

        Returns:
            Maps (N, K, h, w) before the sigmoid, of each stage; the last one counts.
        """

    def loss(
        self,
        feats: Sequence[Tensor],
        boxes: Sequence[Tensor],
        keypoints: Sequence[Tensor],
        weights: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """Losses of a batch, one of each stage.

        Args:
            feats: (B, C, h, w) of each level.
            boxes: (N_b, 4) pixels, for each image.
            keypoints: (N_b, K, 2) pixels.
            weights: (N_b, K), above 0 where annotated.
        """
        every_box = torch.cat(list(boxes))
        cells = keypoints_to_cells(torch.cat(list(keypoints)), every_box, self.map_size)
        target, weight = draw_roi_maps(
            cells, torch.cat(list(weights)), self.map_size, self.sigma
        )
        return self.losses_of(feats, boxes, target, weight)

    def losses_of(
        self,
        feats: Sequence[Tensor],
        boxes: Sequence[Tensor],
        target: Tensor,
        weight: Tensor,
    ) -> dict[str, Tensor]:
        """Losses of each stage, once targets are drawn.

        Args:
            feats: (B, C, h, w) of each level.
            boxes: (N_b, 4) pixels, for each image; N is the sum of all N_b.
            target: (N, K, h, w).
            weight: (N, K).
        """
        rois = to_rois(boxes)
        if not len(rois):
            # nobody here: a box that does not count, so that all parameters take part
            height, width = (4 * side for side in feats[0].shape[-2:])
            rois = rois.new_tensor([[0, 0, 0, width, height]])
            target = target.new_zeros(1, *target.shape[1:])
            weight = weight.new_zeros(1, self.num_keypoints)
        return {
            f"{self.loss_name}_{stage}": self.loss_of(maps.float(), target, weight)
            for stage, maps in enumerate(self.forward(feats, rois))
        }

    def loss_of(self, maps: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Loss of one stage.

        Args:
            maps: (N, K, h, w) before the sigmoid.
            target: (N, K, h, w).
            weight: (N, K).
        """
        return self.loss_module(
            maps.sigmoid(),
            target,
            weight=weight[..., None, None],
            avg_factor=weight.sum().clamp(min=1),
        )

    def predict(self, feats: Sequence[Tensor], boxes: Sequence[Tensor]) -> Tensor:
        """Maps of the last stage after the sigmoid, (N, K, h, w).

        Args:
            feats: (B, C, h, w) of each level.
            boxes: (N_b, 4) pixels, for each image; N is the sum of all N_b.

        Raises:
            InputError: Maps that are not finite.
        """
        rois = to_rois(boxes)
        parts = [
            self.forward(feats, part)[-1].float().sigmoid()
            for part in rois.split(self.rois_at_once)
            if len(part)
        ]
        width, height = self.map_size
        empty = rois.new_zeros(0, self.num_keypoints, height, width)
        maps = torch.cat([empty, *parts])
        if not torch.isfinite(maps).all():
            raise InputError(
                "maps of boxes are not finite",
                expected="finite responses",
                got="NaN or inf",
                remedy="Look for a diverged training or a half-precision overflow",
            )
        return maps

    def decode(
        self, maps: Tensor, boxes: Sequence[Tensor]
    ) -> list[tuple[Tensor, Tensor]]:
        """Keypoints (N_b, K, 2) in pixels and their scores (N_b, K), for each image.

        Args:
            maps: (N, K, h, w) of all boxes, image by image.
            boxes: (N_b, 4) pixels, for each image.
        """
        keypoints, scores = read_roi_maps(maps, torch.cat(list(boxes)))
        numbers = [len(some) for some in boxes]
        pairs = zip(keypoints.split(numbers), scores.split(numbers), strict=True)
        return list(pairs)


def to_rois(boxes: Sequence[Tensor]) -> Tensor:
    """Boxes of each image as (N, 5), the number of the image first.

    Args:
        boxes: (N_b, 4) pixels, for each image.
    """
    return torch.cat(
        [
            torch.cat([some.new_full((len(some), 1), image), some], dim=1)
            for image, some in enumerate(boxes)
        ]
    )
