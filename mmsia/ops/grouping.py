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
* in a merger the younger pose fills the empty slots of the older one and replaces
  keypoints that are clearly weaker than its own (there the maximum of x, y and score
  each on its own, which can mix two keypoints), and three poses can merge at once
  (there two of them vanish).
"""

from __future__ import annotations

import numpy as np

from mmsia.ops.limb_candidates import LimbCandidates

EMPTY = -1
CLEARLY = 1.1
"""How many times as strong a keypoint replaces another when two poses merge. Perfect
maps make all limbs nearly as strong, and age decides; a network's noise is weaker by
far, and must not outlive a person because it was seen first."""


class _Poses:
    """Growing table of poses: which peak fills each slot, and how strongly."""

    def __init__(self, num_limbs: int, num_keypoints: int) -> None:
        self.members = np.full((num_limbs, num_keypoints), EMPTY, dtype=np.int64)
        self.strength = np.full((num_limbs, num_keypoints), -1.0)
        self.count = 0

    def start(
        self,
        limb: tuple[int, int],
        source: np.ndarray,
        target: np.ndarray,
        score: np.ndarray,
    ) -> None:
        """Append one pose for each limb (n,)."""
        rows = slice(self.count, self.count + len(score))
        for kind, peak in zip(limb, (source, target), strict=True):
            self.members[rows, kind] = peak
            self.strength[rows, kind] = score
        self.count += len(score)

    def raise_strength(
        self, limb: tuple[int, int], rows: np.ndarray, score: np.ndarray
    ) -> None:
        """Let both slots of the poses (n,) be at least as strong as their limb."""
        for kind in limb:
            strength = self.strength[rows, kind]
            self.strength[rows, kind] = np.maximum(strength, score)

    def merge(self, rows: np.ndarray) -> None:
        """Merge those of the given poses that share two or more keypoints."""
        members = self.members[rows]
        shared = (members[:, None] == members) & (members != EMPTY)
        removed: list[int] = []
        for i, j in np.argwhere(np.triu(shared.sum(axis=2) >= 2, k=1)):
            first, second = int(rows[i]), int(rows[j])
            if first not in removed and second not in removed:
                self._fill(first, second)
                removed.append(second)
        if removed:
            self._remove(removed)

    def _fill(self, first: int, second: int) -> None:
        """Give the older pose what it lacks or what is clearly stronger."""
        younger = self.members[second]
        # an empty slot has strength -1, weaker than any limb
        taken = self.strength[second] > CLEARLY * self.strength[first]
        taken &= younger != EMPTY
        self.members[first, taken] = younger[taken]
        np.maximum(*self.strength[[first, second]], self.strength[first])

    def _remove(self, rows: list[int]) -> None:
        kept = np.delete(np.arange(self.count), rows)
        for table, empty in ((self.members, EMPTY), (self.strength, -1.0)):
            table[: len(kept)] = table[kept]
            table[len(kept) : self.count] = empty
        self.count = len(kept)


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
    for (f, t), begin, end in zip(limbs.tolist(), starts, starts[1:], strict=False):
        if begin < end:
            found = slice(begin, end)
            source, target = candidates.source[found], candidates.target[found]
            _add_limb_type(poses, (f, t), source, target, candidates.score[found])
    return poses.members[: poses.count]


def _add_limb_type(
    poses: _Poses,
    limb: tuple[int, int],
    source: np.ndarray,
    target: np.ndarray,
    score: np.ndarray,
) -> None:
    """Take in all limbs of one type at once.

    Args:
        poses: The poses so far, changed in place.
        limb: Keypoint types.
        source: (n,) peaks of the first type.
        target: (n,) peaks of the second.
        score: (n,) scores, falling.
    """
    if poses.count == 0:
        poses.start(limb, source, target, score)
        return
    now = slice(poses.count)
    # (poses, limbs): which of the limb's ends the pose holds
    has_source = poses.members[now, limb[0], None] == source
    has_target = poses.members[now, limb[1], None] == target
    touches = has_source | has_target
    weakest = np.minimum(poses.strength[now, limb[0]], poses.strength[now, limb[1]])
    pose, which = (touches & (score > weakest[:, None])).nonzero()
    touched = touches.sum(axis=0)
    if len(pose):
        confirmed = has_source[pose, which] & has_target[pose, which]
        if confirmed.any():
            poses.raise_strength(limb, pose[confirmed], score[which[confirmed]])
            pose, which = pose[~confirmed], which[~confirmed]
        if len(pose):
            which = _join(poses, limb, pose, which, source, target, score)
            contested = which[touched[which] > 1]
            if len(contested):
                poses.merge(np.flatnonzero(touches[:, contested].any(axis=1)))
    if not touched.all():
        fresh = touched == 0
        poses.start(limb, source[fresh], target[fresh], score[fresh])


def _join(
    poses: _Poses,
    limb: tuple[int, int],
    pose: np.ndarray,
    which: np.ndarray,
    source: np.ndarray,
    target: np.ndarray,
    score: np.ndarray,
) -> np.ndarray:
    """Let the strongest limb join each pose; return the limbs that joined one.

    Args:
        poses: Changed in place.
        limb: Keypoint types.
        pose: (n,) poses that could be joined, in rising order.
        which: (n,) the limb that could join each.
        source: All limbs' peaks of the first type.
        target: All limbs' peaks of the second type.
        score: All limbs' scores, falling.
    """
    # limbs come by falling score: the first that a pose is offered is its strongest
    first = np.ones(len(pose), dtype=bool)
    np.not_equal(pose[1:], pose[:-1], out=first[1:])
    if not first.all():
        pose, which = pose[first], which[first]
    poses.members[pose, limb[0]] = source[which]
    poses.members[pose, limb[1]] = target[which]
    poses.raise_strength(limb, pose, score[which])
    return which
