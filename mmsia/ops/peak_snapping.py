"""Keypoints regressed from a centre, moved to peaks (Objects as Points, Section 4.2).

"We assign each regressed location to its closest detected keypoint [...], considering
only joint detections within the bounding box of the detected object." The released
code looks at the closest peak alone, takes none at or below a response of 0.1, and none
farther away than 0.3 of the box's longer side.
"""

from __future__ import annotations

import torch
from torch import Tensor

_NOWHERE = -1e4
"""Cells where peaks that do not count are put, as in the released code."""


def snap_to_peaks(
    points: Tensor,
    boxes: Tensor,
    peaks: Tensor,
    responses: Tensor,
    threshold: float = 0.1,
    reach: float = 0.3,
) -> tuple[Tensor, Tensor]:
    """Move each point to the nearest peak of its type, if that one will do.

    Args:
        points: (B, M, K, 2) of M people.
        boxes: (B, M, 4) xyxy of these people.
        peaks: (B, K, P, 2), the unit of `points`.
        responses: (B, K, P) at the peaks.
        threshold: Peaks at or below it do not count.
        reach: Largest distance over the box's longer side.

    Returns:
        (B, M, K, 2) points and (B, M, K) the responses of the peaks that they were
        moved to, 0 where they were not.
    """
    counts = responses > threshold
    peaks = peaks.where(counts[..., None], peaks.new_tensor(_NOWHERE))
    of_type = points.transpose(1, 2)
    distance = torch.cdist(of_type, peaks, compute_mode="donot_use_mm_for_euclid_dist")
    distance, nearest = distance.min(dim=-1)
    found = peaks.gather(2, nearest[..., None].expand(*nearest.shape, 2))
    response = responses.gather(2, nearest)
    low, high = boxes[:, None, :, :2], boxes[:, None, :, 2:]
    taken = ((found >= low) & (found <= high)).all(dim=-1)
    taken &= distance <= reach * (high - low).amax(dim=-1)
    taken &= counts.gather(2, nearest)
    moved = torch.where(taken[..., None], found, of_type)
    response = response.where(taken, torch.zeros_like(response))
    return moved.transpose(1, 2), response.transpose(1, 2)
