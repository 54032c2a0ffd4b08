"""Trapezoidal Network, CGANet's backbone (Figure 4, Eq. 5 to 7).

The paper's tables do not identify one structure: it prints neither the number of
residual blocks nor the channels of a level, and dozens of choices meet all its counts
within 2 to 3 %. `lit` is the default because it follows Eq. (5) to (7) literally and
meets every printed number of parameters and FLOPs within 3 %. `u2` has the fewest free
choices, `bf` is nearest to the printed numbers; both are kept as data, to show how far
the tables leave the structure open, and are not maintained as configs.

Taken literally, Eq. (6) and (7) join neighbouring levels only: an output of the last
pass depends on its own level and the next. Where only the finest output is used (the
separated model of Table 4), 7.8 of D3W64's 25.1 M parameters would never learn. `seq`
is `lit` with the reverse path from output to output, uses them all, and meets the
printed numbers as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from mmcv.cnn import ConvModule
from mmdet.registry import MODELS as DETECTION_MODELS
from mmengine.model import BaseModule, ModuleList
from mmpose.models.backbones.base_backbone import BaseBackbone
from mmpose.models.backbones.resnet import BasicBlock, ResLayer
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError
from mmsia.models.layers.guided_fusion import ForwardPath, ReversePath

BATCH_NORM = {"type": "BN"}


@dataclass(frozen=True)
class Structure:
    """What the paper leaves open.

    Attributes:
        widths: Channels of the levels over TNet's width.
        stem_blocks: Residual blocks after the two convolutions of the stem.
        trunk_blocks: Residual blocks a level before the first depth.
        trunk_fuses: Whether a reverse path follows on these.
        blocks: Residual blocks a level and depth.
        descents: How many of the finer levels send a 3 x 3 convolution down.
        sequential: As ReversePath.
    """

    widths: tuple[int, ...]
    stem_blocks: int = 1
    trunk_blocks: int = 2
    trunk_fuses: bool = False
    blocks: int = 2
    descents: int = 3
    sequential: bool = False


STRUCTURES: dict[str, Structure] = {
    "lit": Structure((1, 2, 3, 4), stem_blocks=1, trunk_blocks=4),
    "seq": Structure((1, 2, 3, 4), stem_blocks=1, trunk_blocks=4, sequential=True),
    "u2": Structure((1, 2, 4, 4), stem_blocks=3, trunk_blocks=2, trunk_fuses=True),
    "bf": Structure(
        (1, 2, 4, 4), stem_blocks=2, trunk_blocks=3, descents=1, sequential=True
    ),
}


@MODELS.register_module()
@DETECTION_MODELS.register_module()
class TNet(BaseBackbone):
    """Trunk and passes of forward and reverse path, four levels from stride 4 on.

    paper silent: what D counts (here the passes after the trunk), normalisation and
    activation (batch norm after every convolution, ReLU in the stem and the blocks).
    Where parts of the last pass reach no returned output (see above), training in
    several processes needs `find_unused_parameters=True`.

    Args:
        depth: D of TNet-DxWy, passes after the trunk.
        width: W of TNet-DxWy, channels at stride 4.
        arch: What the paper leaves open: a name in `STRUCTURES`, or a mapping of
            `Structure`'s attributes.
        out_indices: Levels that `forward` returns; level i has stride 2^(2 + i).
        num_identities: As GuidedFusion.
        norm_eval: Keep the running statistics of batch norm in training.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: An unknown structure, or numbers that make no network.
    """

    def __init__(
        self,
        depth: int = 1,
        width: int = 64,
        arch: str | dict[str, Any] = "lit",
        out_indices: Sequence[int] = (0, 1, 2),
        num_identities: int = 1,
        norm_eval: bool = False,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        default = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "val": 1, "layer": "BatchNorm2d"},
        ]
        super().__init__(init_cfg=default if init_cfg is None else init_cfg)
        structure = _structure(arch)
        self.widths = tuple(width * factor for factor in structure.widths)
        self.out_indices = tuple(out_indices)
        _check(depth, width, structure, self.out_indices)
        self.norm_eval = norm_eval
        self.multiple = 2 ** (1 + len(self.widths))
        self.stem = _stem(self.widths[0], structure.stem_blocks)
        self.trunk = ForwardPath(self.widths, structure.trunk_blocks)
        options = (self.widths, structure.sequential, num_identities)
        self.trunk_fusion = ReversePath(*options) if structure.trunk_fuses else None
        channels = self.widths
        if self.trunk_fusion is not None:
            channels = self.trunk_fusion.out_channels
        self.passes = ModuleList()
        for _ in range(depth):
            self.passes.append(Pass(channels, structure, *options))
            channels = self.passes[-1].fusion.out_channels
        self.out_channels = tuple(channels[level] for level in self.out_indices)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Compute features.

        Args:
            image: (N, 3, H, W), H and W multiples of 32.

        Returns:
            (N, out_channels[k], H / s, W / s) for each k of `out_indices`, s = 4 to 32.

        Raises:
            InputError: An image of another size.
        """
        height, width = image.shape[-2:]
        if height % self.multiple or width % self.multiple or not height * width:
            raise InputError(
                "image of TNet",
                expected=f"edges that are multiples of {self.multiple}",
                got=f"{width} x {height}",
                remedy="Pad it: pad_size_divisor of the data preprocessor",
            )
        missing = [None] * (len(self.widths) - 1)
        features = self.trunk([self.stem(image), *missing])
        if self.trunk_fusion is not None:
            features = self.trunk_fusion(features)
        for one_pass in self.passes:
            features = one_pass(features)
        return tuple(features[level] for level in self.out_indices)

    def train(self, mode: bool = True) -> TNet:
        """Set the mode of training, with `norm_eval` kept."""
        nn.Module.train(self, mode)
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()
        return self


class Pass(BaseModule):
    """One depth: to the same and the next level, forward path, reverse path.

    Args:
        in_channels: Channels of each level that comes in.
        structure: Blocks and descents.
        widths: Channels of each level within.
        sequential: As ReversePath.
        num_identities: As GuidedFusion.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        structure: Structure,
        widths: Sequence[int],
        sequential: bool,
        num_identities: int,
    ) -> None:
        super().__init__()
        # paper silent: no activation, as the branches are summed
        plain = {"bias": False, "norm_cfg": BATCH_NORM, "act_cfg": None}
        self.same = nn.ModuleList(
            ConvModule(channels, width, 1, **plain)
            for channels, width in zip(in_channels, widths, strict=True)
        )
        self.down = nn.ModuleList(
            ConvModule(in_channels[i], widths[i + 1], 3, stride=2, padding=1, **plain)
            for i in range(structure.descents)
        )
        self.path = ForwardPath(widths, structure.blocks)
        self.fusion = ReversePath(widths, sequential, num_identities)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Features of the levels to those of the next depth."""
        incoming = [
            conv(level) for conv, level in zip(self.same, features, strict=True)
        ]
        for level, conv in enumerate(self.down):
            incoming[level + 1] = incoming[level + 1] + conv(features[level])
        return self.fusion(self.path(incoming))


def _stem(width: int, blocks: int) -> nn.Sequential:
    halve = {"stride": 2, "padding": 1, "bias": False, "norm_cfg": BATCH_NORM}
    return nn.Sequential(
        ConvModule(3, width, 3, **halve),
        ConvModule(width, width, 3, **halve),
        ResLayer(BasicBlock, blocks, width, width),
    )


def _structure(arch: str | dict[str, Any]) -> Structure:
    if isinstance(arch, str) and arch in STRUCTURES:
        return STRUCTURES[arch]
    known = [field.name for field in fields(Structure)]
    if not isinstance(arch, dict) or not set(arch) <= set(known):
        raise ConfigError(
            "TNet: unknown arch",
            expected=f"{', '.join(STRUCTURES)}, or a mapping of {', '.join(known)}",
            got=repr(arch),
        )
    return Structure(**arch)


def _check(
    depth: int, width: int, structure: Structure, out_indices: Sequence[int]
) -> None:
    top = len(structure.widths) - 1
    blocks = (structure.stem_blocks, structure.trunk_blocks, structure.blocks)
    if (
        min(depth, *blocks, top) < 1
        or width < 4
        or width % 4
        or not 0 <= structure.descents <= top
        or not set(out_indices) <= set(range(top + 1))
    ):
        raise ConfigError(
            "TNet",
            expected="depth and blocks at least 1, width in fours, at least two "
            f"levels, at most {top} descents, out_indices of 0 to {top}",
            got=f"depth {depth}, width {width}, {structure}, "
            f"out_indices {tuple(out_indices)}",
        )
