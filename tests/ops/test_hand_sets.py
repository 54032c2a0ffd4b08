"""Cameras and units of two hands, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import InputError
from mmsia.ops.hand_errors import joint_weights
from mmsia.ops.hand_mesh import joints_21, pose_hand
from mmsia.ops.hand_sets import image_units, project, true_set

HANDS = read_hands()
WEIGHTS = torch.from_numpy(joint_weights(HANDS))
INTRINSICS = np.array([[900.0, 0, 120], [0, 800, 140], [0, 0, 1]])


def meshes() -> np.ndarray:
    """(1, 2, 778, 3) hands before the camera."""
    rng = np.random.default_rng(3)
    places = {"left": np.array([0.1, 0, 0.7]), "right": np.array([-0.05, 0.02, 0.6])}
    posed = [
        pose_hand(
            HANDS[side], rng.normal(size=3), rng.normal(0, 0.2, 45), np.zeros(10), place
        )[0]
        for side, place in places.items()
    ]
    return np.stack(posed)[None]


def test_each_hand_has_its_own_camera() -> None:
    points = torch.tensor([[0.1, 0.2, 5.0], [0.0, -0.1, 3.0]]).expand(1, 2, 2, 3)
    camera = torch.tensor([[[2.0, 0, 0], [10, 0.5, -0.5]]])
    wanted = [[[[0.2, 0.4], [0, -0.2]], [[1.5, 1.5], [0.5, -1.5]]]]
    np.testing.assert_allclose(project(points, camera), wanted, rtol=1e-6)


def test_pixels_of_a_crop_in_units_of_half_its_side() -> None:
    pixels = torch.tensor([[0.0, 128.0], [256.0, 64.0]])
    np.testing.assert_array_equal(image_units(pixels, 256), [[-1, 0], [1, -0.5]])


@pytest.mark.parametrize(("root", "joint"), [("wrist", 0), ("middle_mcp", 9)])
def test_the_truth_is_told_from_one_root_everywhere(root: str, joint: int) -> None:
    mesh = meshes()
    cameras = torch.from_numpy(INTRINSICS)[None]
    truth = true_set(torch.from_numpy(mesh), cameras, WEIGHTS, root=root)
    starts = []
    for hand, side in enumerate(("left", "right")):
        joints = joints_21(HANDS[side], mesh[0, hand])
        starts.append(joints[joint])
        np.testing.assert_allclose(
            truth.joints[0, hand], joints - joints[joint], atol=1e-12
        )
        np.testing.assert_allclose(
            truth.vertices[0, hand], mesh[0, hand] - joints[joint], atol=1e-12
        )
        for points, found in (
            (joints, truth.keypoints),
            (mesh[0, hand], truth.contour),
        ):
            seen = points @ INTRINSICS.T
            pixels = seen[:, :2] / seen[:, 2:]
            np.testing.assert_allclose(found[0, hand], pixels / 128 - 1, atol=1e-12)
    wanted = (starts[1] - starts[0]) / 0.15
    np.testing.assert_allclose(truth.offset[0], wanted, atol=1e-12)


def test_no_truth_of_hands_behind_the_camera() -> None:
    mesh = torch.from_numpy(meshes())
    mesh[0, 1, 5, 2] = -0.1
    cameras = torch.from_numpy(INTRINSICS)[None]
    with pytest.raises(InputError, match=r"before the camera.*-0\.100 m"):
        true_set(mesh, cameras, WEIGHTS)
    with pytest.raises(InputError, match="'thumb'"):
        true_set(mesh, cameras, WEIGHTS, root="thumb")
