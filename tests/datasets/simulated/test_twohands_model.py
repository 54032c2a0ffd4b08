"""The stand-in hand: counts, skinning, shapes, both hands, its file."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from mmsia.datasets.simulated.twohands_model import (
    fit_shape,
    mirror,
    palette,
    read_hand_model,
    stand_in,
    with_shape,
    write_hand_model,
)
from mmsia.datasets.simulated.twohands_shape import (
    NUM_MODES,
    draw_other_shape,
    mean_shape,
    mode_shape,
)
from mmsia.datasets.simulated.twohands_surface import build_surface, hand_topology
from mmsia.errors import DataError
from mmsia.ops.hand_mesh import (
    TIP_VERTICES,
    HandModel,
    pose_hand,
    regress_joints,
    shaped_vertices,
)


@pytest.fixture(scope="module")
def model() -> HandModel:
    return stand_in()


@pytest.fixture(scope="module", params=["right", "left"])
def hand(request: pytest.FixtureRequest) -> HandModel:
    return stand_in() if request.param == "right" else mirror(stand_in())


def _edges(faces: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter(
        (int(face[k]), int(face[(k + 1) % 3])) for face in faces for k in range(3)
    )


def test_a_disc_with_sixteen_boundary_edges(hand: HandModel) -> None:
    edges = _edges(hand.f)
    assert max(edges.values()) == 1, "faces are not turned alike"
    boundary = [edge for edge in edges if edge[::-1] not in edges]
    assert len(boundary) == 16
    assert {v for edge in boundary for v in edge} == set(
        hand_topology().open_ring.tolist()
    )
    num_edges = (len(edges) + len(boundary)) // 2
    assert 778 - num_edges + 1538 == 1
    assert len(np.unique(hand.f)) == 778


def test_faces_look_outwards(hand: HandModel) -> None:
    # the closed surface's volume by the divergence theorem, wrist lid included
    points = hand.v_template - hand.v_template.mean(axis=0)
    a, b, c = (points[hand.f[:, k]] for k in range(3))
    edges = _edges(hand.f)
    lid = points[hand_topology().open_ring].mean(axis=0)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    for start, end in edges:
        if (end, start) not in edges:
            volume += lid @ np.cross(points[end], points[start]) / 6
    assert 1.5e-4 < volume < 4.5e-4  # cubic metres: 150 to 450 ml


def test_no_triangle_has_collapsed(hand: HandModel) -> None:
    a, b, c = (hand.v_template[hand.f[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert area.min() > 1e-8
    assert area.max() < 2.5e-4


def test_weights_are_shares_of_near_bones_and_smooth(model: HandModel) -> None:
    assert model.weights.min() >= 0
    np.testing.assert_allclose(model.weights.sum(axis=1), 1, atol=1e-12)
    assert np.count_nonzero(model.weights, axis=1).mean() < 3
    edges = np.array([e for e in _edges(model.f) if e[0] < e[1]])
    jump = np.abs(model.weights[edges[:, 0]] - model.weights[edges[:, 1]]).sum(axis=1)
    assert jump.max() < 1.3
    assert np.quantile(jump, 0.95) < 0.8
    # the ends move with the outer bones: thumb 15, index 3, middle 6, ring 12, little 9
    assert model.weights[list(TIP_VERTICES)].argmax(axis=1).tolist() == [
        15,
        3,
        6,
        12,
        9,
    ]


def test_the_regressor_gives_the_joints_inside_the_flesh(model: HandModel) -> None:
    np.testing.assert_allclose(model.J_regressor.sum(axis=1), 1, atol=1e-12)
    assert np.count_nonzero(model.J_regressor, axis=1).max() <= 80
    surface = build_surface(mean_shape())
    joints = model.J_regressor @ model.v_template
    np.testing.assert_allclose(joints[0], surface.wrist, atol=1e-10)
    for finger, first in enumerate((1, 4, 7, 10, 13)):
        wanted = surface.chains[finger, :3]
        np.testing.assert_allclose(joints[first : first + 3], wanted, atol=1e-10)


def test_it_has_the_size_of_a_hand(model: HandModel) -> None:
    joints = model.rest_joints
    assert 0.088 < np.linalg.norm(joints[4] - joints[0]) < 0.1
    assert 0.17 < np.linalg.norm(model.v_template[444] - joints[0]) < 0.19
    # fingers along -x, back +y, thumb +z, as the published right hand
    assert model.v_template[444, 0] < joints[4, 0] < joints[0, 0]
    assert joints[13, 2] > joints[0, 2] > joints[7, 2]


def test_shape_directions_are_a_few_millimetres_and_linear(model: HandModel) -> None:
    largest = np.linalg.norm(model.shapedirs, axis=1).max(axis=0) * 1000
    assert (0.5 < largest).all()
    assert (largest < 10).all()
    for mode in range(NUM_MODES):
        built = build_surface(mode_shape(mode, 0.8)).vertices
        linear = shaped_vertices(model, np.eye(10)[mode] * 0.8)
        assert np.abs(built - linear).max() < 3e-4


def test_components_are_orthogonal_and_the_mean_is_bent(model: HandModel) -> None:
    product = model.hands_components @ model.hands_components.T
    np.testing.assert_allclose(product, np.eye(45), atol=1e-12)
    assert np.abs(model.hands_components).max() < 0.99
    assert 0 < np.abs(model.hands_mean).max() < 0.3


def test_the_left_hand_is_the_mirrored_right_in_any_pose(model: HandModel) -> None:
    rng = np.random.default_rng(0)
    left, axial = mirror(model), np.array([1.0, -1, -1])
    root, pose = rng.normal(0, 1, 3), rng.normal(0, 0.4, (15, 3))
    shape, trans = rng.normal(0, 1, 10), rng.normal(0, 0.1, 3)
    right = pose_hand(model, root, pose.ravel(), shape, trans)
    flip = np.array([-1.0, 1, 1])
    other = pose_hand(left, root * axial, (pose * axial).ravel(), shape, trans * flip)
    for a, b in zip(right, other, strict=True):
        np.testing.assert_allclose(a * flip, b, atol=1e-12)
    # coefficients of the components mean the mirrored pose as well
    coefficients = rng.normal(0, 1, 45)
    mirrored = (coefficients @ model.hands_components).reshape(15, 3) * axial
    np.testing.assert_allclose(
        coefficients @ left.hands_components, mirrored.ravel(), atol=1e-12
    )


def test_the_published_left_hands_bug_can_be_had(model: HandModel) -> None:
    def guard(left: HandModel) -> float:
        """What readers look at: below 1 they turn the x row round."""
        return float(np.abs(left.shapedirs[:, 0] - model.shapedirs[:, 0]).sum())

    assert guard(mirror(model)) > 1 > guard(mirror(model, shapedirs_bug=True))
    mended = mirror(model, shapedirs_bug=True).shapedirs * [[-1.0], [1], [1]]
    np.testing.assert_array_equal(mended, mirror(model).shapedirs)


def test_test_hands_are_not_in_the_model_and_their_fit_is_near(
    model: HandModel,
) -> None:
    errors = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        template = with_shape(model, draw_other_shape(rng)).v_template
        fitted = fit_shape(model, template)
        assert np.abs(fitted).max() < 6
        off = np.linalg.norm(shaped_vertices(model, fitted) - template, axis=1)
        errors.append(off.mean() * 1000)
        inside = shaped_vertices(model, rng.normal(0, 1, 10))
        again = shaped_vertices(model, fit_shape(model, inside)) - inside
        assert np.linalg.norm(again, axis=1).mean() * 1000 < 0.3 * errors[-1]
    assert 0.7 < np.mean(errors) < 5


def test_bones_of_other_hands_have_ratios_of_their_own(model: HandModel) -> None:
    def ratios(joints: np.ndarray) -> np.ndarray:
        bones = np.linalg.norm(
            joints[[2, 3, 5, 6, 8, 9]] - joints[[1, 2, 4, 5, 7, 8]], axis=1
        )
        return bones[1:] / bones[0]

    rng = np.random.default_rng(0)
    within = [
        ratios(regress_joints(model, shaped_vertices(model, rng.normal(0, 1, 10))))
        for _ in range(60)
    ]
    others = [
        ratios(with_shape(model, draw_other_shape(rng)).rest_joints) for _ in range(60)
    ]
    assert (np.std(others, axis=0) > np.std(within, axis=0)).all()


def test_the_palette_spans_the_colours(model: HandModel) -> None:
    colours = palette(model)
    assert colours.shape == (778, 3)
    np.testing.assert_array_equal(colours.min(axis=0), 0)
    np.testing.assert_array_equal(colours.max(axis=0), 1)


def test_the_file_comes_back_without_pickles(tmp_path: Path, hand: HandModel) -> None:
    path = tmp_path / "hand.npz"
    write_hand_model(path, hand)
    again = read_hand_model(path)
    for name, array in asdict(hand).items():
        np.testing.assert_array_equal(getattr(again, name), array)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"hand\.npz"):
        read_hand_model(path)
    np.savez(path, v_template=hand.v_template)
    with pytest.raises(DataError, match="hands_components"):
        read_hand_model(path)
