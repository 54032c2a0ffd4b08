"""CPM and Stacked Hourglass as SIA-GCN's preliminary estimators: counts and shapes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from mmpose.registry import MODELS
from torch import nn

import mmsia.all  # noqa: F401, registers the parts
from mmsia.cli.main import main
from mmsia.errors import ConfigError, InputError
from mmsia.models.backbones.cpm_on_vgg import TripleConv
from mmsia.models.backbones.stacked_hourglass import Residual

CONFIG = """
codec = dict(input_size=({size}, {size}))
model = dict(
    type="TopdownPoseEstimator",
    backbone={backbone!r},
    head=dict(
        type="CPMHead", in_channels=21, out_channels=21, num_stages={stages},
        final_layer=None, loss=dict(type="KeypointMSELoss"),
    ),
)
"""
SMALL_VGG = dict(
    type="VGG", depth=11, num_stages=4, dilations=(1,) * 4, out_indices=(3,),
    with_last_pool=False,
)  # fmt: skip
SMALL = {
    "cpm-7x7": dict(type="CPMOnVGG", trunk=SMALL_VGG, channels=(16, 16, 8)),
    "cpm-3x3": dict(
        type="CPMOnVGG", trunk=SMALL_VGG, channels=(16, 16, 8), kernel_size=3
    ),
    "shg": dict(type="StackedHourglass", num_stacks=6, channels=16, depth=2),
}


def conv(size, *widths):
    """Weights and biases of convolutions in a row."""
    return sum(a * b * size * size + b for a, b in pairwise(widths))


# VGG-19 to conv4_4, and the three convolutions that follow it
TRUNK = conv(3, 3, 64, 64, 128, 128, *[256] * 4, *[512] * 4, 512, 512, 128)
CPM_7 = conv(1, 128, 512, 21) + 5 * (
    conv(7, 149, *[128] * 5) + conv(1, 128, 128) + conv(1, 128, 21)
)
CPM_3 = conv(3, 128, 512, 21) + 5 * (
    conv(3, 149, 128, 128, 128)
    + 4 * conv(3, 128, 128, 128, 128)
    + 5 * conv(1, 384, 128)
    + conv(1, 128, 128)
    + conv(1, 128, 21)
)


def residual(a, b):
    """1 x 1, 3 x 3, 1 x 1, a norm before each, a skip where widths differ."""
    norms = 2 * (a + b // 2 + b // 2)
    skip = conv(1, a, b) if a != b else 0
    return (
        norms + conv(1, a, b // 2) + conv(3, b // 2, b // 2) + conv(1, b // 2, b) + skip
    )


def hourglasses(blocks):
    """Stem, eight stacks of 13 + 1 modules with their outputs, seven ways back."""
    stem = conv(7, 3, 64) + 2 * 64 + residual(64, 128) + residual(128, 128)
    stack = 14 * blocks * residual(256, 256) + conv(1, 256, 256) + 2 * 256
    stack += conv(1, 256, 21)
    back = conv(1, 256, 256) + conv(1, 21, 256)
    return stem + residual(128, 256) + 8 * stack + 7 * back


@pytest.mark.parametrize(
    ("backbone", "size", "stages", "expected", "millions"),
    [
        (dict(type="CPMOnVGG"), 368, 6, TRUNK + CPM_7, "36.80"),
        (dict(type="CPMOnVGG", kernel_size=3), 368, 6, TRUNK + CPM_3, "29.10"),
        (dict(type="StackedHourglass"), 256, 8, hourglasses(1), "25.45"),
        (dict(type="StackedHourglass", num_blocks=2), 256, 8, hourglasses(2), "49.48"),
    ],
)
def test_counts_of_the_paper_s_size(
    tmp_path: Path, capsys, backbone, size, stages, expected, millions
) -> None:
    path = tmp_path / "config.py"
    path.write_text(CONFIG.format(backbone=backbone, size=size, stages=stages))
    assert main(["structure", str(path)]) == 0
    printed = capsys.readouterr().out
    assert f"{expected / 1e6:.3f} M parameters" in printed
    assert f"at {size} x {size}" in printed
    assert f"{expected / 1e6:.2f}" == millions
    with torch.device("meta"):
        model = MODELS.build(backbone)
    assert sum(p.numel() for p in model.parameters()) == expected


@pytest.mark.parametrize(
    ("config", "cells"),
    [
        (dict(type="CPMOnVGG"), 46),
        (dict(type="CPMOnVGG", kernel_size=3), 46),
        (dict(type="StackedHourglass"), 64),
    ],
)
def test_maps_of_the_paper_s_size(config, cells):
    with torch.device("meta"):
        model = MODELS.build(config)
        image = torch.empty(2, 3, *[368 if cells == 46 else 256] * 2)
    maps = model(image)
    assert len(maps) == (6 if cells == 46 else 8)
    assert all(m.shape == (2, 21, cells, cells) for m in maps)


@pytest.mark.parametrize("name", SMALL)
def test_every_stage_learns_and_sees_the_one_before(name):
    torch.manual_seed(0)
    model = MODELS.build(SMALL[name])
    model.init_weights()
    maps = model(torch.randn(2, 3, 64, 96))
    stride = 4 if name == "shg" else 8
    assert [m.shape for m in maps] == [(2, 21, 64 // stride, 96 // stride)] * 6
    maps[-1].square().sum().backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    # only what lies before a stage has a part in it
    model.zero_grad()
    model(torch.randn(2, 3, 64, 96))[0].square().sum().backward()
    later = model.stages[1:] if name != "shg" else model.hourglasses[1:]
    assert all(p.grad is None for p in later.parameters())


def test_three_small_kernels_are_linear_up_to_their_join():
    torch.manual_seed(0)
    block = TripleConv(4, 6)
    for part in block.parts:
        nn.init.zeros_(part.bias)
    seen = []
    block.join[0].register_forward_hook(lambda m, args, out: seen.append(args[0]))
    features = torch.randn(1, 4, 9, 9)
    output = block(features)
    block(-features)
    assert seen[0].shape == (1, 18, 9, 9)
    torch.testing.assert_close(seen[0], -seen[1])
    assert (output >= 0).all() and (output == 0).any()
    # a lone impulse reaches 1, 2 and 3 cells far
    impulse = torch.zeros(1, 4, 9, 9)
    impulse[0, 0, 4, 4] = 1
    block(impulse)
    reach = [(seen[2][0, 6 * i : 6 * i + 6] != 0).any(0).sum().item() for i in range(3)]
    assert reach == [9, 25, 49]


def test_residual_passes_its_input_on():
    module = Residual(8, 8)
    nn.init.zeros_(module.body[-1].weight)
    nn.init.zeros_(module.body[-1].bias)
    features = torch.randn(2, 8, 4, 4)
    assert torch.equal(module(features), features)


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [("cpm-7x7", (60, 64), "multiples of 8, got 64 x 60"), ("shg", (64, 72), "of 16")],
)
def test_images_of_another_size_are_named(name, size, words):
    with pytest.raises(InputError, match=words):
        MODELS.build(SMALL[name])(torch.zeros(1, 3, *size))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(type="CPMOnVGG", kernel_size=5), "kernel_size 5"),
        (dict(type="CPMOnVGG", num_stages=0), "0 stages"),
        (dict(type="StackedHourglass", channels=30), "30 channels"),
        (dict(type="StackedHourglass", num_stacks=0), "0 stacks"),
        (dict(type="StackedHourglass", depth=0), "depth 0"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(ConfigError, match=words):
        MODELS.build(options)
