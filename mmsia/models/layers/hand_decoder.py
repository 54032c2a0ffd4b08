"""From the 64 numbers a hand of DIR's regressors to meshes, joints and places."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mmsia.datasets.hand_models import read_hands
from mmsia.ops.hand_errors import joint_weights
from mmsia.ops.hand_layer import HandLayer
from mmsia.ops.hand_rotations import rotation_from_6d
from mmsia.ops.hand_sets import SIDES, HandSet, project

SPLIT = (6, 45, 10, 3)
"""Root rotation, principal pose numbers, shape numbers, camera."""
NUM_PARAMETERS = sum(SPLIT)


class HandEstimate(NamedTuple):
    """An estimate of both hands, with the numbers that it comes from.

    Attributes:
        parameters: (B, 2, 64), see `SPLIT`.
        hands: What they mean.
    """

    parameters: Tensor
    hands: HandSet

    @property
    def camera(self) -> Tensor:
        """(B, 2, 3) scale and translation, see `mmsia.ops.hand_sets.project`."""
        return self.parameters[..., -SPLIT[-1] :]

    def detach(self) -> HandEstimate:
        """The same, without a way back for gradients."""
        hands = HandSet(*(each.detach() for each in self.hands))
        return HandEstimate(self.parameters.detach(), hands)


class HandDecoder(nn.Module):
    """Both hands' models and cameras; nothing is learnt.

    Args:
        hands: Folder of MANO's converted files; the stand-in hand if None.
        root: Joint from which each hand's places are told, as HandLayer.
    """

    def __init__(self, hands: str | None = None, root: str = "wrist") -> None:
        super().__init__()
        models = read_hands(hands)
        self.root = root
        weights = torch.tensor(joint_weights(models), dtype=torch.float32)
        self.register_buffer("joint_weights", weights, persistent=False)
        self.layers = nn.ModuleList(
            HandLayer(models[side], SPLIT[1], root=root) for side in SIDES
        )

    @property
    def faces(self) -> Tensor:
        """(F, 3) vertices of the right hand's triangles."""
        return self.layers[1].faces

    def forward(self, parameters: Tensor, offset: Tensor) -> HandEstimate:
        """Make hands.

        Args:
            parameters: (B, 2, 64).
            offset: (B, 3) right root minus left root in `LENGTH_UNIT`.
        """
        # Half precision has three digits: too few for places in an image.
        parameters, offset = parameters.float(), offset.float()
        six, pose, shape, camera = parameters.split(SPLIT, dim=-1)
        rotations = rotation_from_6d(six)
        posed = [
            layer(rotations[:, hand], pose[:, hand], shape[:, hand])
            for hand, layer in enumerate(self.layers)
        ]
        joints = torch.stack([each.joints for each in posed], dim=1)
        vertices = torch.stack([each.vertices for each in posed], dim=1)
        places = project(joints, camera), project(vertices, camera)
        return HandEstimate(parameters, HandSet(*places, joints, vertices, offset))
