"""Cross-stage Keypoint Localization Module, KLPNet's keypoint network (Figure 3).

Stages of an encoder (ResNeXt or ResNet) and a decoder with laterals, one after the
other; each stage takes features from the one before (Eq. 2, 3: `layers/cross_stage`).

The text says ResNeXt-101, Table 4's FLOPs say otherwise: at 256 x 192 with ResNeXt-101
one stage alone takes 71 % more than printed. ResNeXt-50 32x4d with three maps and
ResNet-50 with 17 maps (`groups=1`, and MMPose's MSPNHead) both meet the counts of one
to four stages within 2 %: neither is identified. `depth=101` is the text's form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from mmpose.models.backbones.base_backbone import BaseBackbone
from mmpose.models.backbones.resnet import ResLayer
from mmpose.models.backbones.resnext import Bottleneck, ResNeXt
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, DataError, InputError
from mmsia.models.layers.cross_stage import BATCH_NORM, CrossStageDecoder
from mmsia.models.weights.loading import find_state_dict, read_checkpoint

EXPANSION = 4
"""Channels of a bottleneck's output over its base width."""


@MODELS.register_module()
class CKLM(BaseBackbone):
    """Features of one to five stages, for `CKLMHead` or MMPose's `MSPNHead`.

    paper silent: how an image's features get to the encoders of later stages (as in
    MSPN: a 1 x 1 convolution of the finest decoded level, to the stem's width).

    Args:
        num_stages: 1 to 5.
        depth: 50, 101 or 152, or the blocks of four levels, for small networks.
        groups: Of the 3 x 3 convolutions; 1 makes it a ResNet.
        width_per_group: Channels of a group at the finest level; unused with groups=1.
        base_channels: Width of the stem.
        channels: Width of the decoders.
        csfa: Whether stages after the first aggregate features (Eq. 2, 3).
        transmission: As CrossStageDecoder.
        pretrained: File of weights of a ResNet or ResNeXt under torchvision's names
            (ImageNet), with which stem and all encoders start.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: Another number of stages, or an unknown depth.
    """

    def __init__(
        self,
        num_stages: int = 3,
        depth: int | Sequence[int] = 50,
        groups: int = 32,
        width_per_group: int = 4,
        base_channels: int = 64,
        channels: int = 256,
        csfa: bool = True,
        transmission: int = 128,
        pretrained: str | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        default = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "val": 1, "layer": "BatchNorm2d"},
        ]
        super().__init__(init_cfg=default if init_cfg is None else init_cfg)
        if not 1 <= num_stages <= 5:
            raise ConfigError(
                "CKLM: num_stages", expected="1 to 5", got=f"{num_stages}"
            )
        self.out_channels = channels
        self.pretrained = pretrained
        halve = {"stride": 2, "padding": 3, "norm_cfg": BATCH_NORM}
        self.stem = nn.Sequential(
            ConvModule(3, base_channels, 7, **halve),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages, self.links = ModuleList(), ModuleList()
        for stage in range(num_stages):
            linked = csfa and stage > 0
            self.stages.append(
                Stage(
                    _blocks(depth),
                    groups,
                    width_per_group,
                    base_channels,
                    channels,
                    transmission if linked else None,
                )
            )
            if stage > 0:
                self.links.append(
                    ConvModule(channels, base_channels, 1, norm_cfg=BATCH_NORM)
                )

    def forward(self, image: Tensor) -> list[list[Tensor]]:
        """Compute features.

        Args:
            image: (B, 3, H, W), H and W multiples of 32.

        Returns:
            Of each stage, four levels (B, channels, H / s, W / s), coarsest first:
            s = 32, 16, 8, 4.

        Raises:
            InputError: An image of another size.
        """
        height, width = image.shape[-2:]
        if height % 32 or width % 32 or not height * width:
            raise InputError(
                "image of CKLM",
                expected="edges that are multiples of 32",
                got=f"{width} x {height}",
                remedy="Set the codec's input_size accordingly",
            )
        feature, decoded, stages = self.stem(image), None, []
        for number, stage in enumerate(self.stages):
            if decoded is not None:
                feature = self.links[number - 1](decoded[-1])
            decoded = stage(feature, decoded)
            stages.append(decoded)
        return stages

    def init_weights(self) -> None:
        """Initialise, and load `pretrained` if there is any.

        Raises:
            DataError: A file without these weights, or of another trunk.
        """
        super().init_weights()
        if self.pretrained is not None:
            _load_trunk(self, read_checkpoint(self.pretrained), self.pretrained)

    def train(self, mode: bool = True) -> CKLM:
        """Set the mode of training."""
        nn.Module.train(self, mode)
        return self


class Stage(BaseModule):
    """Encoder of four levels and decoder.

    Args:
        blocks: Bottlenecks a level.
        groups: As CKLM.
        width_per_group: As CKLM.
        base_channels: Channels that come in.
        channels: As CKLM.
        transmission: As CrossStageDecoder.
    """

    def __init__(
        self,
        blocks: Sequence[int],
        groups: int,
        width_per_group: int,
        base_channels: int,
        channels: int,
        transmission: int | None,
    ) -> None:
        super().__init__()
        widths = [base_channels * EXPANSION * 2**level for level in range(len(blocks))]
        self.encoder = nn.ModuleList(
            ResLayer(
                Bottleneck,
                number,
                before,
                width,
                expansion=EXPANSION,
                stride=1 if level == 0 else 2,
                groups=groups,
                width_per_group=width_per_group,
                base_channels=base_channels,
            )
            for level, (number, before, width) in enumerate(
                zip(blocks, [base_channels, *widths], widths, strict=False)
            )
        )
        self.decoder = CrossStageDecoder(widths, channels, transmission)

    def forward(
        self, feature: Tensor, coarser: Sequence[Tensor] | None
    ) -> list[Tensor]:
        """Features (B, base_channels, h, w) to decoded levels, coarsest first."""
        encoded = []
        for layer in self.encoder:
            feature = layer(feature)
            encoded.append(feature)
        linked = self.decoder.transmissions is not None
        return self.decoder(encoded, coarser if linked else None)


def _blocks(depth: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(depth, int) and depth in ResNeXt.arch_settings:
        return ResNeXt.arch_settings[depth][1]
    if isinstance(depth, int) or len(depth) != 4 or min(depth) < 1:
        raise ConfigError(
            "CKLM: depth",
            expected=f"{', '.join(map(str, ResNeXt.arch_settings))}, or four numbers "
            "of blocks",
            got=repr(depth),
        )
    return tuple(depth)


def _load_trunk(model: CKLM, stored: Mapping[str, Any], path: str) -> None:
    """A classifier's weights into the stem and, the same ones, into every encoder."""
    state = {
        name.removeprefix("backbone."): tensor
        for name, tensor in find_state_dict(stored, path).items()
    }
    wanted = {"stem.0.conv.": "conv1.", "stem.0.bn.": "bn1."}
    for stage in range(len(model.stages)):
        for level in range(len(model.stages[stage].encoder)):
            wanted[f"stages.{stage}.encoder.{level}."] = f"layer{level + 1}."
    loaded, missing = {}, []
    for name, ours in model.state_dict().items():
        prefix = next((one for one in wanted if name.startswith(one)), None)
        if prefix is None:
            continue
        theirs = state.get(wanted[prefix] + name.removeprefix(prefix))
        if theirs is not None and theirs.shape == ours.shape:
            loaded[name] = theirs
        elif not name.endswith("num_batches_tracked"):
            missing.append(name)
    if missing:
        raise DataError(
            f"weights of CKLM's trunk in {path}",
            expected="a ResNet or ResNeXt of the same depth and width, conv1, bn1 and "
            "layer1 to layer4",
            got=f"none, or another shape, for {len(missing)} of ours: {missing[0]}",
        )
    model.load_state_dict(loaded, strict=False)
