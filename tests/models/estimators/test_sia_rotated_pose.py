"""Turning is exact where it can be, undone by turning back, and learned from labels."""

from __future__ import annotations

import math

import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import ConfigError
from mmsia.models.estimators.sia_rotation import (
    directions_of_targets,
    turn,
    turn_back,
)
from tests.models.estimators.small_hands import SMALL_RESNET, batch, small_config


def direction(*angles):
    return torch.tensor([[math.cos(a), math.sin(a)] for a in angles])


@pytest.fixture
def config():
    return {**small_config(), "type": "RSiaPose", "rotation": SMALL_RESNET}


def test_a_quarter_turn_by_hand():
    """What lies to the right of the centre comes to lie above it."""
    maps = torch.zeros(1, 1, 8, 8)
    maps[0, 0, 4, 6] = 1
    expected = torch.zeros(1, 1, 8, 8)
    expected[0, 0, 2, 4] = 1
    turned = turn(maps, direction(math.pi / 2))
    torch.testing.assert_close(turned, expected, rtol=0, atol=1e-5)
    back = turn_back(turned, direction(math.pi / 2))
    torch.testing.assert_close(back, maps, rtol=0, atol=1e-5)
    assert torch.equal(turn(maps, direction(0.0)), maps)


@pytest.mark.parametrize("angle", [0.3, 1.2, 2.5, -2.0])
def test_turning_stands_a_hand_upright_and_back(angle):
    _, samples = batch([angle], cells=24)
    target = samples[0].gt_fields.heatmaps[None]
    # around the centre of the maps, so that nothing leaves them
    target = target.roll((6, 6), (-2, -1))
    found, known = directions_of_targets(target, torch.ones(1, 21))
    torch.testing.assert_close(found, direction(angle), rtol=0, atol=0.02)
    assert known.all()
    upright = turn(target, found)
    again, _ = directions_of_targets(upright, torch.ones(1, 21))
    torch.testing.assert_close(again, direction(0.0), rtol=0, atol=0.02)
    back = turn_back(upright, found)
    cells = back.flatten(2).argmax(-1), target.flatten(2).argmax(-1)
    x, y = (cells[0] % 24 - cells[1] % 24), (cells[0] // 24 - cells[1] // 24)
    assert (x.abs() <= 1).all() and (y.abs() <= 1).all()
    # bilinear twice lowers a peak of one cell's width, by less than a third
    assert (back - target).abs().max() < 0.3


def test_images_and_their_maps_are_turned_about_the_same_place():
    """A blob of an image, eight pixels a cell, stays at the cell of its map."""
    cells, stride = torch.arange(16), 8
    pixels = torch.arange(16 * stride)
    centre = torch.tensor([10.0, 5.0])

    def blob(grid, sigma, at):
        x, y = (torch.exp(-((grid - c) ** 2) / (2 * sigma**2)) for c in at)
        return (y[:, None] * x)[None, None]

    image = turn(blob(pixels, 8.0, centre * stride), direction(0.8))
    maps = turn(blob(cells, 1.0, centre), direction(0.8))

    def middle(turned):
        turned = turned[0, 0] / turned.sum()
        along = torch.arange(len(turned), dtype=torch.float32)
        return torch.stack(
            ((turned.sum(0) * along).sum(), (turned.sum(1) * along).sum())
        )

    torch.testing.assert_close(middle(image) / stride, middle(maps), rtol=0, atol=0.05)


def test_half_precision_is_not_used_for_positions():
    maps = torch.rand(1, 1, 368, 368)
    angle = direction(0.5)
    half = turn(maps.bfloat16(), angle)
    assert half.dtype == torch.bfloat16
    assert (half.float() - turn(maps, angle)).abs().max() < 0.01


def test_hands_without_their_ends_have_no_direction():
    _, samples = batch([1.0, 1.0])
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    weights = torch.ones(2, 21)
    weights[1, 9] = 0
    assert directions_of_targets(target, weights)[1].tolist() == [True, False]
    flat = directions_of_targets(torch.zeros_like(target), weights)
    assert not flat[1].any() and flat[0].isfinite().all()


def test_maps_lie_as_the_image_does(config):
    """Whatever the rotation network says, a perfect estimator's maps come out."""
    model = MODELS.build({**config, "pointer": None, "graph": dict(
        type="SIAGCN", num_layers=1, kernel_size=3)}).eval()  # fmt: skip
    image, samples = batch([0.9], cells=24)
    target = samples[0].gt_fields.heatmaps[None].roll((6, 6), (-2, -1))
    model.rotation.forward = lambda image: 3 * direction(0.9)
    model.head.forward = lambda feats: [turn(target, direction(0.9))] * 2
    stages, fused, _ = model.compute_maps(image)
    assert (stages[-1] - target).abs().max() < 0.3
    assert (fused - target).abs().max() < 0.35


def test_the_rotation_network_is_trained_alone_first(config):
    torch.manual_seed(0)
    model = MODELS.build({**config, "trained": "rotation"})
    model.init_weights()
    image, samples = batch([0.0, 1.5, 3.0, -1.5])
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    values = []
    for _ in range(30):
        losses = model(image, samples, mode="loss")
        assert set(losses) == {"loss_rotation"}
        optimizer.zero_grad()
        losses["loss_rotation"].backward()
        optimizer.step()
        values.append(losses["loss_rotation"].item())
    assert values[-1] < 0.1 * values[0]
    learned = {
        n.split(".")[0] for n, p in model.named_parameters() if p.grad is not None
    }
    assert learned == {"rotation"}


def test_joint_training_reaches_every_part(config):
    torch.manual_seed(0)
    model = MODELS.build({**config, "rotation_weight": 0.0})
    model.init_weights()
    image, samples = batch([0.4, 1.5])
    losses = model(image, samples, mode="loss")
    assert losses["loss_rotation"] == 0
    sum(value for name, value in losses.items() if "loss" in name).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
    # through the turns, without a loss of its own
    assert model.rotation.linear.weight.grad.abs().sum() > 0


def test_only_labelled_hands_tell_a_direction(config):
    model = MODELS.build({**config, "trained": "rotation"})
    image, samples = batch([0.4, 1.5], weights=0.0)
    assert model(image, samples, mode="loss")["loss_rotation"] == 0


def test_wrong_options_are_named(config):
    with pytest.raises(ConfigError, match="rotation or joint, got 'gcn'"):
        MODELS.build({**config, "trained": "gcn"})
