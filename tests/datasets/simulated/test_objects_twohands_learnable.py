"""A small regressor learns from objects and two hands what the mean pose lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from mmsia.datasets.simulated import objects, twohands
from mmsia.datasets.simulated.objects_presets import OBJECTS
from mmsia.datasets.simulated.objects_scene import TRUNCATED
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.datasets.simulated.twohands_scene import SIDES

SIZE = 64
Data = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def cars(preset: str, seed: int, count: int) -> Data:
    """Cars, cut out by 1.25 times their box."""
    hard = OBJECTS[preset]
    chosen = replace(hard, size=(96, 96), objects=(1, 1), lengths=(0.8, 0.95))
    images, points, flags = [], [], []
    for index in range(count):
        made = objects.sample(seed, index, chosen, names=("car",))
        thing = made.things[0]
        low, high = np.array(thing.box[:2]), np.array(thing.box[2:])
        scale = SIZE / (1.25 * (high - low).max())
        shift = (SIZE - 1) / 2 - scale * (low + high) / 2
        way = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        images.append(cv2.warpAffine(made.image, way, (SIZE, SIZE)))
        points.append(thing.keypoints * scale + shift)
        flags.append(thing.status != TRUNCATED)
    return _tensors(images, points, flags)


def pairs(preset: str, seed: int, count: int) -> Data:
    """Prepared crops of two hands."""
    chosen = replace(TWOHANDS[preset], size=(84, 128), crop=SIZE)
    images, points = [], []
    for index in range(count):
        made = twohands.sample(seed, index, chosen)
        images.append(made.crop.image)
        joints = [made.crop.camera.project(made.joints(side)) for side in SIDES]
        points.append(np.concatenate(joints))
    return _tensors(images, points, [np.ones(42, dtype=bool)] * count)


def _tensors(
    images: list[np.ndarray], points: list[np.ndarray], flags: list[np.ndarray]
) -> Data:
    pixels = torch.tensor(np.stack(images)).permute(0, 3, 1, 2).float() / 255 - 0.45
    return pixels, torch.tensor(np.stack(points)).float(), torch.tensor(np.stack(flags))


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def train(data: Data, steps: int) -> nn.Module:
    images, points, flags = data
    network = nn.Sequential(
        *(_block(3, 24, 2), _block(24, 48, 2), _block(48, 64, 2), _block(64, 96)),
        *(_block(96, 128, 2), _block(128, 128), nn.Flatten(), nn.Linear(2048, 256)),
        *(nn.ReLU(), nn.Linear(256, 2 * points.shape[1])),
    )
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    for _ in range(steps):
        chosen = torch.randint(len(images), (64,))
        found = locate(network, images[chosen])
        error = (found - points[chosen]).abs().sum(-1)
        loss = (error * flags[chosen]).sum() / flags[chosen].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def locate(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Keypoints (N, K, 2) in pixels."""
    return network(images).unflatten(1, (-1, 2)) * SIZE / 4 + SIZE / 2


def pck(found: torch.Tensor, data: Data) -> float:
    """Share of keypoints within a tenth of the crop's edge."""
    near = (found - data[1]).norm(dim=-1) < 0.1 * SIZE
    return (near & data[2]).sum().item() / data[2].sum().item()


@pytest.mark.slow
@pytest.mark.parametrize("make", [cars, pairs])
def test_a_small_network_beats_the_mean_pose_and_hard_is_harder(
    make: Callable[[str, int, int], Data],
) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    training, testing = make("smoke", 0, 2000), make("smoke", 1, 300)
    easy, hard = make("easy", 2, 200), make("hard", 2, 200)
    weights = training[2][..., None]
    mean = (training[1] * weights).sum(0) / weights.sum(0)
    network = train(training, 400)
    with torch.no_grad():
        scores = [pck(locate(network, d[0]), d) for d in (testing, easy, hard)]
    of_mean = pck(mean.expand_as(testing[1]), testing)
    print(make.__name__, "mean", of_mean, "test, easy, hard", scores)
    assert scores[0] > 1.5 * of_mean
    assert scores[1] > scores[2] + 0.05
