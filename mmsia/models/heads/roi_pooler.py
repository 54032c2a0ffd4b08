"""ROI Pooler, the baseline of CGANet's Table 1: Mask R-CNN's keypoint branch.

A box is read from the one level that its size chooses, then come 3 x 3 convolutions, a
deconvolution and a bilinear enlargement. paper silent: eight convolutions of 256
channels (512, as in Mask R-CNN, would alone be more than the row's parameters leave
room for) on 14 x 14 cells.

What differs from Mask R-CNN is the outermost ring of a map's cells. Mask R-CNN enlarges
the deconvolution's cells by repeating the outermost ones beyond the border; then no
map can be highest in its second cell from a border, and a keypoint there is found up to
1.5 cells away. Here the deconvolution goes on for one cell beyond the border.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.ops import roi_align

from mmsia.models.heads.roi_maps_head import HEATMAP_BIAS, ROIMapsHead

FINEST_STRIDE = 4
CANONICAL_SIZE, CANONICAL_LEVEL = 224.0, 2
"""Pixels of a box that is read from the third level (stride 16)."""


@MODELS.register_module()
class ROIPooler(ROIMapsHead):
    """Keypoint maps of boxes from one level each.

    Args:
        in_channels: Channels of every level.
        channels: Width of the convolutions.
        num_convs: How many 3 x 3 convolutions.
        num_keypoints: Maps K of a box.
        roi_size: Side of what is read of a box, cells; maps have four times as many.
        init_cfg: As BaseModule.
        **options: `sigma`, `loss` and `rois_at_once` of ROIMapsHead.
    """

    def __init__(
        self,
        in_channels: int = 256,
        channels: int = 256,
        num_convs: int = 8,
        num_keypoints: int = 17,
        roi_size: int = 14,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
        **options: Any,
    ) -> None:
        default = {
            "type": "Kaiming",
            "layer": ["Conv2d", "ConvTranspose2d"],
            "override": {
                "type": "Normal",
                "name": "output",
                "std": 0.01,
                "bias": HEATMAP_BIAS,
            },
        }
        super().__init__(
            num_keypoints=num_keypoints,
            map_size=(4 * roi_size, 4 * roi_size),
            init_cfg=default if init_cfg is None else init_cfg,
            **options,
        )
        self.roi_size = roi_size
        convs: list[nn.Module] = []
        for index in range(num_convs):
            before = channels if index else in_channels
            convs += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
        self.convs = nn.Sequential(*convs)
        self.output = nn.ConvTranspose2d(
            channels if num_convs else in_channels, num_keypoints, 4, 2
        )

    def forward(self, feats: Sequence[Tensor], rois: Tensor) -> list[Tensor]:
        """Compute the maps of boxes.

        Args:
            feats: (B, in_channels, h / 2^i, w / 2^i) of each level i, the first of
                stride 4.
            rois: (N, 5) image of the batch, and box in input pixels.

        Returns:
            Maps (N, K, 4 r, 4 r) before the sigmoid, r being `roi_size`; one stage.
        """
        maps = self.output(self.convs(self.read_levels(feats, rois)))
        finer = F.interpolate(
            maps, scale_factor=2, mode="bilinear", align_corners=False
        )
        # without what one cell more on each side became
        return [finer[..., 2:-2, 2:-2]]

    def read_levels(self, feats: Sequence[Tensor], rois: Tensor) -> Tensor:
        """Read each box (N, 5) from its own level, (N, in_channels, r, r)."""
        levels = choose_levels(rois[:, 1:], len(feats))
        read = feats[0].new_zeros(
            len(rois), feats[0].shape[1], self.roi_size, self.roi_size
        )
        for level, feat in enumerate(feats):
            chosen = torch.nonzero(levels == level)[:, 0]
            scale = 1 / (FINEST_STRIDE * 2**level)
            part = roi_align(feat, rois[chosen], self.roi_size, scale, 2, aligned=True)
            read = read.index_copy(0, chosen, part.to(read.dtype))
        return read


def choose_levels(boxes: Tensor, num_levels: int) -> Tensor:
    """Which level each box is read from (Feature Pyramid Networks, Eq. 1).

    Args:
        boxes: (N, 4) pixels.
        num_levels: Levels there are, the first of stride 4.

    Returns:
        (N,) int64, boxes of 224 pixels at stride 16, half as large ones a level below.
    """
    side = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1).sqrt()
    # a box a hair smaller than 224 is one of 224 that was rounded
    level = (CANONICAL_LEVEL + (side / CANONICAL_SIZE + 1e-6).log2()).floor()
    return level.clamp(0, num_levels - 1).long()
