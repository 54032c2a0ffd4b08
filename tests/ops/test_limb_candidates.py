"""Pairing of peaks along guiding offsets."""

import numpy as np
import pytest
import torch

from mmsia.errors import InputError
from mmsia.ops.limb_candidates import PairingRule, find_limbs
from mmsia.ops.peaks import Peaks

LIMBS = np.array([(0, 1)])


def make_peaks(sources, targets, source_scores=None, target_scores=None):
    count = max(len(sources), len(targets))
    xy, scores = np.zeros((2, count, 2), np.float32), np.zeros((2, count), np.float32)
    for kind, (points, values) in enumerate(
        ((sources, source_scores), (targets, target_scores))
    ):
        xy[kind, : len(points)] = np.reshape(points, (-1, 2))
        scores[kind, : len(points)] = values or [1.0] * len(points)
    return Peaks(xy, scores, np.array([len(sources), len(targets)]))


def constant_offsets(dx, dy):
    return np.broadcast_to(
        np.float32([dx, dy])[:, None, None], (2, 25, 25)
    ).copy()  # 100 x 100 pixels at stride 4


def test_score_by_hand():
    peaks = make_peaks([(20, 20)], [(50, 20)], [0.8], [0.5])
    found = find_limbs(peaks, constant_offsets(27, 4), LIMBS, 4, PairingRule())
    # guided to (47, 24): 5 px from the partner, 30 px of length
    assert found.source.tolist() == [0] and found.target.tolist() == [0]
    assert found.score[0] == pytest.approx(0.8 * 0.5 * np.exp(-5 / 30), rel=1e-6)


def test_nearest_partner_within_the_gate():
    peaks = make_peaks([(20, 20)], [(90, 20), (45, 20)])
    found = find_limbs(peaks, constant_offsets(30, 0), LIMBS, 4, PairingRule())
    assert found.target.tolist() == [1]
    tight = PairingRule(max_guide_error=5.0)
    assert len(find_limbs(peaks, constant_offsets(30, 0), LIMBS, 4, tight).limb) == 0


def test_two_sources_of_one_target_keep_the_stronger():
    peaks = make_peaks([(20, 20), (22, 24)], [(50, 20)], [0.6, 0.9])
    found = find_limbs(peaks, constant_offsets(30, 0), LIMBS, 4, PairingRule())
    assert found.source.tolist() == [1]


def test_limbs_come_by_type_and_falling_score():
    rng = np.random.default_rng(0)
    peaks = Peaks(
        rng.uniform(0, 99, (3, 6, 2)).astype(np.float32),
        rng.uniform(0.1, 1, (3, 6)).astype(np.float32),
        np.array([6, 6, 6]),
    )
    offsets = rng.normal(0, 20, (6, 25, 25)).astype(np.float32)
    limbs = np.array([(0, 1), (1, 2), (2, 0)])
    found = find_limbs(peaks, offsets, limbs, 4, PairingRule())
    assert (np.diff(found.limb) >= 0).all()
    same_type = np.diff(found.limb) == 0
    assert (np.diff(found.score)[same_type] <= 0).all()
    for column in (found.source, found.target):
        pairs = np.stack((found.limb, column), 1)
        assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_paper_reading_takes_the_best_score_above_a_threshold():
    # the nearer partner is faint, the further one bright
    peaks = make_peaks([(20, 20)], [(50, 20), (60, 20)], [1.0], [0.1, 0.9])
    offsets = constant_offsets(31, 0)
    nearest = find_limbs(peaks, offsets, LIMBS, 4, PairingRule())
    by_score = find_limbs(peaks, offsets, LIMBS, 4, PairingRule(pairing="score"))
    assert (nearest.target.tolist(), by_score.target.tolist()) == ([0], [1])
    strict = PairingRule(pairing="score", limb_thr=0.95)
    assert len(find_limbs(peaks, offsets, LIMBS, 4, strict).limb) == 0


@pytest.mark.parametrize("pairing", ["nearest", "score"])
@pytest.mark.parametrize(
    ("sources", "targets"), [([], []), ([(5, 5)], []), ([], [(5, 5)])]
)
def test_no_peaks_no_limbs(pairing, sources, targets):
    peaks = make_peaks(sources, targets)
    rule = PairingRule(pairing=pairing)
    assert len(find_limbs(peaks, constant_offsets(0, 0), LIMBS, 4, rule).limb) == 0


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_unsupervised_offsets_guide_nowhere(value):
    peaks = make_peaks([(20, 20)], [(50, 20)])
    offsets = constant_offsets(value, 0)
    assert len(find_limbs(peaks, offsets, LIMBS, 4, PairingRule()).limb) == 0


def test_tensors_give_the_same():
    peaks = make_peaks([(20, 20)], [(50, 20)])
    offsets = constant_offsets(27, 4)
    expected = find_limbs(peaks, offsets, LIMBS, 4, PairingRule())
    found = find_limbs(peaks, torch.from_numpy(offsets), LIMBS, 4, PairingRule())
    np.testing.assert_array_equal(found.score, expected.score)


def test_unknown_pairing_is_refused():
    with pytest.raises(InputError, match="unknown pairing"):
        PairingRule(pairing="best")
