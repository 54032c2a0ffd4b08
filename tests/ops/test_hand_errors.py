"""Errors of two hands: zero for the truth, by hand, and against a plain loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import DataError
from mmsia.ops.hand_errors import check_sides, hand_errors, joint_weights
from mmsia.ops.hand_mesh import joints_21, pose_hand

HANDS = read_hands()
WEIGHTS = joint_weights(HANDS)
CAMERA = np.array([[600.0, 0, 128], [0, 500, 120], [0, 0, 1]])


def pairs(count: int = 3, seed: int = 0) -> np.ndarray:
    """(N, 2, 778, 3) posed hands some half a metre before the camera."""
    rng = np.random.default_rng(seed)
    meshes = np.zeros((count, 2, 778, 3))
    for n in range(count):
        for hand, side in enumerate(("left", "right")):
            trans = rng.normal((0.1 * hand, 0, 0.6), 0.05)
            numbers = rng.normal(0, 1, 3), rng.normal(0, 0.2, 45), rng.normal(0, 1, 10)
            meshes[n, hand], _ = pose_hand(HANDS[side], *numbers, trans)
    return meshes


def errors(found: np.ndarray, truth: np.ndarray, **options):
    cameras = np.broadcast_to(CAMERA, (len(truth), 3, 3))
    return hand_errors(found, truth, cameras, WEIGHTS, **options)


def test_joints_are_those_of_the_hand_model() -> None:
    meshes = pairs(1)[0]
    for hand, side in enumerate(("left", "right")):
        wanted = joints_21(HANDS[side], meshes[hand])
        np.testing.assert_allclose(WEIGHTS[hand] @ meshes[hand], wanted, atol=1e-12)


@pytest.mark.parametrize("root", ["wrist", "middle_mcp"])
@pytest.mark.parametrize("scale", [True, False])
def test_the_truth_has_no_error_wherever_it_is_put(root: str, scale: bool) -> None:
    truth = pairs()
    moved = truth + np.array([0.3, -2, 5])
    for value in errors(moved, truth, root=root, scale=scale).means().values():
        assert value == pytest.approx(0, abs=1e-9)


def test_scaled_hands_count_only_where_scale_is_off() -> None:
    truth = pairs()
    found = truth * np.array([1.2, 0.8])[:, None, None]
    aligned = errors(found, truth)
    np.testing.assert_allclose(aligned.joints, 0, atol=1e-9)
    np.testing.assert_allclose(aligned.vertex_pixels, 0, atol=1e-9)
    assert (errors(found, truth, scale=False).joints > 5).all()
    # the distance of the roots is never scaled
    np.testing.assert_array_equal(
        aligned.roots, errors(found, truth, scale=False).roots
    )
    assert (aligned.roots > 10).all()


def test_one_vertex_by_hand() -> None:
    """Vertex 745, the thumb's end, 21 mm to the right: 1 mm a joint, 21/778 a vertex.

    In the image that is 0.021 * 600 / depth pixels.
    """
    truth = pairs(1)
    found = truth.copy()
    found[0, 1, 745, 0] += 0.021
    got = errors(found, truth, scale=False)
    np.testing.assert_allclose(got.joints, [[0, 1]], atol=1e-9)
    np.testing.assert_allclose(got.vertices, [[0, 21 / 778]], atol=1e-9)
    pixels = 0.021 * 600 / truth[0, 1, 745, 2]
    np.testing.assert_allclose(got.joint_pixels, [[0, pixels / 21]], atol=1e-9)
    np.testing.assert_allclose(got.vertex_pixels, [[0, pixels / 778]], atol=1e-9)
    np.testing.assert_allclose(got.roots, 0, atol=1e-9)
    scores = got.means()
    assert scores["mpjpe"] == pytest.approx(0.5) and scores["mpjpe_left"] < 1e-9
    assert scores["mpjpe_right"] == pytest.approx(1)


def test_hands_that_are_too_far_apart_err_in_their_roots_alone() -> None:
    truth = pairs()
    found = truth.copy()
    found[:, 1] += [0.003, 0, 0.004]
    got = errors(found, truth)
    np.testing.assert_allclose(got.roots, 5, atol=1e-9)
    np.testing.assert_allclose(got.vertices, 0, atol=1e-9)


@pytest.mark.parametrize(("root", "joint"), [("wrist", 0), ("middle_mcp", 9)])
def test_agrees_with_a_plain_loop(root: str, joint: int) -> None:
    truth, found = pairs(2, 1), pairs(2, 2)
    got = errors(found, truth, root=root)
    for n in range(2):
        starts, true_starts = [], []
        for hand, side in enumerate(("left", "right")):
            model = HANDS[side]
            ours, true = (
                joints_21(model, found[n, hand]),
                joints_21(model, truth[n, hand]),
            )
            starts.append(ours[joint])
            true_starts.append(true[joint])
            factor = np.linalg.norm(true[9] - true[0]) / np.linalg.norm(
                ours[9] - ours[0]
            )
            for points, wanted, metres, pixels in (
                (ours, true, got.joints, got.joint_pixels),
                (found[n, hand], truth[n, hand], got.vertices, got.vertex_pixels),
            ):
                far, off = [], []
                for a, b in zip(points, wanted, strict=True):
                    at = factor * (a - ours[joint]) + true[joint]
                    far.append(np.linalg.norm(at - b))
                    seen, meant = CAMERA @ at, CAMERA @ b
                    off.append(
                        np.linalg.norm(seen[:2] / seen[2] - meant[:2] / meant[2])
                    )
                assert metres[n, hand] == pytest.approx(1000 * np.mean(far))
                assert pixels[n, hand] == pytest.approx(np.mean(off))
        apart = (starts[1] - starts[0]) - (true_starts[1] - true_starts[0])
        assert got.roots[n] == pytest.approx(1000 * np.linalg.norm(apart))


def test_swapped_labels_are_found_in_every_pose() -> None:
    meshes = pairs(6)
    check_sides(HANDS, meshes)
    swapped = meshes.copy()
    swapped[[2, 4]] = swapped[[2, 4]][:, ::-1]
    with pytest.raises(DataError, match=r"left hands.*2 of 6 images \(2, 4\).*swapped"):
        check_sides(HANDS, swapped)
    mirrored = meshes * [-1, 1, 1]
    with pytest.raises(DataError, match="6 of 6 images"):
        check_sides(HANDS, mirrored)
    # a mirrored image with its labels exchanged is right again
    check_sides(HANDS, mirrored[:, ::-1])
    # a release may turn its faces the other way
    turned = {side: replace(hand, f=hand.f[:, ::-1]) for side, hand in HANDS.items()}
    check_sides(turned, meshes)
    with pytest.raises(DataError, match="2 of 6 images"):
        check_sides(turned, swapped)


def test_bad_hands_are_named_with_their_images() -> None:
    truth = pairs()
    flat = truth.copy()
    flat[1, 0] = 0.5
    with pytest.raises(DataError, match=r"the found bone.*1 of 3 images \(b\)"):
        errors(flat, truth, ids=["a", "b", "c"])
    with pytest.raises(DataError, match=r"the true bone.*scale=False"):
        errors(truth, flat)
    assert errors(flat, truth, scale=False).joints[1, 0] > 10
    behind = truth.copy()
    behind[2, 1, :, 2] -= 2
    with pytest.raises(DataError, match=r"the true hands.*behind.*\(2\)"):
        errors(truth, behind)
    torn = truth.copy()
    torn[0, 0, 0, 0] = np.nan
    with pytest.raises(DataError, match=r"the found hands.*NaN.*\(0\)"):
        errors(torn, truth)
