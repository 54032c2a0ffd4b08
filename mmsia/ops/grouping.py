"""Greedy grouping of candidate limbs into poses (GOG, Section 2.4; notes, section 12).

Limb types are taken in list order. A limb of the current type, looked at beside the
poses as they stood before this type,

1. confirms a pose that holds both its keypoints,
2. joins a pose that holds one of them, replacing a weaker keypoint at its other end,
3. starts a new pose if no pose holds either.

Steps 1 and 2 need a limb that is stronger than the one that brought in either slot.
Poses that a joining limb leaves with two or more keypoints in common are merged.

Differences from the authors' code, whose results these rules otherwise give:

* of two limbs that join one pose at once the stronger counts and the other is dropped
  (there the weaker, being written last, wins);
* a limb that touches a pose never starts a new one (there marks of -1 and counts of 1
  cancel, and such a limb can start a spurious pose);
* poses that share three or more keypoints are merged like those that share two (there
  they stay apart, and a message is printed);
* in a merger the older pose keeps its keypoints and the younger fills the empty slots
  (there the maximum of x, y and score each on its own, which can mix two keypoints),
  and three poses can merge at once (there two of them vanish).
"""

from __future__ import annotations

import numpy as np

from mmsia.ops.limb_candidates import LimbCandidates

EMPTY = -1


class _Poses:
    """Growing table of poses: which peak fills each slot, and how strongly."""

    def __init__(self, num_limbs: int, num_keypoints: int) -> None:
        self.members = np.full((num_limbs, num_keypoints), EMPTY, dtype=np.int64)
        self.strength = np.full((num_limbs, num_keypoints), -1.0)
        self.count = 0

    def start(self, limb: np.ndarray, ends: np.ndarray, score: np.ndarray) -> None:
        """Append one pose per limb; ``ends`` is (n, 2) peaks of the types ``limb``."""
        rows = slice(self.count, self.count + len(ends))
        self.members[rows, limb] = ends
        self.strength[rows, limb] = score[:, None]
        self.count += len(ends)

    def merge(self, rows: np.ndarray) -> None:
        """Merge those of the given poses that share two or more keypoints."""
        removed: list[int] = []
        for i, first in enumerate(rows):
            for second in rows[i + 1 :]:
                if first in removed or second in removed:
                    continue
                shared = self.members[first] == self.members[second]
                shared &= self.members[first] != EMPTY
                if shared.sum() >= 2:
                    empty = self.members[first] == EMPTY
                    self.members[first, empty] = self.members[second, empty]
                    np.maximum(*self.strength[[first, second]], self.strength[first])
                    removed.append(int(second))
        if removed:
            kept = np.delete(np.arange(self.count), removed)
            self.count = len(kept)
            self.members[: self.count] = self.members[kept]
            self.strength[: self.count] = self.strength[kept]
            self.members[self.count : self.count + len(removed)] = EMPTY
            self.strength[self.count : self.count + len(removed)] = -1.0


def group_limbs(
    candidates: LimbCandidates, limbs: np.ndarray, num_keypoints: int
) -> np.ndarray:
    """Assemble candidate limbs into poses.

    Args:
        candidates: By limb type, within a type by falling score; within a type every
            peak is the source of at most one limb and the target of at most one.
        limbs: (L, 2) keypoint types.
        num_keypoints: Number K of keypoint types.

    Returns:
        (M, K) int64: the peak of each type that belongs to each pose, -1 for none, in
        order of creation. Every pose has at least two keypoints.
    """
    poses = _Poses(len(candidates.limb), num_keypoints)
    starts = np.searchsorted(candidates.limb, np.arange(len(limbs) + 1)).tolist()
    ends = np.stack((candidates.source, candidates.target), axis=1)
    for limb, begin, end in zip(limbs, starts[:-1], starts[1:], strict=True):
        if begin < end:
            _add_limb_type(poses, limb, ends[begin:end], candidates.score[begin:end])
    return poses.members[: poses.count]


def _add_limb_type(
    poses: _Poses, limb: np.ndarray, ends: np.ndarray, score: np.ndarray
) -> None:
    """Take in all limbs of one type at once.

    Args:
        poses: The poses so far, changed in place.
        limb: (2,) keypoint types.
        ends: (n, 2) peaks of these types, by falling score.
        score: (n,) scores.
    """
    if poses.count == 0:
        poses.start(limb, ends, score)
        return
    held = poses.members[: poses.count, limb]
    strength = poses.strength[: poses.count, limb]
    # (poses, limbs): which of the limb's ends the pose holds
    has_source = held[:, :1] == ends[:, 0]
    has_target = held[:, 1:] == ends[:, 1]
    touches = has_source | has_target
    stronger = score > np.minimum(strength[:, :1], strength[:, 1:])
    pose, which = (touches & stronger).nonzero()
    if len(pose):
        # limbs come by falling score: the first that touches a pose is its strongest
        confirmed = has_source[pose, which] & has_target[pose, which]
        pose, which = _confirm(poses, limb, pose, which, score, confirmed)
        if len(pose):
            _join(poses, limb, pose, which, ends, score, touches)
    fresh = ~touches.any(axis=0)
    if fresh.any():
        poses.start(limb, ends[fresh], score[fresh])


def _confirm(
    poses: _Poses,
    limb: np.ndarray,
    pose: np.ndarray,
    which: np.ndarray,
    score: np.ndarray,
    confirmed: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Raise the strength of confirmed slots; return the pairs that only join."""
    if confirmed.any():
        rows, best = pose[confirmed, None], score[which[confirmed], None]
        poses.strength[rows, limb] = np.maximum(poses.strength[rows, limb], best)
        pose, which = pose[~confirmed], which[~confirmed]
    return pose, which


def _join(
    poses: _Poses,
    limb: np.ndarray,
    pose: np.ndarray,
    which: np.ndarray,
    ends: np.ndarray,
    score: np.ndarray,
    touches: np.ndarray,
) -> None:
    """Let the strongest limb join each pose, then merge what has become one person."""
    first = np.ones(len(pose), dtype=bool)
    first[1:] = pose[1:] != pose[:-1]
    pose, which = pose[first], which[first]
    rows, best = pose[:, None], score[which, None]
    poses.members[rows, limb] = ends[which]
    poses.strength[rows, limb] = np.maximum(poses.strength[rows, limb], best)
    contested = which[touches[:, which].sum(axis=0) > 1]
    if len(contested):
        poses.merge(np.flatnonzero(touches[:, contested].any(axis=1)))
