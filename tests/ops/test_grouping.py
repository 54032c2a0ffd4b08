"""The greedy rules, each on a case worked by hand."""

import numpy as np
import pytest

from mmsia.ops.grouping import group_limbs
from mmsia.ops.limb_candidates import LimbCandidates

CHAIN = np.array([(0, 1), (1, 2), (2, 3)])


def candidates(*rows):
    """Rows (limb, source, target, score), sorted as `find_limbs` sorts them."""
    rows = sorted(rows, key=lambda row: (row[0], -row[3]))
    limb, source, target, score = zip(*rows, strict=True) if rows else ([],) * 4
    whole = (np.array(part, dtype=np.int64) for part in (limb, source, target))
    return LimbCandidates(*whole, np.array(score, dtype=float))


def group(*rows, limbs=CHAIN, num_keypoints=4):
    return group_limbs(candidates(*rows), limbs, num_keypoints).tolist()


def test_nothing_to_group():
    assert group() == []


def test_two_people_along_a_chain():
    poses = group((0, 0, 0, 0.9), (0, 1, 1, 0.8), (1, 0, 1, 0.7), (1, 1, 0, 0.6))
    assert poses == [[0, 0, 1, -1], [1, 1, 0, -1]]


def test_limb_that_touches_no_pose_starts_one():
    assert group((0, 0, 0, 0.9), (2, 3, 3, 0.5)) == [[0, 0, -1, -1], [-1, -1, 3, 3]]


def test_limb_that_touches_two_poses_merges_them():
    limbs = np.array([(0, 1), (2, 3), (1, 2)])
    rows = ((0, 0, 0, 0.9), (1, 1, 1, 0.8), (2, 0, 1, 0.95))
    assert group(*rows, limbs=limbs) == [[0, 0, 1, 1]]


def test_weaker_limb_does_not_replace_a_keypoint():
    limbs = np.array([(0, 1), (0, 2), (2, 1)])
    # the pose holds 1:0 and 2:0; a faint limb would replace 1:0 by 1:5
    rows = ((0, 0, 0, 0.9), (1, 0, 0, 0.8), (2, 0, 5, 0.1))
    assert group(*rows, limbs=limbs, num_keypoints=3) == [[0, 0, 0]]


def test_stronger_limb_replaces_a_keypoint():
    limbs = np.array([(0, 1), (0, 2), (2, 1)])
    rows = ((0, 0, 0, 0.3), (1, 0, 0, 0.4), (2, 0, 5, 0.9))
    assert group(*rows, limbs=limbs, num_keypoints=3) == [[0, 5, 0]]


def test_of_two_limbs_that_join_at_once_the_stronger_counts():
    limbs = np.array([(0, 1), (1, 2), (0, 2)])
    # pose 0:0 1:0 2:0; of type (0, 2) one limb touches 0:0, another 2:0
    rows = ((0, 0, 0, 0.1), (1, 0, 0, 0.1), (2, 0, 7, 0.9), (2, 6, 0, 0.8))
    assert group(*rows, limbs=limbs, num_keypoints=3) == [[0, 0, 7]]


def test_equal_score_never_replaces():
    limbs = np.array([(0, 1), (0, 2), (2, 1)])
    rows = ((0, 0, 0, 0.5), (1, 0, 0, 0.5), (2, 0, 5, 0.5))
    assert group(*rows, limbs=limbs, num_keypoints=3) == [[0, 0, 0]]


def test_three_poses_merge_at_once():
    limbs = np.array([(0, 1), (2, 3), (4, 5), (1, 2), (3, 4)])
    rows = [
        (0, 0, 0, 0.9),
        (1, 0, 0, 0.9),
        (2, 0, 0, 0.9),
        (3, 0, 0, 0.8),
        (4, 0, 0, 0.8),
    ]
    assert group(*rows, limbs=limbs, num_keypoints=6) == [[0] * 6]


@pytest.mark.parametrize(("younger", "kept"), [(0.9, 8), (0.98, 8), (1.0, 0)])
def test_only_a_clearly_stronger_keypoint_replaces_one_in_a_merger(younger, kept):
    limbs = np.array([(0, 1), (2, 3), (3, 4), (0, 4), (1, 2)])
    rows = (
        (0, 0, 0, 0.9),  # older: 0:0 1:0
        (1, 0, 0, 0.9),  # younger: 2:0 3:0
        (2, 0, 0, younger),  # younger gets 4:0
        (3, 0, 8, 0.9),  # older gets 4:8
        (4, 0, 0, 0.95),  # both are one person
    )
    poses = group(*rows, limbs=limbs, num_keypoints=5)
    assert poses == [[0, 0, 0, 0, kept]]


@pytest.mark.parametrize("seed", range(5))
def test_every_pose_has_two_keypoints_and_no_peak_is_invented(seed):
    rng = np.random.default_rng(seed)
    limbs = np.array([(i, j) for i in range(5) for j in range(5) if i != j])
    rows = []
    for limb in range(len(limbs)):
        sources, targets = rng.permutation(6)[:4], rng.permutation(6)[:4]
        rows += [
            (limb, s, t, rng.random()) for s, t in zip(sources, targets, strict=True)
        ]
    poses = np.array(group(*rows, limbs=limbs, num_keypoints=5))
    assert ((poses >= 0).sum(1) >= 2).all()
    assert poses.max() < 6
