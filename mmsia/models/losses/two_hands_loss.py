"""DIR's loss: thirteen terms a set of estimates, three of the auxiliary maps.

DIR (Ren et al., ICCV 2023) as released: three sets (the initial estimate and two
refinements) give 42 terms, all sets weighing alike. What differs here: Lovasz-Softmax
takes probabilities; `lovasz_on="logits"` is the released form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError
from mmsia.models.losses.hand_mesh_terms import (
    BETA,
    edge_lengths,
    edge_normals,
    huber,
)
from mmsia.models.losses.lovasz_softmax_loss import LovaszSoftmaxLoss
from mmsia.ops.hand_sets import LENGTH_UNIT, SIDES, HandMaps, HandSet

WEIGHTS = {
    "keypoints": 10.0,
    "contour": 10.0,
    "joints": 10.0,
    "vertices": 10.0,
    "edges": 1.0,
    "normals": 0.1,
    "offset": 10.0,
    "classes": 0.1,
    "lovasz": 0.1,
    "dense": 1.0,
}
"""Factor of each kind of term."""
CLASS_WEIGHTS = (0.1, 0.45, 0.45)


@MODELS.register_module()
class TwoHandsLoss(nn.Module):
    """All terms by name, for MMPose to sum.

    Args:
        weights: Instead of some of `WEIGHTS`; 0 leaves a term in, without effect.
        lovasz_on: As `LovaszSoftmaxLoss`.
        class_weights: Of background, left and right hand in the cross entropy.
        beta: Of the smooth L1 terms, see `huber`.

    Raises:
        ConfigError: A weight of no term.
    """

    def __init__(
        self,
        weights: Mapping[str, float] | None = None,
        lovasz_on: str = "probabilities",
        class_weights: Sequence[float] = CLASS_WEIGHTS,
        beta: float = BETA,
    ) -> None:
        super().__init__()
        unknown = sorted(set(weights or {}) - set(WEIGHTS))
        if unknown:
            raise ConfigError(
                "TwoHandsLoss: weights",
                expected=", ".join(WEIGHTS),
                got=", ".join(unknown),
            )
        self.weights = {**WEIGHTS, **(weights or {})}
        self.lovasz = LovaszSoftmaxLoss(on=lovasz_on)
        self.beta = beta
        shares = torch.tensor(class_weights)
        self.register_buffer("class_weights", shares, persistent=False)

    def forward(
        self,
        sets: Mapping[str, HandSet],
        truth: HandSet,
        faces: Tensor,
        maps: HandMaps | None = None,
        true_maps: HandMaps | None = None,
    ) -> dict[str, Tensor]:
        """Compute the weighted terms of a batch.

        Args:
            sets: Name, say "initial" or "stage1" -> what was estimated then.
            truth: What is true.
            faces: (F, 3) vertices of the triangles of one hand; the other hand has the
                same, turned.
            maps: What was predicted; None leaves the auxiliary terms out.
            true_maps: What is true, of any size.

        Returns:
            `loss_<set>_<hand>_<term>`, `loss_<set>_offset` and `loss_<term>`; scalar
            tensors, float32 or wider.

        Raises:
            InputError: Shapes that do not fit, or maps without true ones.
        """
        terms: dict[str, Tensor] = {}
        for name, estimate in sets.items():
            _check_shapes(name, estimate, truth)
            terms |= self._set_terms(name, _widened(estimate), truth, faces)
        if maps is not None:
            if true_maps is None:
                raise InputError(
                    "TwoHandsLoss: predicted maps", expected="true maps", got="none"
                )
            terms |= self._map_terms(HandMaps(*map(_wide, maps)), true_maps)
        return terms

    def _set_terms(
        self, name: str, estimate: HandSet, truth: HandSet, faces: Tensor
    ) -> dict[str, Tensor]:
        joints, true_joints = estimate.joints / LENGTH_UNIT, truth.joints / LENGTH_UNIT
        mesh, true_mesh = estimate.vertices / LENGTH_UNIT, truth.vertices / LENGTH_UNIT
        by_hand = {
            "keypoints": huber(estimate.keypoints, truth.keypoints, self.beta),
            "contour": huber(estimate.contour, truth.contour, self.beta),
            "joints": huber(joints, true_joints, self.beta),
            "vertices": huber(mesh, true_mesh, self.beta),
            "edges": edge_lengths(mesh, true_mesh, faces),
            "normals": edge_normals(mesh, true_mesh, faces),
        }
        terms = {
            f"loss_{name}_{side}_{term}": self.weights[term] * values[hand]
            for term, values in by_hand.items()
            for hand, side in enumerate(SIDES)
        }
        offset = F.huber_loss(estimate.offset, truth.offset, delta=self.beta)
        return terms | {f"loss_{name}_offset": self.weights["offset"] * offset}

    def _map_terms(self, maps: HandMaps, true_maps: HandMaps) -> dict[str, Tensor]:
        size = maps.classes.shape[-2:]
        # Interpolation takes no integers.
        labels = F.interpolate(true_maps.classes[:, None].float(), size).long()[:, 0]
        dense = F.interpolate(
            true_maps.dense, maps.dense.shape[-2:], mode="bilinear", align_corners=False
        )
        shares = self.class_weights.to(maps.classes.dtype)
        # paper silent: the mean over pixels is weighted, as torch has it
        terms = {
            "classes": F.cross_entropy(maps.classes, labels, shares),
            "lovasz": self.lovasz(maps.classes, labels),
            "dense": F.huber_loss(maps.dense, dense.to(maps.dense), delta=self.beta),
        }
        return {f"loss_{term}": self.weights[term] * v for term, v in terms.items()}


def _wide(values: Tensor) -> Tensor:
    # Half precision has three digits: too few for lengths beside beta.
    return values.float() if values.dtype.itemsize < 4 else values


def _widened(estimate: HandSet) -> HandSet:
    return HandSet(*map(_wide, estimate))


def _check_shapes(name: str, estimate: HandSet, truth: HandSet) -> None:
    for field, ours, theirs in zip(HandSet._fields, estimate, truth, strict=True):
        if ours.shape != theirs.shape:
            raise InputError(
                f"TwoHandsLoss: {field} of {name!r}",
                expected=str(tuple(theirs.shape)),
                got=str(tuple(ours.shape)),
            )
