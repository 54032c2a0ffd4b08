"""SIA-GCN: edge-aware graph convolutions in a row, several heads side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError
from mmsia.models.layers.edge_graph_conv import EdgeGraphConv


@MODELS.register_module()
class SIAGCN(nn.Module):
    """Heads that each refine a copy of the same maps (Section 3.3).

    paper silent: sigma is ReLU after every layer but the last, whose output is
    regressed to maps within [0, 1].

    Args:
        num_heads: Number of heads M.
        num_layers: Layers of a head (Section 4: five).
        adjacency: As EdgeGraphConv.
        kernel_size: Edge of the kernels.
        shared: One kernel for all edges of a layer and head (SharedWeight GCN).
        relu_last: Apply sigma after the last layer, too.
        impl: As EdgeGraphConv.
        init: As EdgeGraphConv.

    Raises:
        ConfigError: No layer, or options that make none.
    """

    def __init__(
        self,
        num_heads: int = 1,
        num_layers: int = 5,
        adjacency: str | Sequence[Sequence[int]] | np.ndarray = "hand",
        kernel_size: int = 45,
        shared: bool = False,
        relu_last: bool = False,
        impl: str = "auto",
        init: str = "identity",
    ) -> None:
        super().__init__()
        if num_layers < 1:
            raise ConfigError(
                "SIAGCN: num_layers", expected="at least 1", got=repr(num_layers)
            )
        self.num_heads, self.relu_last = num_heads, relu_last
        self.layers = nn.ModuleList(
            EdgeGraphConv(adjacency, kernel_size, num_heads, shared, impl, init)
            for _ in range(num_layers)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Refine maps.

        Args:
            maps: (N, K, H, W).

        Returns:
            (N, M, K, H, W).
        """
        for number, layer in enumerate(self.layers, start=1):
            maps = layer(maps)
            if number < len(self.layers) or self.relu_last:
                maps = maps.relu()
        return maps
