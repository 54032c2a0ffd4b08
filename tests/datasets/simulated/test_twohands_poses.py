"""Pairs of hands: distances of capsules, limits of joints, no deep overlap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from mmsia.datasets.simulated.twohands_contact import (
    Capsules,
    approach,
    capsule_radii,
    gap,
    own_gap,
    segment_distance,
)
from mmsia.datasets.simulated.twohands_people import person
from mmsia.datasets.simulated.twohands_poses import (
    BENDING,
    OWN_OVERLAP,
    PAIR_OVERLAP,
    SPREADING,
    PosedHand,
    draw_pair,
)
from mmsia.ops.hand_mesh import pose_hand


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, PosedHand]]:
    found = []
    for index in range(60):
        owner = person(3, "train", index % 24)
        rng = np.random.default_rng([11, index])
        found.append(
            draw_pair(owner.models, owner.shape, owner.radii, rng, apart=index % 2)
        )
    return found


def test_distances_of_segments_by_hand() -> None:
    lying = np.array([[0.0, 0, 0], [2, 0, 0]])
    others = np.array(
        [
            [[1.0, -1, 3], [1, 1, 3]],  # crosses above the middle
            [[5.0, 4, 0], [9, 9, 0]],  # beyond an end
            [[0.5, 1, 0], [1.5, 1, 0]],  # parallel beside
            [[1.0, 0, 0], [1, 0, 7]],  # touches
        ]
    )
    found = segment_distance(lying[None], others)
    np.testing.assert_allclose(found, [3, 5, 1, 0], atol=1e-12)


def test_distances_of_segments_agree_with_a_search() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(25, 2, 3)), rng.normal(size=(25, 2, 3))
    found = segment_distance(first, second)
    for a, b, distance in zip(first, second, found, strict=True):

        def apart(st: np.ndarray, a: np.ndarray = a, b: np.ndarray = b) -> float:
            p, q = a[0] + st[0] * (a[1] - a[0]), b[0] + st[1] * (b[1] - b[0])
            return float(((p - q) ** 2).sum())

        best = min(
            minimize(apart, start, bounds=[(0, 1), (0, 1)], tol=1e-14).fun
            for start in ((0, 0), (1, 1), (0, 1), (1, 0), (0.5, 0.5))
        )
        assert distance == pytest.approx(best**0.5, abs=1e-6)


def test_the_gap_of_capsules_by_hand() -> None:
    one = Capsules(np.array([[[0.0, 0, 0], [1, 0, 0]]]), np.array([0.1]))
    other = Capsules(np.array([[[0.0, 1, 0], [1, 1, 0]]]), np.array([0.3]))
    assert gap(one, other) == pytest.approx(0.6)
    assert gap(one, other.moved(np.array([0, -0.9, 0]))) == pytest.approx(-0.3)


def test_an_approach_stops_at_the_wanted_gap() -> None:
    owner = person(0, "train", 0)
    still = np.zeros(3)
    hands = []
    for side in ("right", "left"):
        model = owner.models[side]
        vertices, joints = pose_hand(model, still, np.zeros(45), owner.shape, still)
        root = still
        hands.append(
            PosedHand(
                root, np.zeros(45), owner.shape, still, vertices, joints, owner.radii
            ).capsules
        )
    way = np.array([0.0, 0.6, 0.8])
    for wanted in (0.02, 0.0, -0.001):
        shift = approach(*hands, way, wanted)
        reached = gap(hands[0], hands[1].moved(shift))
        assert wanted <= reached < wanted + 3e-4
        # nothing is nearer farther out
        outside = [
            gap(hands[0], hands[1].moved(shift + way * far))
            for far in (0.01, 0.05, 0.2)
        ]
        assert min(outside) >= wanted


def test_hands_meet_without_deep_overlap(pairs: list[dict[str, PosedHand]]) -> None:
    gaps = np.array([gap(p["left"].capsules, p["right"].capsules) for p in pairs])
    assert gaps.min() >= -PAIR_OVERLAP
    assert (gaps[::2] < 0.0015).all()  # asked to touch
    assert (gaps[1::2] > 0.0005).all()  # asked not to
    assert gaps.max() < 0.052
    own = [own_gap(hand.capsules) for pair in pairs for hand in pair.values()]
    assert min(own) > -OWN_OVERLAP


def test_flesh_is_not_deep_inside_the_other_hand(
    pairs: list[dict[str, PosedHand]],
) -> None:
    deepest = []
    for pair in pairs:
        for one, other in (("left", "right"), ("right", "left")):
            capsules = pair[other].capsules
            start = capsules.ends[:, 0]
            way = capsules.ends[:, 1] - start
            off = pair[one].vertices[:, None] - start
            t = np.clip((off * way).sum(-1) / (way * way).sum(-1), 0, 1)
            away = np.linalg.norm(off - t[..., None] * way, axis=-1)
            deepest.append((capsules.radii - away).max())
    assert np.quantile(deepest, 0.9) < 0.003
    assert max(deepest) < 0.009


def test_fingers_bend_within_their_limits(pairs: list[dict[str, PosedHand]]) -> None:
    bends, spreads = [], []
    for pair in pairs:
        for side, hand in pair.items():
            pose = hand.pose + person(3, "train", 0).models[side].hands_mean
            mirrored = (1, 1, 1) if side == "right" else (1, -1, -1)
            pose = (pose.reshape(15, 3) * mirrored)[:12].reshape(4, 3, 3)
            # the outer joints are hinges, the knuckles spread and then bend: no twist
            assert np.abs(pose[:, 1:, :2]).max() < 1e-9
            knuckle = Rotation.from_rotvec(pose[:, 0]).as_euler("YZX", degrees=True)
            assert np.abs(knuckle[:, 2]).max() < 1e-6
            hinges = np.degrees(pose[:, 1:, 2])
            bends.append(np.concatenate([knuckle[:, 1:2], hinges], axis=1))
            spreads.append(knuckle[:, 0])
    bends, spreads = np.array(bends), np.array(spreads)
    for bone, (low, high) in enumerate(BENDING):
        assert bends[:, :, bone].min() >= low - 1e-6
        assert bends[:, :, bone].max() <= high + 1e-6
        assert np.ptp(bends[:, :, bone]) > 0.6 * (high - low)
    assert spreads.min() >= SPREADING[0] - 1e-6
    assert spreads.max() <= SPREADING[1] + 1e-6
    assert np.ptp(spreads) > 0.6 * (SPREADING[1] - SPREADING[0])


def test_people_face_the_cameras_with_their_arms_below() -> None:
    """World: x to the right and y down as a camera in front sees it."""

    def mostly(spin: float) -> tuple[float, float]:
        right, below = [], []
        for index in range(60):
            owner = person(3, "train", index % 24)
            rng = np.random.default_rng([12, index])
            pair = draw_pair(owner.models, owner.shape, owner.radii, rng, spin=spin)
            middles = {side: hand.vertices.mean(axis=0) for side, hand in pair.items()}
            right.append(middles["left"][0] > middles["right"][0])
            wrists = [hand.joints[0] - hand.joints[4] for hand in pair.values()]
            below.append(sum(wrists)[1] > 0)
        return float(np.mean(right)), float(np.mean(below))

    ahead, around = mostly(0.3), mostly(np.pi)
    assert min(ahead) > 0.9
    assert 0.3 < around[0] < 0.7
    assert around[1] > 0.9


def test_a_hand_is_what_its_numbers_say(pairs: list[dict[str, PosedHand]]) -> None:
    owner = person(3, "train", 1)
    hand = pairs[1]["left"]
    vertices, joints = pose_hand(
        owner.models["left"], hand.root, hand.pose, hand.shape, hand.trans
    )
    np.testing.assert_allclose(vertices, hand.vertices, atol=1e-12)
    np.testing.assert_allclose(joints, hand.joints, atol=1e-12)


def test_radii_grow_with_the_hand() -> None:
    owner = person(0, "train", 0)
    model = owner.models["right"]
    small = capsule_radii(model, np.eye(10)[0] * -2)
    large = capsule_radii(model, np.eye(10)[0] * 2)
    assert (large > small).all()
    assert 0.004 < small.min() < large.max() < 0.03
