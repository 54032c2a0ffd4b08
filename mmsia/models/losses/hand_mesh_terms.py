"""Terms of DIR's loss that compare two meshes or point sets, one value a hand.

Everything but the last two axes and the hands' is averaged: (B, 2, N, D) gives (2,).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BETA = 0.01
_SHORTEST = 1e-6


def huber(output: Tensor, target: Tensor, beta: float = BETA) -> Tensor:
    """0.5 z^2 where |z| < beta, elsewhere beta (|z| - beta / 2): its mean a hand.

    Args:
        output: (B, 2, N, D).
        target: The same.
        beta: Where the slope stops to grow.

    Returns:
        (2,).
    """
    return F.huber_loss(output, target, reduction="none", delta=beta).mean((0, 2, 3))


def edge_lengths(output: Tensor, target: Tensor, faces: Tensor) -> Tensor:
    """Mean absolute difference of the lengths of every face's three edges.

    Args:
        output: (B, 2, V, 3) vertices.
        target: The same.
        faces: (F, 3) vertices of each triangle.

    Returns:
        (2,) in the unit of the vertices.
    """
    lengths = [_edges(vertices, faces).norm(dim=-1) for vertices in (output, target)]
    return (lengths[0] - lengths[1]).abs().mean((0, 2, 3))


def edge_normals(output: Tensor, target: Tensor, faces: Tensor) -> Tensor:
    """Mean absolute cosine between edges and the normals that they should be across.

    An edge or a face without extent counts as 0 and pulls nothing.

    Args:
        output: (B, 2, V, 3) vertices, whose edges are taken.
        target: The same; its faces have the normals.
        faces: (F, 3) vertices of each triangle.

    Returns:
        (2,) from 0 to 1.
    """
    along = F.normalize(_edges(output, faces), dim=-1, eps=_SHORTEST)
    sides = F.normalize(_edges(target, faces), dim=-1, eps=_SHORTEST)
    normals = torch.linalg.cross(sides[..., 0, :], sides[..., 1, :])
    normals = F.normalize(normals, dim=-1, eps=_SHORTEST)
    return (along * normals[..., None, :]).sum(dim=-1).abs().mean((0, 2, 3))


def _edges(vertices: Tensor, faces: Tensor) -> Tensor:
    """(B, 2, F, 3, 3) each face's edges 0 to 1, 0 to 2 and 1 to 2."""
    first, second, third = (vertices[:, :, faces[:, k]] for k in range(3))
    return torch.stack([second - first, third - first, third - second], dim=-2)
