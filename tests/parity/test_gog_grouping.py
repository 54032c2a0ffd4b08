"""Our vectorised grouping against the re-derived rules of the authors."""

import numpy as np
import pytest

from mmsia.ops.grouping import group_limbs
from mmsia.ops.limb_candidates import LimbCandidates
from mmsia.ops.limbs import get_limbs
from mmsia.ops.peaks import Peaks
from tests.parity.authors_grouping import group_like_the_authors

CLEAN = {
    "last_wins": False,
    "cancellation": False,
    "exactly_two": False,
    "fieldwise_maximum": False,
}


def random_case(seed, limbs, num_peaks, people):
    """People whose true limbs are strong, with wrong ones mixed in."""
    rng = np.random.default_rng(seed)
    peaks = Peaks(
        rng.uniform(1, 600, (17, num_peaks, 2)).astype(np.float32),
        rng.uniform(0.1, 1, (17, num_peaks)).astype(np.float32),
        np.full(17, num_peaks),
    )
    true = np.stack([rng.permutation(num_peaks)[:people] for _ in range(17)])
    rows = []
    for number, (f, t) in enumerate(limbs):
        partner = {int(s): int(e) for s, e in zip(true[f], true[t], strict=True)}
        wrong = rng.random(people) < 0.15
        ends = rng.permutation(num_peaks)
        for source, is_wrong, end in zip(list(partner), wrong, ends, strict=False):
            if is_wrong:
                partner[source] = int(end)
            if rng.random() < 0.2:
                del partner[source]
        best = {}
        for source, target in partner.items():
            score = rng.random()
            if target not in best or best[target][1] < score:
                best[target] = (source, score)
        found = sorted(((s, t, v) for t, (s, v) in best.items()), key=lambda x: -x[2])
        rows += [(number, s, t, v) for s, t, v in found]
    table = np.array(rows)
    whole = table[:, :3].astype(np.int64).T
    return peaks, LimbCandidates(*whole, table[:, 3])


def as_poses(members, peaks):
    poses = np.full((*members.shape, 3), -1.0)
    pose, kind = np.nonzero(members >= 0)
    poses[pose, kind, :2] = peaks.xy[kind, members[pose, kind]]
    poses[pose, kind, 2] = peaks.scores[kind, members[pose, kind]]
    return poses


@pytest.mark.parametrize("limbs", ["coco16", "coco19", "coco44"])
@pytest.mark.parametrize("seed", range(40))
def test_clean_rules_equal_the_loops(limbs, seed):
    limbs = get_limbs(limbs)
    people = 1 + seed % 9
    peaks, found = random_case(seed, limbs, people + 3, people)
    ours = as_poses(group_limbs(found, limbs, 17), peaks)
    loops = group_like_the_authors(found, limbs, 17, peaks, **CLEAN)
    np.testing.assert_array_equal(ours, loops)


def test_the_authors_rules_differ_somewhere():
    """Else the switches would not do what they say."""
    limbs = get_limbs("coco44")
    changed = dict.fromkeys(CLEAN, 0)
    for seed in range(60):
        peaks, found = random_case(seed, limbs, 8, 5)
        authors = group_like_the_authors(found, limbs, 17, peaks)
        for name in changed:
            other = group_like_the_authors(found, limbs, 17, peaks, **{name: False})
            same = other.shape == authors.shape and (other == authors).all()
            changed[name] += not same
    assert all(changed.values()), changed
