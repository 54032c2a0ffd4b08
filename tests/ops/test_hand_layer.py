"""The hand layer against a plain loop, mirrors, and hand-worked places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from mmsia.datasets.simulated.twohands_model import mirror, stand_in
from mmsia.errors import InputError
from mmsia.ops.hand_layer import HandLayer, mend_left
from mmsia.ops.hand_mesh import JOINTS_21, TIP_VERTICES, HandModel

DOUBLE = torch.float64


def draw(batch: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    turns = Rotation.random(batch, random_state=seed).as_matrix()
    return turns, rng.normal(0, 0.4, (batch, 45)), rng.normal(0, 1, (batch, 10))


def pose(layer: HandLayer, numbers, dtype=DOUBLE, trans=None):
    return layer(*(torch.from_numpy(each).to(dtype) for each in numbers), trans)


def plain_vertex(model: HandModel, vertex: int, turn, pose, shape) -> np.ndarray:
    """One vertex, one bone at a time, by motions of the whole chain above a bone."""
    angles = (pose @ model.hands_components + model.hands_mean).reshape(15, 3)
    turns = [turn, *Rotation.from_rotvec(angles).as_matrix()]
    rest = model.v_template + model.shapedirs @ shape
    joints = model.J_regressor @ rest
    place = rest[vertex].copy()
    for joint in range(1, 16):
        for i in range(3):
            for k in range(3):
                column = (joint - 1) * 9 + 3 * i + k
                change = turns[joint][i, k] - (i == k)
                place += model.posedirs[vertex, :, column] * change
    result = np.zeros(3)
    for bone in range(16):
        moved, joint = place, bone
        while True:
            moved = turns[joint] @ (moved - joints[joint]) + joints[joint]
            if joint == 0:
                break
            joint = int(model.kintree_table[0, joint])
        result += model.weights[vertex, bone] * moved
    return result


@pytest.fixture(scope="module")
def layer() -> HandLayer:
    return HandLayer(stand_in(), root=None, dtype=DOUBLE)


def test_agrees_with_a_plain_loop(layer: HandLayer) -> None:
    numbers = draw(3)
    found = pose(layer, numbers)
    for b, args in enumerate(zip(*numbers, strict=True)):
        for vertex in (0, 100, 317, 444, 600, 745, 777):
            wanted = plain_vertex(stand_in(), vertex, *args)
            np.testing.assert_allclose(found.vertices[b, vertex], wanted, atol=1e-11)


def test_joints_are_regressed_and_end_in_the_tips(layer: HandLayer) -> None:
    found = pose(layer, draw(2))
    regressed = stand_in().J_regressor @ found.vertices.numpy()
    both = np.concatenate(
        [regressed, found.vertices.numpy()[:, list(TIP_VERTICES)]], axis=1
    )
    np.testing.assert_allclose(found.joints, both[:, list(JOINTS_21)], atol=1e-13)


def test_rest_is_the_template(layer: HandLayer) -> None:
    still = np.eye(3)[None]
    unbent = -stand_in().hands_mean @ stand_in().hands_components.T
    found = pose(layer, (still, unbent[None], np.zeros((1, 10))))
    np.testing.assert_allclose(found.vertices[0], stand_in().v_template, atol=1e-12)


@pytest.mark.parametrize(("root", "joint"), [("wrist", 0), ("middle_mcp", 9)])
def test_the_root_is_the_origin_and_moves_with_the_translation(
    layer: HandLayer, root: str, joint: int
) -> None:
    numbers, trans = draw(2), torch.tensor([[1.0, 2, 3], [0, 0, 0]], dtype=DOUBLE)
    centred = HandLayer(stand_in(), root=root, dtype=DOUBLE)
    found = pose(centred, numbers, trans=trans)
    np.testing.assert_allclose(found.joints[:, joint], trans, atol=1e-14)
    free = pose(layer, numbers)
    shift = free.joints[:, joint, None] - trans[:, None]
    np.testing.assert_allclose(found.vertices, free.vertices - shift, atol=1e-14)


def test_the_left_hand_mirrors_the_right_one() -> None:
    flip = np.diag([-1.0, 1, 1])
    turns, bends, shape = draw(3)
    right = pose(HandLayer(stand_in(), dtype=DOUBLE), (turns, bends, shape))
    left_layer = HandLayer(mirror(stand_in()), dtype=DOUBLE)
    left = pose(left_layer, (flip @ turns @ flip, bends, shape))
    np.testing.assert_allclose(left.vertices, right.vertices.numpy() @ flip, atol=1e-13)
    np.testing.assert_allclose(left.joints, right.joints.numpy() @ flip, atol=1e-13)


def test_single_precision_is_good_to_a_micrometre(layer: HandLayer) -> None:
    numbers = draw(4)
    exact = pose(layer, numbers)
    single = pose(HandLayer(stand_in(), root=None), numbers, torch.float32)
    assert single.vertices.dtype == torch.float32
    np.testing.assert_allclose(single.vertices, exact.vertices, atol=1e-6)


def test_mixed_precision_stays_out() -> None:
    layer = HandLayer(stand_in())
    numbers = [torch.from_numpy(each).bfloat16() for each in draw(2)]
    with torch.autocast("cpu", torch.bfloat16):
        mixed = layer(*numbers)
    whole = layer(*(each.float() for each in numbers))
    assert mixed.vertices.dtype == torch.float32
    np.testing.assert_array_equal(mixed.vertices, whole.vertices)


def test_gradients_are_right(layer: HandLayer) -> None:
    torch.manual_seed(0)
    numbers = [torch.from_numpy(each).requires_grad_() for each in draw(1)]
    weighting = torch.randn(778, 3, dtype=DOUBLE)

    def total(*args: torch.Tensor) -> torch.Tensor:
        return (layer(*args).vertices * weighting).sum()

    assert torch.autograd.gradcheck(total, numbers)


def test_fewer_components_leave_the_others_at_the_mean(layer: HandLayer) -> None:
    turns, bends, shape = draw(2)
    few = HandLayer(stand_in(), num_components=6, root=None, dtype=DOUBLE)
    found = pose(few, (turns, bends[:, :6], shape))
    bends[:, 6:] = 0
    wanted = pose(layer, (turns, bends, shape))
    np.testing.assert_allclose(found.vertices, wanted.vertices, atol=1e-13)


def test_constants_stay_out_of_checkpoints(layer: HandLayer) -> None:
    assert not layer.state_dict() and not list(layer.parameters())


def test_an_empty_batch_is_one(layer: HandLayer) -> None:
    assert pose(layer, draw(1), trans=None).vertices.shape == (1, 778, 3)
    none = tuple(each[:0] for each in draw(1))
    assert pose(layer, none).joints.shape == (0, 21, 3)


def test_the_published_left_hands_error_is_mended() -> None:
    right, left = stand_in(), mirror(stand_in())
    wrong = mirror(stand_in(), shapedirs_bug=True)
    np.testing.assert_array_equal(mend_left(wrong, right).shapedirs, left.shapedirs)
    assert mend_left(left, right) is left


def test_bad_input_is_named(layer: HandLayer) -> None:
    with pytest.raises(InputError, match=r"wrist, middle_mcp.*'thumb'"):
        HandLayer(stand_in(), root="thumb")
    with pytest.raises(InputError, match="1 to 45, got 46"):
        HandLayer(stand_in(), num_components=46)
    turns, bends, shape = draw(2)
    with pytest.raises(InputError, match=r"\(2, 45\).*got .*\(2, 44\)"):
        pose(layer, (turns, bends[:, 1:], shape))


def test_another_tree_of_joints_is_followed() -> None:
    """A chain of one finger of fifteen bones moves as the loop says."""
    chain = np.array([np.arange(-1, 15), np.arange(16)])
    model = replace(stand_in(), kintree_table=chain)
    numbers = draw(1)
    found = pose(HandLayer(model, root=None, dtype=DOUBLE), numbers)
    wanted = plain_vertex(model, 444, *(each[0] for each in numbers))
    np.testing.assert_allclose(found.vertices[0, 444], wanted, atol=1e-11)
