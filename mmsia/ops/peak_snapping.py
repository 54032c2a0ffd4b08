"""Keypoints regressed from a centre, moved to peaks (Objects as Points, Section 4.2).

"We assign each regressed location to its closest detected keypoint [...], considering
only joint detections within the bounding box of the detected object." The released
code looks at the closest peak alone, takes none at or below a response of 0.1, and none
farther away than 0.3 of the box's longer side.
"""

from __future__ import annotations

import numpy as np


def snap_to_peaks(
    points: np.ndarray,
    boxes: np.ndarray,
    peaks: np.ndarray,
    responses: np.ndarray,
    threshold: float = 0.1,
    reach: float = 0.3,
) -> tuple[np.ndarray, np.ndarray]:
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
    if not points.size or not responses.size:
        return points, np.zeros_like(points[..., 0])
    # one coordinate after the other: half the memory, and no short last axis
    x, y = (peaks[:, None, :, :, axis] - points[..., None, axis] for axis in (0, 1))
    x *= x
    y *= y
    x += y
    np.copyto(x, np.inf, where=~(responses > threshold)[:, None])
    nearest = x.argmin(axis=-1)
    image, _, kind = np.ogrid[tuple(map(slice, nearest.shape))]
    found, response = peaks[image, kind, nearest], responses[image, kind, nearest]
    squared = np.take_along_axis(x, nearest[..., None], axis=-1)[..., 0]
    low, high = boxes[:, :, None, :2], boxes[:, :, None, 2:]
    taken = ((found >= low) & (found <= high)).all(axis=-1)
    # where no peak counts, the distance is infinite
    taken &= np.sqrt(squared) <= reach * (high - low).max(axis=-1)
    return (
        np.where(taken[..., None], found, points),
        np.where(taken, response, response.dtype.type(0)),
    )
