"""Rotations of networks against scipy, Gram-Schmidt and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from mmsia.errors import InputError
from mmsia.ops.hand_rotations import (
    rotation_from_6d,
    rotation_from_axis_angle,
    rotation_to_6d,
)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def test_axis_angles_agree_with_scipy() -> None:
    vectors = draw(40, 3)
    vectors[0], vectors[1] = 0, 1e-8
    wanted = Rotation.from_rotvec(vectors.numpy()).as_matrix()
    found = rotation_from_axis_angle(vectors.reshape(4, 10, 3))
    np.testing.assert_allclose(found.reshape(-1, 3, 3), wanted, atol=1e-12)


def test_gradients_of_axis_angles_are_right_also_at_no_rotation() -> None:
    vectors = draw(3, 3).requires_grad_()
    assert torch.autograd.gradcheck(rotation_from_axis_angle, vectors)
    still = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    # z * angle moves R[1, 0] up by itself
    rotation_from_axis_angle(still)[0, 1, 0].backward()
    np.testing.assert_allclose(still.grad, [[0, 0, 1]], atol=1e-12)


def test_6d_gives_rotations() -> None:
    turns = rotation_from_6d(draw(100, 6))
    eye = torch.eye(3, dtype=torch.float64).expand(100, 3, 3)
    np.testing.assert_allclose(turns.mT @ turns, eye, atol=1e-12)
    np.testing.assert_allclose(torch.linalg.det(turns), 1, atol=1e-12)


def test_6d_by_hand() -> None:
    """Vectors 60 degrees apart about the diagonal become 45 degrees to both sides."""
    c, s = np.cos(np.pi / 12), np.sin(np.pi / 12)
    numbers = torch.tensor([2 * c, 2 * s, 0, 5 * s, 5 * c, 0])
    np.testing.assert_allclose(rotation_from_6d(numbers), np.eye(3), atol=1e-6)


def test_6d_treats_both_vectors_alike() -> None:
    numbers = draw(20, 6)
    turns = rotation_from_6d(numbers)
    swapped = rotation_from_6d(numbers[:, [3, 4, 5, 0, 1, 2]])
    np.testing.assert_allclose(swapped[..., :2], turns[..., [1, 0]], atol=1e-12)


def test_6d_is_gram_schmidt_for_right_angles_alone() -> None:
    numbers = draw(20, 6)
    a, b = numbers[:, :3], numbers[:, 3:]
    x = a / a.norm(dim=1, keepdim=True)
    off = b - (b * x).sum(1, keepdim=True) * x
    y = off / off.norm(dim=1, keepdim=True)
    schmidt = torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)
    assert ((rotation_from_6d(numbers) - schmidt).abs().amax((1, 2)) > 1e-3).all()
    again = rotation_from_6d(torch.cat([3 * x, y], dim=1))
    np.testing.assert_allclose(again, schmidt, atol=1e-12)
    np.testing.assert_allclose(rotation_from_6d(rotation_to_6d(schmidt)), schmidt)


def test_6d_stays_finite_where_no_plane_is() -> None:
    numbers = torch.tensor([[0.0] * 6, [1, 0, 0, 2, 0, 0], [1, 0, 0, -1, 0, 0]])
    numbers.requires_grad_()
    turns = rotation_from_6d(numbers)
    turns.sum().backward()
    assert turns.isfinite().all() and numbers.grad.isfinite().all()


@pytest.mark.parametrize(
    ("function", "size"), [(rotation_from_6d, 6), (rotation_from_axis_angle, 3)]
)
def test_other_sizes_are_refused(function, size: int) -> None:
    with pytest.raises(InputError, match=rf"\(\.\.\., {size}\).*\(2, 4\)"):
        function(torch.zeros(2, 4))
