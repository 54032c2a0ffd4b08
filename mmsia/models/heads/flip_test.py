"""Un-mirroring the maps of a mirrored image, and averaging them with the original's.

GOG, Section 3 ("w/ flip"); what is averaged and what is not follows the released code
(notes, section 9). Cells sit at R u + R/2 - 0.5, symmetric about the middle of the
padded input, so that mirroring the map mirrors the positions exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmsia.ops.limbs import mirror_limbs


def unmirror_heatmaps(heatmaps: Tensor, flip_indices: Sequence[int]) -> Tensor:
    """Bring the heatmaps of a mirrored image back into the original's frame.

    Args:
        heatmaps: (B, K, h, w) of the mirrored image.
        flip_indices: (K,) the type that each keypoint type becomes when mirrored.

    Returns:
        (B, K, h, w).
    """
    return heatmaps.flip(-1)[:, list(flip_indices)]


def unmirror_vectors(vectors: Tensor, permutation: Sequence[int]) -> Tensor:
    """Bring vector maps of a mirrored image back into the original's frame.

    Args:
        vectors: (B, 2C, h, w), channel 2c the x and 2c + 1 the y part.
        permutation: (C,) which vector of the mirrored image takes each one's place.

    Returns:
        (B, 2C, h, w), x parts negated.
    """
    batch, channels, height, width = vectors.shape
    pairs = vectors.flip(-1).reshape(batch, channels // 2, 2, height, width)
    pairs = pairs[:, list(permutation)]
    sign = pairs.new_tensor([-1.0, 1.0]).reshape(1, 1, 2, 1, 1)
    return (pairs * sign).reshape(vectors.shape)


def average_offsets(
    original: Tensor,
    mirrored: Tensor,
    permutation: Sequence[int],
    keeps_original: Sequence[bool],
) -> Tensor:
    """Average guiding offsets over an image and its mirror image.

    Args:
        original: (B, 2L, h, w) pixels.
        mirrored: (B, 2L, h, w) pixels, as predicted on the mirrored image.
        permutation: (L,) which limb of the mirrored image takes each limb's place.
        keeps_original: (L,) limbs that mirror into their own reverse: their offsets
            start at the other end, so that there is nothing to average.

    Returns:
        (B, 2L, h, w) pixels.
    """
    mean = (original + unmirror_vectors(mirrored, permutation)) / 2
    kept = torch.as_tensor(keeps_original, device=original.device)
    kept = kept.repeat_interleave(2).reshape(1, -1, 1, 1)
    return original.where(kept, mean)


def average_maps(
    original: Sequence[Tensor],
    mirrored: Sequence[Tensor],
    limbs: np.ndarray,
    flip_indices: Sequence[int],
) -> tuple[Tensor, ...]:
    """Average all maps of a head over an image and its mirror image.

    Args:
        original: Heatmaps, offsets and, optionally, refinement offsets.
        mirrored: The same as predicted on the mirrored image.
        limbs: (L, 2) keypoint types.
        flip_indices: (K,) the type that each keypoint type becomes when mirrored.

    Returns:
        Maps as in `original`.
    """
    permutation, keeps_original = mirror_limbs(limbs, flip_indices)
    heatmaps = unmirror_heatmaps(mirrored[0], flip_indices)
    offsets = average_offsets(original[1], mirrored[1], permutation, keeps_original)
    refinement = (
        (ours + unmirror_vectors(theirs, [0])) / 2
        for ours, theirs in zip(original[2:], mirrored[2:], strict=True)
    )
    return ((original[0] + heatmaps) / 2, offsets, *refinement)
