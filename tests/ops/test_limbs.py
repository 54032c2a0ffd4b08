"""Limb sets, their mirror images and the rule behind the 39."""

import json

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.limbs import (
    COCO19,
    COCO39,
    COCO44,
    LIMB_SETS,
    drop_longest_limbs,
    get_limbs,
    mirror_limbs,
    relative_limb_lengths,
)


@pytest.mark.parametrize("name", sorted(LIMB_SETS))
def test_name_tells_the_number_of_limbs(name):
    limbs = get_limbs(name)
    assert limbs.shape == (int(name.removeprefix("coco")), 2)
    assert limbs.max() < 17


def test_44_and_39_contain_the_19_in_either_direction():
    undirected = {frozenset(limb) for limb in COCO19}
    for larger in (COCO39, COCO44):
        assert undirected <= {frozenset(limb) for limb in larger}


@pytest.mark.parametrize(
    "limbs",
    ["coco20", [], [(0, 0)], [(0, 1), (1, 0)], [(0, -1)], [(0.5, 1)], [0, 1]],
)
def test_bad_limbs_are_refused(limbs):
    with pytest.raises(InputError, match="expected"):
        get_limbs(limbs)


def test_mirror_of_19_is_the_published_permutation():
    permutation, crossing = mirror_limbs(get_limbs("coco19"))
    published = [1, 0, 2, 4, 3, 5, 7, 6, 10, 11, 8, 9, 13, 12, 14, 17, 18, 15, 16]
    assert permutation.tolist() == published
    assert np.flatnonzero(crossing).tolist() == [2, 5, 14]


def test_mirror_of_44_keeps_the_published_limbs():
    permutation, crossing = mirror_limbs(get_limbs("coco44"))
    kept = [2, 5, 14, 19, 26, 27, 42, 43]
    assert np.flatnonzero(crossing).tolist() == kept
    assert permutation[kept].tolist() == kept
    assert (permutation[permutation] == np.arange(44)).all()


def test_mirroring_an_asymmetric_set_is_an_error():
    with pytest.raises(InputError, match="not symmetric"):
        mirror_limbs(np.array([(5, 7)]))


def test_relative_length_by_hand():
    keypoints = np.zeros((2, 3, 2))
    keypoints[0, 1] = (3, 4)
    keypoints[1, 1] = (6, 8)
    visible = np.array([[1, 1, 0], [1, 1, 0]], dtype=bool)
    lengths = relative_limb_lengths(
        np.array([(0, 1), (1, 2)]), keypoints, visible, np.array([10.0, 10.0])
    )
    assert lengths[0] == pytest.approx(0.75)  # median of 0.5 and 1.0
    assert np.isnan(lengths[1])


def test_longest_free_limbs_go_in_mirror_pairs():
    limbs = np.array([(1, 2), (5, 7), (6, 8), (5, 6), (9, 10)])
    lengths = np.array([5.0, 4.0, 4.0, 3.0, 2.0])
    kept = drop_longest_limbs(limbs, lengths, 3, always_kept=[(1, 2)])
    assert kept.tolist() == [[1, 2], [5, 6], [9, 10]]
    # one may go: the pair is passed over, the next single one is (5, 6)
    kept = drop_longest_limbs(limbs, lengths, 4, always_kept=[(2, 1)])
    assert kept.tolist() == [[1, 2], [5, 7], [6, 8], [9, 10]]
    with pytest.raises(InputError, match="cannot reach"):
        drop_longest_limbs(limbs, lengths, 0, always_kept=[(2, 1)])


def test_39_is_what_the_rule_gives_on_coco_annotations(samples):
    path = samples / "coco_val_part" / "person_keypoints_val2017_part.json"
    people = [
        person
        for person in json.loads(path.read_text())["annotations"]
        if not person["iscrowd"] and person["num_keypoints"]
    ]
    keypoints = np.array([p["keypoints"] for p in people], float).reshape(-1, 17, 3)
    scales = np.sqrt([p["bbox"][2] * p["bbox"][3] for p in people])
    limbs = get_limbs("coco44")
    lengths = relative_limb_lengths(
        limbs, keypoints[..., :2], keypoints[..., 2] > 0, scales
    )
    assert drop_longest_limbs(limbs, lengths, 39).tolist() == [list(x) for x in COCO39]
