"""DIR's joint block: what it reads of the previous estimate, and what it gives."""

from __future__ import annotations

import pytest
import torch

from mmsia.models.layers.hand_decoder import HandDecoder, HandEstimate
from mmsia.models.layers.joint_block import JointBlock


def make(**options: bool) -> JointBlock:
    torch.manual_seed(0)
    return JointBlock(6, 8, 4, **options).eval()


def before(**changes: torch.Tensor) -> HandEstimate:
    generator = torch.Generator().manual_seed(1)
    numbers = torch.randn(2, 2, 64, generator=generator)
    numbers[..., 61:] = torch.tensor([4.0, 0.1, 0.0])
    offset = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, -1.0]])
    return HandDecoder()(numbers, offset)._replace(**changes)


def maps() -> torch.Tensor:
    return torch.randn(2, 6, 8, 8, generator=torch.Generator().manual_seed(2))


def test_shapes_with_and_without_parts() -> None:
    for options in ({}, {"graph": False}, {"transformer": False}):
        found = make(**options)(maps(), before())
        assert found.joints.shape == (2, 2, 21, 4) and found.cells is None
        assert found.parameters.shape == (2, 2, 64) and found.offset.shape == (2, 3)
    assert make(shared=True)(maps(), before()).cells.shape == (2, 8, 8, 8)


def test_previous_numbers_enter_the_regressors_alone() -> None:
    block, old = make(), before()
    step = torch.randn(2, 2, 64, generator=torch.Generator().manual_seed(3))
    one = block(maps(), old)
    other = block(maps(), old._replace(parameters=old.parameters + step))
    assert torch.equal(one.joints, other.joints)
    for hand, linear in enumerate(block.hands):
        assert linear.in_features == 21 * 4 + 64
        wanted = step[:, hand] @ linear.weight[:, 21 * 4 :].T
        gained = other.parameters[:, hand] - one.parameters[:, hand]
        torch.testing.assert_close(gained, wanted, rtol=1e-4, atol=1e-5)


def test_places_are_told_from_the_root_then_from_between_both() -> None:
    block, old, seen = make(), before(), {}
    for name in ("own_place.0", "own_place.1", "place"):
        part = block.get_submodule(name)
        part.register_forward_pre_hook(
            lambda _, args, name=name: seen.update({name: args[0]})
        )
    block(maps(), old)
    joints = old.hands.joints / 0.15
    for hand in range(2):
        torch.testing.assert_close(seen[f"own_place.{hand}"], joints[:, hand])
    left, right = seen["place"][:, 0], seen["place"][:, 21]
    torch.testing.assert_close(right - left, old.hands.offset)
    torch.testing.assert_close(right + left, torch.zeros(2, 3))
    torch.testing.assert_close(
        seen["place"][:, 21:], joints[:, 1] + old.hands.offset[:, None] / 2
    )


def test_features_are_read_at_the_previous_joints() -> None:
    """A map that is its own x and y; a hand that leaves it reads zeros."""
    steps = (torch.arange(8) + 0.5) / 4 - 1
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    grid = torch.stack([x, y, *[torch.zeros(8, 8)] * 4]).expand(2, 6, 8, 8)
    places = torch.rand(2, 2, 21, 2, generator=torch.Generator().manual_seed(3)) - 0.5
    places[:, 1] = 5
    old, block, seen = before(), make(), []
    for part in block.sampled:
        part.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    block(grid, old._replace(hands=old.hands._replace(keypoints=places)))
    torch.testing.assert_close(seen[0][..., :2], places[:, 0])
    assert seen[1].abs().max() == 0


@pytest.mark.parametrize("shared", [False, True])
def test_no_gradients_go_back_into_the_previous_estimate(shared: bool) -> None:
    numbers = torch.randn(2, 2, 64, requires_grad=True)
    old = HandDecoder()(numbers, torch.zeros(2, 3))
    found = make(shared=shared)(maps().requires_grad_(), old)
    (found.parameters.sum() + found.joints.sum()).backward()
    assert numbers.grad is None


def test_without_a_transformer_hands_do_not_know_of_each_other() -> None:
    old = before()
    keypoints = old.hands.keypoints.clone()
    keypoints[:, 1] += 0.2
    moved = old._replace(hands=old.hands._replace(keypoints=keypoints))
    for transformer in (False, True):
        block = make(transformer=transformer)
        one, other = (block(maps(), each).joints[:, 0] for each in (old, moved))
        assert torch.equal(one, other) is not transformer
