"""64 numbers a hand and what they mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import InputError
from mmsia.models.layers.hand_decoder import NUM_PARAMETERS, HandDecoder
from mmsia.ops.hand_layer import HandLayer
from mmsia.ops.hand_rotations import rotation_from_6d


def parameters(batch: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, 2, 64, generator=generator)


def test_numbers_are_a_root_a_pose_a_shape_and_a_camera() -> None:
    assert NUM_PARAMETERS == 64
    numbers, offset = parameters(), torch.ones(2, 3)
    found = HandDecoder()(numbers, offset)
    for hand, side in enumerate(("left", "right")):
        each = numbers[:, hand]
        posed = HandLayer(read_hands()[side])(
            rotation_from_6d(each[:, :6]), each[:, 6:51], each[:, 51:61]
        )
        torch.testing.assert_close(found.hands.vertices[:, hand], posed.vertices)
        torch.testing.assert_close(found.hands.joints[:, hand], posed.joints)
        scale, shift = each[:, None, 61:62], each[:, None, 62:]
        torch.testing.assert_close(
            found.hands.keypoints[:, hand], scale * posed.joints[..., :2] + shift
        )
        torch.testing.assert_close(
            found.hands.contour[:, hand], scale * posed.vertices[..., :2] + shift
        )
    assert torch.equal(found.camera, numbers[..., 61:])
    assert torch.equal(found.hands.offset, offset)


@pytest.mark.parametrize(("root", "joint"), [("wrist", 0), ("middle_mcp", 9)])
def test_the_root_is_at_the_origin(root: str, joint: int) -> None:
    hands = HandDecoder(root=root)(parameters(), torch.zeros(2, 3)).hands
    assert hands.joints[:, :, joint].abs().max() < 1e-6
    assert hands.joints[:, :, 9 - joint].norm(dim=-1).min() > 0.01


def test_nothing_is_learnt_or_stored_and_detached_is_detached() -> None:
    decode = HandDecoder()
    assert not list(decode.parameters()) and not decode.state_dict()
    np.testing.assert_array_equal(decode.faces, read_hands()["right"].f)
    found = decode(parameters().requires_grad_(), torch.zeros(2, 3))
    assert found.hands.vertices.requires_grad
    bare = found.detach()
    assert not any(each.requires_grad for each in (bare.parameters, *bare.hands))
    with pytest.raises(InputError, match="the root of a hand"):
        HandDecoder(root="thumb")
