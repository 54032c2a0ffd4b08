"""DIR's auxiliary maps: which hand a cell shows, and which place on the hand."""

from __future__ import annotations

from torch import Tensor, nn

from mmsia.models.layers.dir_blocks import draw_weights, map_head
from mmsia.ops.hand_sets import HandMaps

_CLASSES, _COLOURS = 3, 3


class HandMapsHead(nn.Module):
    """Segmentation and dense correspondence, from the last enhanced map.

    Args:
        channels: Of the map.
    """

    def __init__(self, channels: int = 256) -> None:
        super().__init__()
        self.tail = map_head(channels, channels, channels, bias=False)
        self.classes = map_head(channels, channels // 2, _CLASSES)
        self.dense = map_head(channels, channels // 2, _COLOURS)
        draw_weights(self)

    def forward(self, maps: Tensor) -> HandMaps:
        """(B, channels, S, S) to logits and colours, each (B, 3, S, S)."""
        maps = self.tail(maps)
        return HandMaps(self.classes(maps), self.dense(maps))
