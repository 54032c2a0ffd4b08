"""DIR's parameters: each part, the live network, and the released one's equation."""

from __future__ import annotations

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn

import mmsia.all  # noqa: F401, registers the parts
from mmsia.models.heads import TwoHandsHead

RELEASED = 92_725_019
CLASSIFIER = 2_049_000
"""1000 classes of the encoder's 2048 numbers, never asked for."""
IDLE_BLOCK = 132_480
"""The first of four transformer blocks, passed over; one a stage."""
OWN_EDGES = 2 * 4 * 21
"""Each joint's edge to itself, in 4 layers of 2 hands: a softmax of one; a stage's."""


def count(*parts: nn.Module) -> int:
    return sum(p.numel() for part in parts for p in part.parameters())


@pytest.fixture(scope="module")
def encoder() -> nn.Module:
    init_default_scope("mmpose")
    with torch.device("meta"):
        return MODELS.build(dict(type="ResNet", depth=50, out_indices=(1, 2, 3)))


@pytest.fixture(scope="module")
def head() -> TwoHandsHead:
    init_default_scope("mmpose")
    with torch.device("meta"):
        return MODELS.build(dict(type="TwoHandsHead"))


def test_the_live_network_and_the_released_one(
    encoder: nn.Module, head: TwoHandsHead
) -> None:
    live = count(encoder, head)
    assert live == 90_410_723
    assert live + CLASSIFIER + 2 * IDLE_BLOCK + 2 * OWN_EDGES == RELEASED


def test_encoder_initial_regressor_and_decoder(
    encoder: nn.Module, head: TwoHandsHead
) -> None:
    assert count(encoder) + CLASSIFIER == 25_557_032
    assert count(head.initial) == 38_025_349
    live = count(head.stages, head.maps)
    assert live + 2 * IDLE_BLOCK + 2 * OWN_EDGES == 29_142_638


@pytest.mark.parametrize("number", [0, 1])
def test_each_joint_block(head: TwoHandsHead, number: int) -> None:
    stage = head.stages[number]
    joints, painting = stage.joints, stage.projection
    live = count(joints, painting)
    assert live + IDLE_BLOCK + OWN_EDGES == 12_365_492
    assert [count(each) + 4 * 21 for each in joints.graphs] == [2_754_292] * 2
    assert count(painting.fusion) == 5_964_800
    assert count(joints.transformer, joints.narrow) + IDLE_BLOCK == 544_064
    assert [count(each) for each in joints.transformer.blocks] == [IDLE_BLOCK] * 3
    assert count(joints.hands, joints.offset) == 188_428
    assert [count(each) for each in joints.sampled] == [49_664] * 2
    assert count(joints.own_place) + count(joints.place) == 3 * 17_280
    assert count(painting.joints) == 8_448


def test_the_encoder_makes_the_maps_that_the_head_takes(
    encoder: nn.Module, head: TwoHandsHead
) -> None:
    maps = encoder(torch.empty(1, 3, 256, 256, device="meta"))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (512, 32, 32),
        (1024, 16, 16),
        (2048, 8, 8),
    ]
    assert tuple(m.shape[1] for m in maps) == head.in_channels
