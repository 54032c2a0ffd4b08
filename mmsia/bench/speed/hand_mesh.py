"""How fast the hand layer is: beside the numpy loop and, if it is installed, smplx.

All read the same made-up hand file and pose the same hands. They must agree, or the
comparison is refused.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsia.bench.speed.timing import Timing, time_in_turns
from mmsia.datasets.simulated.twohands_model import (
    read_hand_model,
    stand_in,
    write_hand_model,
)
from mmsia.errors import DataError
from mmsia.ops.hand_layer import HandLayer
from mmsia.ops.hand_mesh import HandModel, pose_hand
from mmsia.ops.hand_rotations import rotation_from_axis_angle

LAYER, LOOP, SMPLX = "layer", "numpy, a hand at a time", "smplx.MANO"
FORWARD, BOTH = "forward", "forward + backward"
STEPS = (FORWARD, BOTH)
TOLERANCE = 1e-5
"""Metres by which vertices may differ, in single precision."""


@dataclass(frozen=True)
class MeasuredHands:
    """Timings of one batch size and step.

    Attributes:
        batch: Hands at once.
        step: One of `STEPS`.
        timings: One for each peer; the layer's first.
        differences: Peer -> largest difference of vertices from the layer's, metres.
    """

    batch: int
    step: str
    timings: list[Timing]
    differences: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """All that was measured, for a file."""
        return {
            "batch": self.batch,
            "step": self.step,
            "differences_m": self.differences,
            "times_ms": {t.name: (t.times * 1e3).tolist() for t in self.timings},
        }


@dataclass(frozen=True)
class _Hands:
    """What is posed: axis-angle roots, principal pose numbers, shape numbers."""

    root: Tensor
    pose: Tensor
    shape: Tensor

    def inputs(self) -> list[Tensor]:
        return [self.root, self.pose, self.shape]


_Pose = Callable[[_Hands], Tensor]


def has_smplx() -> bool:
    """Whether smplx, which is optional, is installed here."""
    return importlib.util.find_spec("smplx") is not None


def benchmark_hand_mesh(batch: int, step: str, *, rounds: int) -> MeasuredHands:
    """Time the peers in turns on the CPU.

    Args:
        batch: Hands at once.
        step: One of `STEPS`; the loop has no backward.
        rounds: Timed rounds.

    Raises:
        DataError: If the peers disagree.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "MANO_RIGHT.npz"
        write_hand_model(path, stand_in())
        peers = _peers(path, batch, step)
    hands = _draw(batch)
    with torch.no_grad():
        vertices = {name: pose(hands) for name, pose in peers.items()}
    differences = {
        name: float((found - vertices[LAYER]).abs().max())
        for name, found in vertices.items()
        if name != LAYER
    }
    for name, difference in differences.items():
        _check_same(name, difference)
    calls = {name: [_call(pose, hands, step)] for name, pose in peers.items()}
    timings = time_in_turns(calls, rounds=rounds)
    return MeasuredHands(batch, step, timings, differences)


def _draw(batch: int) -> _Hands:
    rng = np.random.default_rng(0)
    drawn = [
        rng.normal(0, spread, (batch, size))
        for spread, size in ((1, 3), (0.4, 45), (1, 10))
    ]
    return _Hands(*(torch.from_numpy(each).float() for each in drawn))


def _peers(path: Path, batch: int, step: str) -> dict[str, _Pose]:
    model = read_hand_model(path)
    layer = HandLayer(model, root=None)

    def by_layer(hands: _Hands) -> Tensor:
        turn = rotation_from_axis_angle(hands.root)
        return layer(turn, hands.pose, hands.shape).vertices

    peers: dict[str, _Pose] = {LAYER: by_layer}
    if step == FORWARD:
        peers[LOOP] = lambda hands: _by_loop(model, hands)
    if has_smplx():
        peers[SMPLX] = _by_smplx(path, batch)
    return peers


def _by_loop(model: HandModel, hands: _Hands) -> Tensor:
    posed = [
        pose_hand(model, root, pose @ model.hands_components, shape, np.zeros(3))[0]
        for root, pose, shape in zip(
            *(each.double().numpy() for each in hands.inputs()), strict=True
        )
    ]
    return torch.from_numpy(np.stack(posed)).float()


def _by_smplx(path: Path, batch: int) -> _Pose:
    import smplx

    peer = smplx.MANO(str(path), ext="npz", batch_size=batch, num_pca_comps=45)
    # With all components it takes angles, and leaves the components to its caller.
    components = torch.from_numpy(peer.np_hand_components).float()

    def by_smplx(hands: _Hands) -> Tensor:
        posed = peer(
            betas=hands.shape,
            global_orient=hands.root,
            hand_pose=hands.pose @ components,
        )
        vertices: Tensor = posed.vertices
        return vertices

    return by_smplx


def _call(pose: _Pose, hands: _Hands, step: str) -> Callable[[], object]:
    if step == FORWARD:
        return torch.no_grad()(lambda: pose(hands))
    learnt = _Hands(*(each.clone().requires_grad_() for each in hands.inputs()))
    return lambda: torch.autograd.grad(pose(learnt).sum(), learnt.inputs())


def _check_same(name: str, difference: float) -> None:
    # Not `>`: NaN differs, too.
    if not difference <= TOLERANCE:
        raise DataError(
            f"vertices of {name} beside the layer's",
            expected=f"the same to {TOLERANCE} m",
            got=f"{difference} m",
            remedy="Speeds of parts that do different things are not compared.",
        )
