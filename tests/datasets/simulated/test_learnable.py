"""A small network learns from made data what the mean pose does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from mmsia.datasets.simulated import hands, people
from mmsia.datasets.simulated.presets import HANDS, PEOPLE

SIZE, CELLS = 64, 16
Data = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def hand_crops(preset: str, seed: int, count: int) -> Data:
    chosen = replace(HANDS[preset], size=SIZE, frames=1)
    made = [hands.sample(seed, index, chosen) for index in range(count)]
    flags = np.ones((count, 21), dtype=bool)
    return _tensors([m.image for m in made], [m.keypoints for m in made], flags)


def people_crops(preset: str, seed: int, count: int) -> Data:
    """The square around a person who stands alone, as top-down methods cut it."""
    chosen = replace(PEOPLE[preset], size=(96, 96), people=(1, 1), truncation=0.0)
    images, points, flags = [], [], []
    for index in range(count):
        made = people.sample(seed, index, chosen)
        low, high = made.keypoints[0].min(0), made.keypoints[0].max(0)
        scale = SIZE / (1.25 * (high - low).max())
        shift = (SIZE - 1) / 2 - scale * (low + high) / 2
        way = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        images.append(cv2.warpAffine(made.image, way, (SIZE, SIZE)))
        points.append(made.keypoints[0] * scale + shift)
        flags.append(made.flags[0] > 0)
    return _tensors(images, points, np.array(flags))


def _tensors(images: list, points: list, flags: np.ndarray) -> Data:
    pixels = torch.tensor(np.stack(images)).permute(0, 3, 1, 2).float() / 255 - 0.45
    return pixels, torch.tensor(np.stack(points)).float(), torch.tensor(flags)


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class SmallNetwork(nn.Module):
    """Three halvings, two doublings, and the mean place under each softmax."""

    def __init__(self, num_keypoints: int) -> None:
        super().__init__()
        self.down = nn.Sequential(_block(3, 16, 2), _block(16, 32, 2), _block(32, 32))
        self.middle = nn.Sequential(_block(32, 64, 2), _block(64, 64))
        self.deep = nn.Sequential(_block(64, 96, 2), _block(96, 96))
        self.first = nn.Sequential(nn.Upsample(scale_factor=2), _block(96, 64))
        self.second = nn.Sequential(nn.Upsample(scale_factor=2), _block(64, 48))
        self.head = nn.Conv2d(48, num_keypoints, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        middle = self.middle(self.down(images))
        maps = self.head(self.second(self.first(self.deep(middle)) + middle))
        shares = maps.flatten(2).softmax(-1)
        grid = (torch.arange(CELLS) + 0.5) * SIZE / CELLS - 0.5
        y, x = torch.meshgrid(grid, grid, indexing="ij")
        places = [(shares * axis.flatten()).sum(-1) for axis in (x, y)]
        return torch.stack(places, dim=-1)


def train(data: Data, steps: int) -> SmallNetwork:
    images, points, flags = data
    network = SmallNetwork(points.shape[1])
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)
    for _ in range(steps):
        chosen = torch.randint(len(images), (64,))
        error = (network(images[chosen]) - points[chosen]).abs().sum(-1)
        loss = (error * flags[chosen]).sum() / flags[chosen].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def pck(found: torch.Tensor, data: Data, share: float = 0.05) -> float:
    """Share of keypoints within a share of the crop's edge."""
    near = (found - data[1]).norm(dim=-1) < share * SIZE
    return (near & data[2]).sum().item() / data[2].sum().item()


@pytest.mark.slow
@pytest.mark.parametrize("make", [hand_crops, people_crops])
def test_a_small_network_beats_the_mean_pose_and_hard_is_harder(
    make: Callable[[str, int, int], Data],
) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    training, testing = make("smoke", 0, 2000), make("smoke", 1, 300)
    easy, hard = make("easy", 2, 200), make("hard", 2, 200)
    weights = training[2][..., None]
    mean = (training[1] * weights).sum(0) / weights.sum(0)
    network = train(training, 300)
    with torch.no_grad():
        scores = [pck(network(data[0]), data) for data in (testing, easy, hard)]
    of_mean = pck(mean.expand_as(testing[1]), testing)
    print(make.__name__, "mean", of_mean, "test, easy, hard", scores)
    assert scores[0] > 1.5 * of_mean
    assert scores[1] > scores[2] + 0.03
