"""The hand mesh's formulas against hand-worked cases and independent ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mmsia.datasets.simulated.twohands_model import stand_in
from mmsia.errors import InputError
from mmsia.ops.hand_mesh import (
    JOINTS_21,
    PARENTS,
    TIP_VERTICES,
    HandModel,
    axis_angle,
    joints_21,
    multiply,
    pose_hand,
    regress_joints,
    rodrigues,
    rotate,
    shaped_vertices,
    skin,
)

STILL = np.zeros(3)


@pytest.fixture(scope="module")
def model() -> HandModel:
    return stand_in()


def test_a_quarter_turn_by_hand() -> None:
    turn = rodrigues(np.array([0.0, 0.0, np.pi / 2]))
    # sines are kept to twelve decimals
    np.testing.assert_allclose(turn, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-11)
    np.testing.assert_array_equal(rodrigues(STILL), np.eye(3))


def test_rotations_agree_with_scipy_there_and_back() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (50, 3))
    vectors[0] *= 1e-7
    lengths = np.linalg.norm(vectors, axis=1)
    vectors[lengths > 3] *= 3 / lengths[lengths > 3][:, None]
    turns = rodrigues(vectors.reshape(5, 10, 3))
    wanted = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(turns.reshape(-1, 3, 3), wanted, atol=1e-11)
    back = np.array([axis_angle(turn) for turn in wanted])
    np.testing.assert_allclose(back, vectors, atol=1e-9)


@pytest.mark.parametrize("axis", [*np.eye(3).tolist(), [0.6, 0.0, -0.8]])
def test_half_a_turn_comes_back_as_one(axis: list[float]) -> None:
    turn = rodrigues(np.array(axis) * np.pi)
    np.testing.assert_allclose(rodrigues(axis_angle(turn)), turn, atol=1e-6)


def test_products_agree_with_matmul() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 3, 2))
    np.testing.assert_allclose(multiply(a, b), a @ b, atol=1e-12)
    points = rng.normal(size=(7, 3))
    np.testing.assert_allclose(rotate(points, a[0]), points @ a[0].T, atol=1e-12)


def test_the_rest_pose_is_the_template(model: HandModel) -> None:
    vertices, joints = pose_hand(model, STILL, -model.hands_mean, np.zeros(10), STILL)
    np.testing.assert_allclose(vertices, model.v_template, atol=1e-12)
    np.testing.assert_allclose(joints, model.J_regressor @ model.v_template, atol=1e-12)


def test_posing_agrees_with_homogeneous_matrices(model: HandModel) -> None:
    rng = np.random.default_rng(2)
    root, pose = rng.normal(0, 1, 3), rng.normal(0, 0.4, 45)
    shape, trans = rng.normal(0, 1, 10), rng.normal(0, 1, 3)
    vertices, joints = pose_hand(model, root, pose, shape, trans)
    rest = model.v_template + model.shapedirs @ shape
    places = model.J_regressor @ rest
    turns = Rotation.from_rotvec(
        np.concatenate([root, pose + model.hands_mean]).reshape(16, 3)
    ).as_matrix()
    posed = rest + model.posedirs @ (turns[1:] - np.eye(3)).ravel()
    world = np.zeros((16, 4, 4))
    for j in range(16):
        local = np.eye(4)
        local[:3, :3] = turns[j]
        local[:3, 3] = places[j] - (places[PARENTS[j]] if j else 0)
        world[j] = world[PARENTS[j]] @ local if j else local
    np.testing.assert_allclose(joints, world[:, :3, 3] + trans, atol=1e-10)
    away = world.copy()
    away[:, :3, 3] -= np.einsum("jab,jb->ja", world[:, :3, :3], places)
    blended = np.einsum("vj,jab->vab", model.weights, away)
    ones = np.concatenate([posed, np.ones((778, 1))], axis=1)
    wanted = np.einsum("vab,vb->va", blended, ones)[:, :3] + trans
    np.testing.assert_allclose(vertices, wanted, atol=1e-10)


def test_turning_the_root_turns_the_hand_about_the_wrist(model: HandModel) -> None:
    pose, shape = np.full(45, 0.1), np.full(10, 0.5)
    still, joints = pose_hand(model, STILL, pose, shape, STILL)
    root = np.array([0.3, -1.2, 0.7])
    turned, after = pose_hand(model, root, pose, shape, STILL)
    np.testing.assert_allclose(after[0], joints[0], atol=1e-12)
    wanted = (still - joints[0]) @ rodrigues(root).T + joints[0]
    np.testing.assert_allclose(turned, wanted, atol=1e-10)


def test_bending_one_finger_moves_its_own_joints_alone(model: HandModel) -> None:
    pose = -model.hands_mean.copy()
    pose[3 * 4 + 2] = pose[3 * 4 + 2] + 1.0  # joint 5: middle finger's middle joint
    _, joints = pose_hand(model, STILL, pose, np.zeros(10), STILL)
    moved = np.linalg.norm(joints - model.rest_joints, axis=1)
    assert moved[6] > 0.01
    np.testing.assert_allclose(np.delete(moved, 6), 0, atol=1e-12)


def test_skinning_two_bones_by_hand() -> None:
    weights = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    turns, shifts = np.array([np.eye(3)] * 2), np.array([[0.0, 0, 0], [0, 2, 0]])
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    moved = skin(weights, turns, shifts, vertices)
    np.testing.assert_array_equal(moved, [[0, 0, 0], [1, 1, 0], [2, 2, 0]])


def test_shape_is_linear(model: HandModel) -> None:
    one = np.eye(10)[3]
    change = shaped_vertices(model, 2 * one) - model.v_template
    np.testing.assert_allclose(change, 2 * model.shapedirs[:, :, 3], atol=1e-12)


def test_the_21_joints_are_regressed_and_end_in_the_tips(model: HandModel) -> None:
    joints = joints_21(model, model.v_template)
    assert sorted(JOINTS_21) == list(range(21))
    ends = joints[[4, 8, 12, 16, 20]]
    np.testing.assert_array_equal(ends, model.v_template[list(TIP_VERTICES)])
    regressed = regress_joints(model, model.v_template)
    np.testing.assert_array_equal(joints[0], regressed[0])
    np.testing.assert_array_equal(joints[1:4], regressed[13:16])
    np.testing.assert_array_equal(joints[17:20], regressed[7:10])


def test_other_shapes_are_refused(model: HandModel) -> None:
    with pytest.raises(InputError, match=r"weights.*\(778, 16\).*\(778, 15\)"):
        replace(model, weights=model.weights[:, 1:])
    with pytest.raises(InputError, match=r"\(\.\.\., 3\)"):
        rodrigues(np.zeros((2, 4)))
