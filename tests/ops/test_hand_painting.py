"""Painting by hand, against loops, and the fused convolution against the plain one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmsia.errors import InputError
from mmsia.ops.graphs import HAND_LINKS
from mmsia.ops.hand_painting import (
    bone_planes,
    joint_planes,
    paint,
    paint_and_convolve,
    paint_summed,
    sample_joints,
)

SIZE = 8
BONE = HAND_LINKS.index((5, 6))


def far_away(batch: int = 1) -> torch.Tensor:
    """Joints outside of the image, in places of their own."""
    return 5 + torch.arange(42.0).view(1, 2, 21, 1).repeat(batch, 1, 1, 2)


def one_bone(start: tuple[float, float], end: tuple[float, float]) -> torch.Tensor:
    """The left hand's bone 5 to 6 alone, cells of a map of SIZE."""
    keypoints = far_away()
    keypoints[0, 0, 5] = torch.tensor(start) * 2 / SIZE - 1
    keypoints[0, 0, 6] = torch.tensor(end) * 2 / SIZE - 1
    return keypoints


def draw(batch: int = 2, features: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    keypoints = torch.rand(batch, 2, 21, 2, generator=rng) * 2.2 - 1.1
    return keypoints, torch.randn(batch, 2, 21, features, generator=rng)


def plain(keypoints: np.ndarray, features: np.ndarray, width: float) -> np.ndarray:
    """One image, bone by bone and cell by cell."""
    depth = features.shape[-1]
    canvas = np.zeros((40, depth, SIZE, SIZE))
    places = (keypoints + 1) / 2 * SIZE
    for hand in range(2):
        for number, (a, c) in enumerate(HAND_LINKS):
            start, end = places[hand, a], places[hand, c]
            for y in range(SIZE):
                for x in range(SIZE):
                    cell = np.array([x + 0.5, y + 0.5])
                    t = np.dot(cell - start, end - start) / np.dot(
                        end - start, end - start
                    )
                    nearest = start + min(max(t, 0), 1) * (end - start)
                    if np.linalg.norm(cell - nearest) >= width:
                        continue
                    to_start = np.linalg.norm(cell - start)
                    to_end = np.linalg.norm(cell - end)
                    share = to_end / (to_start + to_end)
                    canvas[20 * hand + number, :, y, x] = (
                        share * features[hand, a] + (1 - share) * features[hand, c]
                    )
    return canvas.reshape(-1, SIZE, SIZE)


def test_agrees_with_a_loop() -> None:
    keypoints, features = draw()
    found = paint(bone_planes(keypoints, SIZE, 1.3), features)
    assert found.shape == (2, 40 * 3, SIZE, SIZE)
    for n in range(2):
        wanted = plain(keypoints[n].numpy(), features[n].numpy(), 1.3)
        np.testing.assert_allclose(found[n], wanted, atol=1e-5)


def test_a_bones_middle_has_the_mean_and_its_ends_their_own() -> None:
    keypoints = one_bone((1.5, 3.5), (5.5, 3.5))
    features = torch.zeros(1, 2, 21, 1)
    features[0, 0, 5], features[0, 0, 6] = 2, 6
    painted = paint(bone_planes(keypoints, SIZE, 1), features)[0]
    row = [0, 2, 3, 4, 5, 6, 0, 0]
    np.testing.assert_allclose(painted[BONE, 3], row, atol=1e-5)
    # a distance of one cell is not below one
    assert painted[BONE, [2, 4]].abs().max() == 0
    wide = paint(bone_planes(keypoints, SIZE, 1.01), features)[0, BONE]
    assert (wide[[2, 4], 1:6] > 0).all() and wide[[1, 5]].abs().max() == 0
    # but for the bones before and behind it, nothing else is near
    chain = {BONE, HAND_LINKS.index((0, 5)), HAND_LINKS.index((6, 7))}
    assert painted[sorted(set(range(40)) - chain)].abs().max() == 0


def test_hands_that_lie_over_each_other_never_mix() -> None:
    keypoints, features = draw(1)
    keypoints[:, 1] = keypoints[:, 0]
    alone = features.clone()
    alone[:, 1] = 0
    both, left = (
        paint(bone_planes(keypoints, SIZE, 1.5), each) for each in (features, alone)
    )
    np.testing.assert_array_equal(both[:, :60], left[:, :60])
    assert left[:, 60:].abs().max() == 0 and both[:, 60:].abs().max() > 0
    # in one plane they do
    mixed, own = (
        paint_summed(bone_planes(keypoints, SIZE, 1.5), each)
        for each in (features, alone)
    )
    assert (mixed - own).abs().max() > 0.1


def test_the_summed_plane_is_the_sum_of_all() -> None:
    keypoints, features = draw()
    planes = bone_planes(keypoints, SIZE, 1.5)
    whole = paint(planes, features).unflatten(1, (40, 3)).sum(1)
    np.testing.assert_allclose(paint_summed(planes, features), whole, atol=1e-5)


def test_planes_of_joints_are_circles() -> None:
    keypoints = one_bone((3.5, 3.5), (20, 20))
    features = torch.arange(42.0).view(1, 2, 21, 1) + 1
    painted = paint(joint_planes(keypoints, SIZE, 1.1), features)[0]
    assert painted.shape == (42, SIZE, SIZE)
    cross = {(3, 3), (2, 3), (4, 3), (3, 2), (3, 4)}
    assert {tuple(cell) for cell in painted[5].nonzero().tolist()} == cross
    np.testing.assert_array_equal(painted[5].unique(), [0, 6])
    assert painted[torch.arange(42) != 5].abs().max() == 0


def test_a_bone_without_length_is_empty_and_pulls_nothing_infinite() -> None:
    keypoints = one_bone((3.5, 3.5), (3.5, 3.5)).requires_grad_()
    planes = bone_planes(keypoints, SIZE, 2)
    assert planes.weights[:, BONE].abs().max() == 0
    planes.weights.sum().backward()
    assert keypoints.grad.isfinite().all()


def test_gradients_reach_the_keypoints_through_the_shares() -> None:
    """Where the whole line moves by a cell, what is painted in a cell changes."""
    keypoints = one_bone((1.2, 3.4), (5.7, 3.9)).requires_grad_()
    features = torch.zeros(1, 2, 21, 1)
    features[0, 0, 5] = 1
    value = paint(bone_planes(keypoints, SIZE, 1), features)[0, BONE, 3, 3]
    value.backward()
    step = 1e-3
    moved = keypoints.detach().clone()
    moved[0, 0, 5, 0] += step
    after = paint(bone_planes(moved, SIZE, 1), features)[0, BONE, 3, 3]
    slope = (after - value.detach()).item() / step
    assert keypoints.grad[0, 0, 5, 0].item() == pytest.approx(slope, rel=0.01)
    assert slope < -0.1 or slope > 0.1


@pytest.mark.parametrize("make", [bone_planes, joint_planes])
def test_the_fused_convolution_is_the_plain_one(make) -> None:
    keypoints, features = draw()
    keypoints.requires_grad_(), features.requires_grad_()
    planes = make(keypoints, SIZE, 1.5)
    count = planes.weights.shape[1]
    rng = torch.Generator().manual_seed(1)
    weight = torch.randn(5, count * 3, 3, 3, generator=rng, requires_grad=True)
    bias = torch.randn(5, generator=rng)
    fused = paint_and_convolve(planes, features, weight, bias)
    whole = F.conv2d(paint(planes, features), weight, bias, padding=1)
    np.testing.assert_allclose(fused.detach(), whole.detach(), atol=1e-4)
    inputs = [features, weight] + ([keypoints] if make is bone_planes else [])
    weighting = torch.randn(whole.shape, generator=rng)
    ours, theirs = (
        torch.autograd.grad(each, inputs, weighting, retain_graph=True)
        for each in (fused, whole)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3, rtol=1e-4)


def test_samples_are_bilinear_and_zero_outside() -> None:
    """A map of x + 10 y at cell centres; joints between and outside of them."""
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    features = (x + 10 * y).float().expand(2, 1, SIZE, SIZE)
    keypoints = far_away(2)
    cells = torch.tensor([3.25, 4.5])
    keypoints[1, 1, 7] = (cells + 0.5) * 2 / SIZE - 1
    sampled = sample_joints(features, keypoints)
    assert sampled.shape == (2, 2, 21, 1)
    assert sampled[1, 1, 7].item() == pytest.approx(48.25)
    sampled[1, 1, 7] = 0
    assert sampled.abs().max() == 0


def test_what_is_painted_at_a_joint_is_sampled_there() -> None:
    keypoints = one_bone((2.5, 3.5), (5.5, 3.5))
    features = torch.zeros(1, 2, 21, 1)
    features[0, 0, 5], features[0, 0, 6] = 2, 6
    painted = paint(bone_planes(keypoints, SIZE, 1), features)
    sampled = sample_joints(painted, keypoints)[0, 0, :, BONE]
    np.testing.assert_allclose(sampled[[5, 6]], [2, 6], atol=1e-5)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match=r"\(B, 2, 21, 2\).*\(2, 21, 2\)"):
        bone_planes(torch.zeros(2, 21, 2), SIZE, 1)
    keypoints, features = draw()
    with pytest.raises(InputError, match=r"\(O, 120, 3, 3\).*\(5, 60, 3, 3\)"):
        paint_and_convolve(
            bone_planes(keypoints, SIZE, 1), features, torch.zeros(5, 60, 3, 3)
        )
