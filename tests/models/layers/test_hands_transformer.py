"""DIR's transformer between hands."""

from __future__ import annotations

import torch

from mmsia.models.layers.hands_transformer import HandsTransformer


def make(**options: int) -> HandsTransformer:
    torch.manual_seed(0)
    return HandsTransformer(8, **options)


def draw(count: int = 42) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, count, 8, generator=generator)


def test_exchanged_hands_with_exchanged_places_are_exchanged() -> None:
    made = make()
    torch.nn.init.normal_(made.place)
    joints, swap = draw(), torch.arange(42).roll(21)
    whole = made(joints)
    assert whole.shape == (2, 42, 8)
    made.place.data = made.place.data[:, swap]
    torch.testing.assert_close(made(joints[:, swap]), whole[:, swap])


def test_each_joint_knows_of_all_and_the_input_stays() -> None:
    made, joints = make(), draw().requires_grad_()
    torch.nn.init.normal_(made.place)
    before = joints.detach().clone()
    made(joints)[:, 0, 0].sum().backward()
    assert (joints.grad.abs().sum(-1) > 0).all()
    assert torch.equal(joints.detach(), before)


def test_three_blocks_act_each_before_the_shared_norm() -> None:
    made, joints = make(), draw()
    tokens = joints
    for block in made.blocks:
        assert block.norm_first and block.linear1.out_features == 16
        tokens = made.norm(block(tokens))
    torch.testing.assert_close(made(joints), tokens)
    assert len(made.blocks) == 3
    for number in range(3):
        changed = make()
        torch.nn.init.zeros_(changed.blocks[number].linear2.weight)
        assert not torch.allclose(changed(joints), tokens)


def test_cells_are_tokens_too() -> None:
    made, joints, cells = make(), draw(), draw(5)
    whole = made(joints, cells)
    assert whole.shape == (2, 47, 8)
    assert not torch.allclose(whole[:, :42], made(joints))
