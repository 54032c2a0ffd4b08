"""DIR's joint space: what is read at joints, joints of a hand, of both hands."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mmsia.models.layers.dir_blocks import PointMLP
from mmsia.models.layers.hand_decoder import NUM_PARAMETERS, HandEstimate
from mmsia.models.layers.hand_graph import NUM_JOINTS, HandGraph
from mmsia.models.layers.hands_transformer import NUM_TOKENS, HandsTransformer
from mmsia.ops.hand_painting import sample_joints
from mmsia.ops.hand_sets import LENGTH_UNIT, HandSet


class JointFeatures(NamedTuple):
    """What a joint block makes.

    Attributes:
        joints: (B, 2, 21, features).
        parameters: (B, 2, 64), new ones and not changes of the previous.
        offset: (B, 3).
        cells: (B, joint_channels, S, S) of the map, in one space with the joints; None
            where the map stays outside.
    """

    joints: Tensor
    parameters: Tensor
    offset: Tensor
    cells: Tensor | None


class JointBlock(nn.Module):
    """From a map and the previous estimate to joint features and the next estimate.

    Args:
        channels: Of the map.
        joint_channels: Numbers a joint while joints are related.
        features: Numbers a joint that regressors and painting take.
        graph: Whether joints of a hand are related by graph convolutions.
        transformer: Whether all joints are related by attention.
        shared: Whether the map's cells are tokens of the transformer, too.
    """

    def __init__(
        self,
        channels: int = 256,
        joint_channels: int = 128,
        features: int = 64,
        graph: bool = True,
        transformer: bool = True,
        shared: bool = False,
    ) -> None:
        super().__init__()
        width = joint_channels
        self.sampled = nn.ModuleList(PointMLP(channels, width) for _ in range(2))
        self.own_place = nn.ModuleList(PointMLP(3, width) for _ in range(2))
        self.graphs = nn.ModuleList(HandGraph(width) for _ in range(2 * graph))
        self.place = PointMLP(3, width)
        self.transformer = HandsTransformer(width) if transformer else None
        self.cells = PointMLP(channels + 2, width) if shared else None
        self.narrow = nn.Sequential(
            nn.LayerNorm(width, eps=1e-6), nn.Linear(width, features)
        )
        flat = NUM_JOINTS * features
        self.hands = nn.ModuleList(
            nn.Linear(flat + NUM_PARAMETERS, NUM_PARAMETERS) for _ in range(2)
        )
        self.offset = nn.Linear(2 * flat + 3, 3)

    def forward(self, maps: Tensor, before: HandEstimate) -> JointFeatures:
        """Relate joints and estimate anew.

        Args:
            maps: (B, channels, S, S).
            before: The previous estimate; no gradients go back into it.
        """
        before = before.detach()
        tokens = self._of_each_hand(maps, before.hands).flatten(1, 2)
        tokens = tokens + self.place(_between_hands(before.hands).flatten(1, 2))
        cells = None
        if self.transformer is not None:
            grid = None if self.cells is None else self.cells(_cells(maps))
            tokens = self.transformer(tokens, grid)
            if grid is not None:
                tokens, cells = tokens.tensor_split([NUM_TOKENS], dim=1)
                cells = cells.mT.unflatten(-1, maps.shape[-2:])
        joints = self.narrow(tokens).unflatten(1, (2, NUM_JOINTS))
        return JointFeatures(joints, *self._regress(joints, before), cells)

    def _of_each_hand(self, maps: Tensor, hands: HandSet) -> Tensor:
        """(B, 2, 21, joint_channels): hands that do not know of each other."""
        sampled = sample_joints(maps, hands.keypoints)
        places = hands.joints / LENGTH_UNIT
        each = []
        for hand in range(2):
            joints = self.sampled[hand](sampled[:, hand])
            joints = joints + self.own_place[hand](places[:, hand])
            each.append(self.graphs[hand](joints) if self.graphs else joints)
        return torch.stack(each, dim=1)

    def _regress(self, joints: Tensor, before: HandEstimate) -> tuple[Tensor, Tensor]:
        flat = joints.flatten(2)
        known = torch.cat([flat, before.parameters], dim=-1)
        parameters = [linear(known[:, hand]) for hand, linear in enumerate(self.hands)]
        whole = torch.cat([flat.flatten(1), before.hands.offset], dim=-1)
        return torch.stack(parameters, dim=1), self.offset(whole)


def _between_hands(hands: HandSet) -> Tensor:
    """(B, 2, 21, 3) joints from the middle between both roots, in `LENGTH_UNIT`."""
    half = torch.stack([-hands.offset, hands.offset], dim=1) / 2
    return hands.joints / LENGTH_UNIT + half[:, :, None]


def _cells(maps: Tensor) -> Tensor:
    """(B, S * S, channels + 2): a map's cells, each with its place in [-1, 1]."""
    height, width = maps.shape[-2:]
    ys = (torch.arange(height, device=maps.device) + 0.5) * (2 / height) - 1
    xs = (torch.arange(width, device=maps.device) + 0.5) * (2 / width) - 1
    grid = torch.stack(torch.meshgrid(xs, ys, indexing="xy")).to(maps.dtype)
    placed = torch.cat([maps, grid.expand(len(maps), 2, height, width)], dim=1)
    return placed.flatten(2).mT
