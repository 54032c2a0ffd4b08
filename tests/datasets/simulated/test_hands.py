"""Simulated hands: anatomy, crops, keypoints on the joints, and MMPose reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmsia.datasets.simulated import hands
from mmsia.datasets.simulated.hands_flesh import sample_look
from mmsia.datasets.simulated.hands_scene import (
    build_scene,
    crop_camera,
    sample_sequence,
)
from mmsia.datasets.simulated.hands_skeleton import (
    KEYPOINTS,
    LIMITS,
    LINKS,
    HandPose,
    between,
    pose_hand,
    sample_pose,
    sample_shape,
    to_camera,
)
from mmsia.datasets.simulated.presets import HANDS
from mmsia.datasets.simulated.rendering.primitives import Capsule
from mmsia.datasets.simulated.rendering.rotations import uniform_rotation
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render
from mmsia.files import read_json

SMOKE, MINI = HANDS["smoke"], HANDS["mini"]
STRAIGHT = HandPose(np.zeros((5, 4)), np.zeros(2))


def test_a_bent_forefinger_by_hand() -> None:
    shape = replace(sample_shape(np.random.default_rng(0)), left=False)
    straight = pose_hand(shape, STRAIGHT)
    base, middle, outer, tip = straight.joints[5:9]
    np.testing.assert_array_equal(base, shape.bases[1])
    # fanned by 0.06 radians to the thumb's side
    way = np.array([np.sin(0.06), np.cos(0.06), 0.0])
    np.testing.assert_allclose(middle - base, shape.lengths[1, 0] * way, atol=1e-9)
    np.testing.assert_allclose(tip - outer, shape.lengths[1, 2] * way, atol=1e-9)
    angles = np.zeros((5, 4))
    angles[1, 1] = 90.0
    bent = pose_hand(shape, HandPose(angles, np.zeros(2))).joints
    # its outer two bones point out of the palm, the others stay
    palmwards = np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(
        bent[7] - bent[6], shape.lengths[1, 1] * palmwards, atol=1e-9
    )
    np.testing.assert_allclose(
        bent[8] - bent[7], shape.lengths[1, 2] * palmwards, atol=1e-9
    )
    np.testing.assert_array_equal(np.delete(bent, (7, 8), 0)[:7], straight.joints[:7])


def test_the_thumb_closes_over_the_palm() -> None:
    shape = replace(sample_shape(np.random.default_rng(0)), left=False)
    open_tip = pose_hand(shape, STRAIGHT).joints[4]
    angles = np.zeros((5, 4))
    angles[0] = (25, 50, 60, 0)
    closed_tip = pose_hand(shape, HandPose(angles, np.zeros(2))).joints[4]
    assert open_tip[0] > 60
    assert closed_tip[0] < open_tip[0] - 30
    assert closed_tip[2] > open_tip[2]


def test_poses_stay_inside_the_limits_and_use_them() -> None:
    rng = np.random.default_rng(0)
    angles = np.array([sample_pose(rng).angles for _ in range(400)])
    low, high = LIMITS[:, :, 0], LIMITS[:, :, 1]
    assert (angles >= low - 1e-9).all()
    assert (angles <= high + 1e-9).all()
    used = (angles.max(0) - angles.min(0)) / (high - low)
    assert used.min() > 0.7
    # bent fingers are not spread
    strongly = np.abs(angles[:, 1:, 3])[angles[:, 1:, 0] > 75]
    assert strongly.max() < 9


def test_bones_keep_their_lengths_and_left_hands_are_mirrored() -> None:
    rng = np.random.default_rng(5)
    shape, pose, turn = sample_shape(rng), sample_pose(rng), uniform_rotation(rng)
    hand = pose_hand(shape, pose)
    wrist = np.array([3.0, -2.0, 500.0])
    joints = to_camera(hand, hand.joints, turn, wrist)
    np.testing.assert_array_equal(joints[0], wrist)
    for finger in range(5):
        bones = np.diff(joints[4 * finger + 1 : 4 * finger + 5], axis=0)
        np.testing.assert_allclose(
            np.linalg.norm(bones, axis=1), shape.lengths[finger], rtol=1e-9
        )
    other = pose_hand(replace(shape, left=not shape.left), pose)
    mirrored = to_camera(other, other.joints, turn, wrist)
    chirality = [
        np.sign(np.linalg.det(points[[5, 17, 4]] - points[0]))
        for points in (joints, mirrored)
    ]
    assert chirality[0] == -chirality[1]


def test_people_differ_in_size_fingers_and_skin() -> None:
    rng = np.random.default_rng(0)
    shapes = [sample_shape(rng) for _ in range(200)]
    ratios = [s.lengths[1].sum() / s.lengths[3].sum() for s in shapes]
    assert np.ptp(ratios) > 0.2
    assert 60 < sum(s.left for s in shapes) < 140
    skin = np.array([sample_look(rng).skin for _ in range(200)])
    assert np.ptp(skin.mean(1)) > 120


def test_the_crop_follows_the_rule() -> None:
    for index in range(0, 40, 5):
        made = hands.sample(1, index, SMOKE)
        low, high = made.keypoints.min(0), made.keypoints.max(0)
        assert (high - low).max() == pytest.approx(SMOKE.size / 2.2)
        np.testing.assert_allclose((low + high) / 2, (SMOKE.size - 1) / 2, atol=1e-9)
        assert made.image.shape == (SMOKE.size, SMOKE.size, 3)
    flat = np.array([[0.0, 0.0, 2.0], [1.0, 0.5, 2.0]])
    camera = crop_camera(flat, 220)
    np.testing.assert_allclose(camera.project(flat), [[59.5, 84.5], [159.5, 134.5]])


def test_single_coloured_joints_are_found_where_the_keypoints_are() -> None:
    rng = np.random.default_rng(3)
    for seed in range(6):
        sequence = sample_sequence(np.random.default_rng(seed), MINI)
        built = build_scene(sequence, 0.5, rng, MINI)
        camera = built.scene.camera
        keypoints = camera.project(built.joints)
        radius = 3.0 * built.joints[:, 2] / camera.focal[0]
        for k in range(21):
            joint = built.joints[k]
            mark = Capsule(joint, joint, radius[k], radius[k], 0, (0.0, 0.0, 255.0))
            flat = Light(ambient=1.0, diffuse=0.0)
            image = render(Scene(camera, [mark], None, flat), rng).image
            rows, columns = np.nonzero((image == (0, 0, 255)).all(-1))
            found = np.array([columns.mean(), rows.mean()])
            assert np.abs(found - keypoints[k]).max() < 1.0


def test_seen_keypoints_lie_on_the_flesh_of_their_own_finger() -> None:
    shares = []
    for index in range(0, 80, 8):
        made = hands.sample(0, index, MINI)
        x, y = np.rint(made.keypoints).astype(int).T
        part = made.rendered.parts[y, x]
        instance = made.rendered.instances[y, x]
        for k in np.flatnonzero(made.visible):
            assert instance[k] == 0
            assert part[k] in (k, k + 1 if k % 4 else k, 0, 21)
        shares.append(made.visible.mean())
    assert 0.3 < np.mean(shares) < 0.9


def test_every_joint_is_inside_its_flesh() -> None:
    # without anything else in the way, a line of sight to a joint meets the hand
    easy = HANDS["easy"]
    for index in range(0, 96, 8):
        made = hands.sample(2, index, easy)
        x, y = np.rint(made.keypoints).astype(int).T
        assert (made.rendered.instances[y, x] == 0).mean() > 0.95


def test_harder_presets_hide_more() -> None:
    shares = {}
    for name in ("easy", "hard"):
        made = [hands.sample(0, 8 * index, HANDS[name]) for index in range(25)]
        shares[name] = np.mean([m.visible.mean() for m in made])
    assert shares["hard"] < shares["easy"] - 0.1


def test_sequences_share_a_hand_and_move() -> None:
    made = [hands.sample(0, index, SMOKE) for index in range(2 * SMOKE.frames)]
    assert [m.sequence for m in made] == [0] * SMOKE.frames + [1] * SMOKE.frames
    first, last, other = made[0], made[SMOKE.frames - 1], made[SMOKE.frames]
    assert first.left == last.left
    assert np.abs(first.keypoints - last.keypoints).max() > 2
    near = np.abs(made[1].keypoints - first.keypoints).mean()
    assert near < np.abs(other.keypoints - first.keypoints).mean()
    start, end = STRAIGHT, HandPose(np.full((5, 4), 10.0), np.full(2, 4.0))
    np.testing.assert_allclose(between(start, end, 0.25).angles, 2.5)


def test_hands_are_turned_every_way() -> None:
    directions = []
    for index in range(0, 8 * 60, 8):
        points = hands.sample(0, index, replace(MINI, size=32)).keypoints
        directions.append(np.arctan2(*(points[9] - points[0])[::-1]))
    quarters = np.histogram(directions, bins=4, range=(-np.pi, np.pi))[0]
    assert quarters.min() >= 5


def test_the_same_image_whatever_was_made_before() -> None:
    wanted = hands.encode(4, 9, SMOKE)
    hands.encode(4, 30, SMOKE)
    assert hands.encode(4, 9, SMOKE) == wanted
    assert hands.encode(5, 9, SMOKE).files != wanted.files


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands")
    hands.write_hands(folder, 10, 7, preset="smoke")
    return folder


def test_the_annotation_file_says_what_was_drawn(written: Path) -> None:
    content = read_json(written / "annotations/panoptic_train.json")
    assert content["categories"][0]["keypoints"] == list(KEYPOINTS)
    assert len(LINKS) == 20
    assert [i["sequence"] for i in content["images"]] == [0] * 4 + [1] * 4 + [2] * 2
    for index, annotation in enumerate(content["annotations"]):
        made = hands.sample(7, index, SMOKE)
        values = np.array(annotation["keypoints"]).reshape(21, 3)
        np.testing.assert_allclose(values[:, :2], made.keypoints, atol=6e-4)
        np.testing.assert_array_equal(values[:, 2] == 2, made.visible)
        assert set(values[:, 2]) <= {1.0, 2.0}
        assert len(annotation["head_size"]) == 1


def test_mmpose_reads_it_and_ground_truth_scores_all(written: Path) -> None:
    from mmengine.structures import InstanceData
    from mmpose.datasets import PanopticHand2DDataset
    from mmpose.datasets.transforms import (
        GetBBoxCenterScale,
        LoadImage,
        PackPoseInputs,
        TopdownAffine,
    )
    from mmpose.evaluation import PCKAccuracy

    import mmsia.all  # noqa: F401

    pipeline = [
        LoadImage(),
        GetBBoxCenterScale(padding=2.2),
        TopdownAffine(input_size=(96, 96)),
        PackPoseInputs(),
    ]
    dataset = PanopticHand2DDataset(
        ann_file="annotations/panoptic_train.json",
        data_root=str(written),
        data_prefix={"img": ""},
        pipeline=pipeline,
    )
    assert len(dataset) == 10
    metric = PCKAccuracy(thr=1e-6, norm_item="bbox")
    metric.dataset_meta = dataset.metainfo
    for index in range(len(dataset)):
        packed = dataset[index]
        truth = packed["data_samples"].gt_instances
        assert packed["inputs"].shape == (3, 96, 96)
        assert len(truth.head_size) == 1
        expected = hands.sample(7, index, SMOKE).keypoints
        np.testing.assert_allclose(truth.keypoints[0], expected, atol=1e-3)
        sample = packed["data_samples"]
        sample.pred_instances = InstanceData(keypoints=truth.keypoints.copy())
        metric.process([packed], [sample.to_dict()])
    assert metric.evaluate(size=10)["PCK"] == 1.0
