"""The hand model as a layer: batched, differentiable, on any device, in any precision.

The formulas are those of `hand_mesh` (MANO: "Embodied Hands", Romero et al., section
3); nothing here is learnt. What networks predict goes in: a root rotation, principal
pose numbers, shape numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mmsia.errors import InputError
from mmsia.ops.hand_mesh import JOINTS_21, TIP_VERTICES, HandModel
from mmsia.ops.hand_rotations import rotation_from_axis_angle
from mmsia.ops.hand_sets import ROOTS


class PosedHands(NamedTuple):
    """What the layer gives.

    Attributes:
        vertices: (B, 778, 3) metres.
        joints: (B, 21, 3) metres: wrist, then thumb to little finger from the root.
    """

    vertices: Tensor
    joints: Tensor


class HandLayer(nn.Module):
    """Vertices and 21 joints of a batch of hands of one side.

    The 16 inner joints are regressed from the posed vertices, as the evaluation does;
    the finger ends are vertices.

    Args:
        model: The hand model of that side; see `mend_left` for the published left one.
        num_components: How many principal pose components are used, 1 to 45.
        root: Joint at the origin of the result, one of `ROOTS`; None leaves the wrist
            of the model at rest where it is.
        dtype: Precision of the constants; torch's default if None.

    Raises:
        InputError: No such root, or another number of components than 1 to 45.
    """

    def __init__(
        self,
        model: HandModel,
        num_components: int = 45,
        root: str | None = "wrist",
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if root is not None and root not in ROOTS:
            raise InputError(
                "the root of a hand", expected=", ".join(ROOTS), got=repr(root)
            )
        if not 1 <= num_components <= 45:
            raise InputError(
                "principal pose components", expected="1 to 45", got=str(num_components)
            )
        self.root, self.num_components = root, num_components
        dtype = dtype or torch.get_default_dtype()
        # Not persistent: the licensed arrays never enter a checkpoint.
        for name, values in _constants(model, num_components).items():
            # Unlike from_numpy, on the device that modules are being made on.
            tensor = torch.tensor(np.asarray(values), dtype=dtype)
            self.register_buffer(name, tensor, persistent=False)
        levels = _levels(model.kintree_table[0].tolist())
        met = [0, *(joint for level in levels for joint in level[0])]
        self._num_levels = len(levels)
        indices = {
            "faces": np.asarray(model.f).astype(np.int64),
            "tips": TIP_VERTICES,
            "order": JOINTS_21,
            "by_number": np.argsort(met),
            **{f"level{n}": level for n, level in enumerate(levels)},
        }
        # A list would be moved to the GPU anew in every call.
        for name, numbers in indices.items():
            self.register_buffer(name, torch.tensor(numbers), persistent=False)

    def forward(
        self, rotation: Tensor, pose: Tensor, shape: Tensor, trans: Tensor | None = None
    ) -> PosedHands:
        """Pose hands.

        Args:
            rotation: (B, 3, 3) of the whole hand about its wrist.
            pose: (B, num_components) principal pose numbers; 0 is the mean pose.
            shape: (B, 10) shape numbers.
            trans: (B, 3) metres, added after centring; none if None.

        Raises:
            InputError: Shapes that do not fit.
        """
        self._check(rotation, pose, shape)
        device = rotation.device.type
        if not torch.amp.is_autocast_available(device):
            return self._pose(rotation, pose, shape, trans)
        if torch.is_autocast_enabled(device):
            # bfloat16 would move vertices by half a millimetre, some by two.
            dtype = self.template.dtype
            rotation, pose, shape = (v.to(dtype) for v in (rotation, pose, shape))
        with torch.autocast(device, enabled=False):
            return self._pose(rotation, pose, shape, trans)

    def _pose(
        self, rotation: Tensor, pose: Tensor, shape: Tensor, trans: Tensor | None
    ) -> PosedHands:
        angles = (pose @ self.components + self.mean_pose).unflatten(-1, (15, 3))
        bends = rotation_from_axis_angle(angles)
        places = self.rest_joints + torch.einsum(
            "jdk,bk->bjd", self.joint_shifts, shape
        )
        eye = torch.eye(3, dtype=bends.dtype, device=bends.device)
        numbers = torch.cat([shape, (bends - eye).flatten(1)], dim=1)
        blended = torch.addmm(self.template, numbers, self.shifts)
        turns, shifts = self._chain(torch.cat([rotation[:, None], bends], 1), places)
        vertices = self._skin(blended.unflatten(-1, (778, 3)), turns, shifts)
        joints = self.joints_of(vertices)
        if self.root is not None:
            origin = joints[:, ROOTS[self.root], None]
            vertices, joints = vertices - origin, joints - origin
        if trans is not None:
            vertices, joints = vertices + trans[:, None], joints + trans[:, None]
        return PosedHands(vertices, joints)

    def joints_of(self, vertices: Tensor) -> Tensor:
        """The 21 joints of posed vertices.

        Args:
            vertices: (..., 778, 3) metres.

        Returns:
            (..., 21, 3) metres.
        """
        ends = vertices.index_select(-2, self.tips)
        both = torch.cat([self.regressor @ vertices, ends], dim=-2)
        return both.index_select(-2, self.order)

    def _chain(self, rotations: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """World turns (B, 16, 3, 3) of the joints' frames and shifts (B, 16, 3)."""
        turns, moved = [rotations[:, :1]], [places[:, :1]]
        for level in range(self._num_levels):
            children, parents, above = self.get_buffer(f"level{level}")
            frames = turns[-1][:, above]
            bones = (places[:, children] - places[:, parents])[..., None]
            moved.append(moved[-1][:, above] + (frames @ bones)[..., 0])
            turns.append(frames @ rotations[:, children])
        whole = torch.cat(turns, dim=1)[:, self.by_number]
        kept = (whole @ places[..., None])[..., 0]
        return whole, torch.cat(moved, dim=1)[:, self.by_number] - kept

    def _skin(self, vertices: Tensor, turns: Tensor, shifts: Tensor) -> Tensor:
        """Linear blend skinning: each vertex by the weighted mean of rigid motions."""
        # Columns one after the other: quicker than a small product for each vertex.
        columns = torch.cat([turns.mT, shifts[:, :, None]], dim=2).flatten(2)
        x, y, z, shift = (self.weights @ columns).split(3, dim=-1)
        return (
            x * vertices[..., :1] + y * vertices[..., 1:2] + z * vertices[..., 2:]
        ) + shift

    def _check(self, rotation: Tensor, pose: Tensor, shape: Tensor) -> None:
        size = len(rotation)
        wanted = [(size, 3, 3), (size, self.num_components), (size, 10)]
        got = [tuple(values.shape) for values in (rotation, pose, shape)]
        if wanted != got:
            raise InputError(
                "rotation, pose and shape of hands",
                expected=", ".join(map(str, wanted)),
                got=", ".join(map(str, got)),
            )


def _constants(model: HandModel, num_components: int) -> dict[str, np.ndarray]:
    """What the formulas multiply with; vertices' coordinates in one row."""
    both = model.shapedirs, model.posedirs
    return {
        "template": model.v_template.reshape(778 * 3),
        "shifts": np.concatenate([dirs.reshape(778 * 3, -1).T for dirs in both]),
        "rest_joints": model.J_regressor @ model.v_template,
        "joint_shifts": np.tensordot(model.J_regressor, model.shapedirs, 1),
        "regressor": model.J_regressor,
        "weights": model.weights,
        "components": model.hands_components[:num_components],
        "mean_pose": model.hands_mean,
    }


def _levels(parents: list[int]) -> list[tuple[list[int], list[int], list[int]]]:
    """Joints by their depth, without the root.

    Returns:
        For each level its joints, their parents, and which of the level above these
        are.
    """
    levels = []
    above = [0]
    while children := [
        joint for joint in range(1, len(parents)) if parents[joint] in above
    ]:
        over = [parents[joint] for joint in children]
        levels.append((children, over, [above.index(parent) for parent in over]))
        above = children
    return levels


def mend_left(left: HandModel, right: HandModel) -> HandModel:
    """The left hand with shape directions that mirror the right hand's.

    The published left file has the right hand's x: with it, a left hand grows to the
    wrong side. A file without that error is returned as it is.

    Args:
        left: The left model.
        right: The right model of the same release.
    """
    x, mirrored = left.shapedirs[:, 0], right.shapedirs[:, 0]
    if np.abs(x - mirrored).sum() >= np.abs(x + mirrored).sum():
        return left
    return replace(left, shapedirs=left.shapedirs * np.array([[-1.0], [1.0], [1.0]]))
