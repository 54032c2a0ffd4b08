"""Rotations that networks predict and hand models take, batched and differentiable."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsia.errors import InputError

# Below it a vector has no direction: it is scaled, not normalised.
_SHORTEST = 1e-6


def rotation_from_6d(numbers: Tensor) -> Tensor:
    """Rotation matrices from two 3-vectors, neither of which comes before the other.

    With a and b normalised, m along a + b and o along a - b are at right angles; the
    first column is along m + o, the second along m - o, the third is their cross
    product. Gram-Schmidt, which keeps a as it is, gives the same only where a and b
    already are at right angles. Where a and b are parallel there is no plane: the
    result is finite, but no rotation.

    Args:
        numbers: (..., 6): a, then b.

    Returns:
        (..., 3, 3) matrices; x, y and z are columns.

    Raises:
        InputError: Another last dimension.
    """
    _check_last(numbers, 6, "6D rotations")
    a, b = (_unit(part) for part in numbers.split(3, dim=-1))
    middle, off = _unit(a + b), _unit(a - b)
    x, y = _unit(middle + off), _unit(middle - off)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)


def rotation_to_6d(rotations: Tensor) -> Tensor:
    """The first two columns, which `rotation_from_6d` makes a rotation of again.

    Args:
        rotations: (..., 3, 3).

    Returns:
        (..., 6).
    """
    return rotations[..., :2].mT.flatten(-2)


def rotation_from_axis_angle(vectors: Tensor) -> Tensor:
    """Rodrigues' formula, smooth at no rotation.

    Args:
        vectors: (..., 3) axis times angle in radians.

    Returns:
        (..., 3, 3) matrices.

    Raises:
        InputError: Another last dimension.
    """
    _check_last(vectors, 3, "axis-angle vectors")
    square = vectors.square().sum(dim=-1, keepdim=True)[..., None]
    # The root has no slope at 0; below this both factors are their limits.
    angle = square.clamp(min=1e-12).sqrt()
    sine = angle.sin() / angle
    # 1 - cos(a) as a square: no cancellation.
    cosine = 2 * ((angle / 2).sin() / angle).square()
    cross = _cross_matrices(vectors)
    eye = torch.eye(3, dtype=vectors.dtype, device=vectors.device)
    return eye + sine * cross + cosine * (cross @ cross)


def _cross_matrices(vectors: Tensor) -> Tensor:
    """(..., 3, 3) that take a vector to its cross product with these."""
    x, y, z = vectors.unbind(dim=-1)
    zero = torch.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def _unit(vectors: Tensor) -> Tensor:
    return F.normalize(vectors, dim=-1, eps=_SHORTEST)


def _check_last(values: Tensor, size: int, what: str) -> None:
    if values.ndim < 1 or values.shape[-1] != size:
        raise InputError(
            what, expected=f"shape (..., {size})", got=f"shape {tuple(values.shape)}"
        )
