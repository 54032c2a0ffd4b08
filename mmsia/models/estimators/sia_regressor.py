"""A few numbers from an image: SIA-GCN's pointer, and its rotation network."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

RESNET18 = {"type": "ResNet", "depth": 18}
"""Section 4; `init_cfg` may name weights of ImageNet."""


class ImageRegressor(BaseModule):
    """A backbone, the mean over its last map, one linear layer.

    Args:
        num_outputs: How many numbers.
        backbone: Config; default `RESNET18`.
        in_channels: Channels that it ends with.
    """

    def __init__(
        self,
        num_outputs: int,
        backbone: dict[str, Any] | None = None,
        in_channels: int = 512,
    ) -> None:
        super().__init__()
        self.backbone = MODELS.build(backbone or RESNET18)
        self.linear = nn.Linear(in_channels, num_outputs)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, num_outputs)."""
        return self.linear(self.backbone(image)[-1].mean(dim=(-2, -1)))
