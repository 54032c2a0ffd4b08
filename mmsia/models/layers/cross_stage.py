"""Decoder of a stage of CKLM and what it takes from the stage before (Eq. 2, 3).

KLPNet, Section 3.2.2 and Figure 4. The equations are read along the decoder, from its
coarsest level on; "down" and "up" are the paths that a feature comes from (encoder and
decoder), so that all sizes meet:

    f_{l-1,out} = T([encoder's feature of level l ; f_{l-1}, enlarged])       (3)
    f_l         = T([f_l of the coarser stage ; f_{l-1,out}])                 (2)

T is a 1 x 1 convolution, [;] joins channels. The first stage has no coarser one: its
levels are Eq. (3) alone, which is the lateral and upper convolution of MSPN's decoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional

from mmsia.errors import InputError

BATCH_NORM = {"type": "BN"}


class CrossStageDecoder(BaseModule):
    """From an encoder's levels to features of one width, coarsest first.

    paper silent: widths, and that batch norm and ReLU follow on T. Twice 256 channels
    into 256 at all levels would cost 5 to 8 % more than Table 4 prints; `transmission`
    channels between Eq. (3) and (2) meet it within 2 %.

    Args:
        in_channels: Channels of the encoder's levels, finest first.
        channels: Channels of every level that comes out.
        transmission: Channels of f_{l-1,out}; None: no coarser stage.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int = 256,
        transmission: int | None = None,
    ) -> None:
        super().__init__()
        width = channels if transmission is None else transmission
        above = [0] + [channels] * (len(in_channels) - 1)
        self.merges = nn.ModuleList(
            ConvModule(before + upper, width, 1, norm_cfg=BATCH_NORM)
            for before, upper in zip(reversed(in_channels), above, strict=True)
        )
        self.transmissions = None
        if transmission is not None:
            self.transmissions = nn.ModuleList(
                ConvModule(channels + width, channels, 1, norm_cfg=BATCH_NORM)
                for _ in in_channels
            )

    def forward(
        self, encoded: Sequence[Tensor], coarser: Sequence[Tensor] | None = None
    ) -> list[Tensor]:
        """Decode.

        Args:
            encoded: (B, in_channels[l], h / 2^l, w / 2^l), finest first.
            coarser: (B, channels, ...) of the stage before, coarsest first; None
                exactly where there is none.

        Returns:
            (B, channels, ...) of each level, coarsest first.

        Raises:
            InputError: A coarser stage too much or too few.
        """
        if (coarser is None) != (self.transmissions is None):
            raise InputError(
                "decoder of CKLM: features of the coarser stage",
                expected="none" if self.transmissions is None else "its levels",
                got="none" if coarser is None else f"{len(coarser)} levels",
            )
        decoded: list[Tensor] = []
        for level, feature in enumerate(reversed(encoded)):
            if decoded:
                upper = functional.interpolate(
                    decoded[-1], feature.shape[-2:], mode="bilinear"
                )
                feature = torch.cat([feature, upper], dim=1)
            merged = self.merges[level](feature)
            if coarser is not None:
                both = torch.cat([coarser[level], merged], dim=1)
                merged = self.transmissions[level](both)
            decoded.append(merged)
        return decoded
