"""R-SiaPose: SiaPose on a hand that a rotation network has turned upright.

SIA-GCN only says that a rotation network was added, as earlier work had one, and a
similar training strategy used (Section 4). paper silent: a ResNet-18 regresses (cos,
sin) of the direction from the wrist to the knuckle of the middle finger; the crop is
turned upright for all other parts, and their maps are turned back, so that losses and
decoding see the crop as it is. The rotation network is trained first, by itself, then
everything together from it and a trained SiaPose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import ConfigError
from mmsia.models.estimators.sia_pose import Refined, SiaPose, targets_of
from mmsia.models.estimators.sia_regressor import ImageRegressor
from mmsia.models.estimators.sia_rotation import (
    directions_of_targets,
    turn,
    turn_back,
)

TRAINED = ("rotation", "joint")


@MODELS.register_module()
class RSiaPose(SiaPose):
    """SiaPose between two turns.

    Args:
        rotation: Options of the rotation network, an ImageRegressor.
        trained: "rotation" for that network alone, "joint" for everything.
        rotation_weight: Weight of its loss.
        **options: As SiaPose.

    Raises:
        ConfigError: Something else is to be trained.
    """

    def __init__(
        self,
        rotation: dict[str, Any] | None = None,
        trained: str = "joint",
        rotation_weight: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if trained not in TRAINED:
            raise ConfigError(
                "RSiaPose: trained", expected=" or ".join(TRAINED), got=repr(trained)
            )
        self.rotation = ImageRegressor(2, **(rotation or {}))
        self.trained, self.rotation_weight = trained, rotation_weight

    def compute_maps(self, image: Tensor) -> Refined:
        """As SiaPose; maps lie as the image does, whatever was turned between.

        Args:
            image: (N, 3, H, W).
        """
        return self._between_turns(image, self.rotation(image))

    def loss(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> dict[str, Tensor]:
        """Losses of SiaPose and of the direction.

        Args:
            inputs: (N, 3, H, W).
            data_samples: With target maps and weights.
        """
        found = self.rotation(inputs)
        wanted, known = directions_of_targets(*targets_of(data_samples))
        error = (found - wanted.to(found.dtype)).square().sum(dim=1)
        losses = {
            "loss_rotation": self.rotation_weight
            * (error * known).sum()
            / known.sum().clamp_min(1)
        }
        if self.trained == "joint":
            maps = self._between_turns(inputs, found)
            losses |= self.losses_of(maps, data_samples)
        return losses

    def _between_turns(self, image: Tensor, found: Tensor) -> Refined:
        directions = F.normalize(found.float(), dim=1)
        upright = super().compute_maps(turn(image, directions))
        return Refined(
            [turn_back(maps, directions) for maps in upright.stages],
            turn_back(upright.fused, directions),
            upright.weights,
        )
