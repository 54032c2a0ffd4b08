"""DIR after its encoder: an initial estimate of two hands, refined in turns.

DIR (Ren et al., "Decoupled Iterative Refinement Framework for Interacting Hands
Reconstruction from a Single RGB Image", ICCV 2023), as released. What differs: parts
that the released network makes and never uses are not made here, and joints are
painted without making the painted map. Parts can be left out or exchanged one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError
from mmsia.models.heads.hand_maps_head import HandMapsHead
from mmsia.models.layers.hand_decoder import HandDecoder, HandEstimate
from mmsia.models.layers.initial_hands import InitialHands
from mmsia.models.layers.refinement_stage import RefinementStage
from mmsia.ops.hand_sets import HandMaps, HandSet


class TwoHands(NamedTuple):
    """What the head says of a batch.

    Attributes:
        estimates: "initial", "stage1", ... in this order; the last is the answer.
        maps: Auxiliary maps, if there are any.
    """

    estimates: dict[str, HandEstimate]
    maps: HandMaps | None

    @property
    def sets(self) -> dict[str, HandSet]:
        """The estimates as TwoHandsLoss takes them."""
        return {name: each.hands for name, each in self.estimates.items()}


@MODELS.register_module()
class TwoHandsHead(BaseModule):
    """Initial regressor, refinement stages, auxiliary maps and their loss.

    Args:
        in_channels: Of the encoder's maps, finest first; each has half the edge of the
            one before. A stage takes the next finer map.
        num_stages: Refinements, 0 (the initial estimate alone) to one less than there
            are maps.
        channels: As RefinementStage.
        joint_channels: As RefinementStage.
        features: As RefinementStage.
        graph: As RefinementStage.
        transformer: As RefinementStage.
        projection: As RefinementStage.
        maps: Whether the last stage has auxiliary maps. Without them its map has no
            use: it is not enhanced then. No stage, no maps.
        hands: As HandDecoder.
        root: As HandDecoder.
        loss: Config of the loss; TwoHandsLoss if None.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: A number of stages that the maps do not allow, or as
            RefinementStage.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (512, 1024, 2048),
        num_stages: int = 2,
        channels: int = 256,
        joint_channels: int = 128,
        features: int = 64,
        graph: bool = True,
        transformer: bool = True,
        projection: str = "bones",
        maps: bool = True,
        hands: str | None = None,
        root: str = "wrist",
        loss: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_stages(num_stages, len(in_channels))
        self.in_channels = tuple(in_channels)
        self.decode = HandDecoder(hands, root)
        self.initial = InitialHands(in_channels[-1])
        self.stages = nn.ModuleList(
            RefinementStage(
                channels if number else in_channels[-1],
                in_channels[-2 - number],
                channels,
                joint_channels,
                features,
                graph,
                transformer,
                projection,
                enhance=maps or number + 1 < num_stages,
            )
            for number in range(num_stages)
        )
        self.maps = HandMapsHead(channels) if maps and num_stages else None
        self.loss_module = MODELS.build(loss or {"type": "TwoHandsLoss"})

    def forward(self, levels: Sequence[Tensor]) -> TwoHands:
        """Estimate two hands, again and again.

        Args:
            levels: Maps of the encoder, finest first, as `in_channels`.

        Raises:
            InputError: Maps that are not square or not each half the one before.
        """
        self._check(levels)
        below: Tensor | None = levels[-1]
        estimate = self.decode(*self.initial(levels[-1]))
        estimates = {"initial": estimate}
        finer = reversed(levels[:-1])
        for number, (stage, skip) in enumerate(
            zip(self.stages, finer, strict=False), start=1
        ):
            estimate, below = stage(below, skip, estimate, self.decode)
            estimates[f"stage{number}"] = estimate
        return TwoHands(estimates, None if self.maps is None else self.maps(below))

    def loss(
        self,
        levels: Sequence[Tensor],
        truth: HandSet,
        true_maps: HandMaps | None = None,
    ) -> dict[str, Tensor]:
        """Terms of the loss, as TwoHandsLoss.

        Args:
            levels: As `forward`.
            truth: What is true.
            true_maps: What is true of the auxiliary maps, if there are any.
        """
        found = self(levels)
        return self.loss_module(
            found.sets, truth, self.decode.faces, found.maps, true_maps
        )

    def _check(self, levels: Sequence[Tensor]) -> None:
        edge = levels[-1].shape[-1] if levels else 0
        count = len(self.in_channels)
        wanted = [
            (channels, edge << (count - 1 - number), edge << (count - 1 - number))
            for number, channels in enumerate(self.in_channels)
        ]
        shapes = [tuple(level.shape[1:]) for level in levels]
        if shapes != wanted:
            raise InputError(
                "TwoHandsHead: maps of the encoder",
                expected=f"square ones of shapes {wanted}",
                got=f"shapes {shapes}",
                remedy="Images must be square, and their side a multiple of 32.",
            )


def _check_stages(num_stages: int, num_maps: int) -> None:
    if not 0 <= num_stages < num_maps:
        raise ConfigError(
            f"TwoHandsHead: num_stages with {num_maps} maps",
            expected=f"0 to {num_maps - 1}",
            got=repr(num_stages),
        )
