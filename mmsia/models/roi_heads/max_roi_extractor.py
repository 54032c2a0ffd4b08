"""Adaptive feature pooling of KLPNet's detector: a box is read from all levels.

As in PANet, whose design DPAD follows: RoIAlign of every level, and of each value the
highest. PANet fuses after the box head's first layer; paper silent, here it is before,
so that box and mask heads of MMDetection need not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from mmdet.models.roi_heads.roi_extractors import BaseRoIExtractor
from mmdet.registry import MODELS
from torch import Tensor

from mmsia.errors import InputError


@MODELS.register_module()
class MaxRoIExtractor(BaseRoIExtractor):
    """Features of boxes, element-wise the maximum of all levels.

    Args:
        **options: As BaseRoIExtractor: `roi_layer`, `out_channels` and
            `featmap_strides`, one of each level that comes in.
    """

    def forward(
        self,
        feats: Sequence[Tensor],
        rois: Tensor,
        roi_scale_factor: float | None = None,
    ) -> Tensor:
        """Read boxes.

        Args:
            feats: (B, C, h_l, w_l) of each level.
            rois: (N, 5) number of the image and xyxy pixels of it.
            roi_scale_factor: By how much boxes grow about their middle; None: none.

        Returns:
            (N, C, h, w). A box of zero area has a point's features, or zeros where the
            number of samples goes by the size (`sampling_ratio=0`).

        Raises:
            InputError: More or fewer levels than strides.
        """
        if len(feats) != self.num_inputs:
            raise InputError(
                "MaxRoIExtractor: levels",
                expected=f"{self.num_inputs}, one for each of featmap_strides",
                got=f"{len(feats)}",
            )
        if not len(rois):
            size = self.roi_layers[0].output_size
            return feats[0].new_zeros(0, self.out_channels, *size)
        if roi_scale_factor is not None:
            rois = self.roi_rescale(rois, roi_scale_factor)
        found = self.roi_layers[0](feats[0], rois)
        for layer, feat in zip(self.roi_layers[1:], feats[1:], strict=True):
            found = found.maximum(layer(feat, rois))
        return found
