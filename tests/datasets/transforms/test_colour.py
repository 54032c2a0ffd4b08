"""ColourJitter: what stays, how far colours go, and that torch's seed decides."""

from __future__ import annotations

import numpy as np
import torch
from mmpose.registry import TRANSFORMS

import mmsia.all  # noqa: F401, registers


def jittered(image, seed=0, **options):
    torch.manual_seed(seed)
    transform = TRANSFORMS.build(dict(type="ColourJitter", **options))
    return transform.transform({"img": image.copy(), "kept": 1})


def test_nothing_changes_without_strength():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    results = jittered(image, strength=0.0)
    assert results["kept"] == 1 and np.array_equal(results["img"], image)


def test_grey_stays_grey_and_within_its_range():
    image = np.full((4, 6, 3), 100, dtype=np.uint8)
    found = [jittered(image, seed)["img"] for seed in range(200)]
    assert all((each == each[0, 0, 0]).all() for each in found)
    levels = np.array([each[0, 0, 0] for each in found])
    # of an even image, brightness alone changes the level
    assert 58 <= levels.min() < 70 and 130 < levels.max() <= 141


def test_the_seed_of_torch_decides():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    one, same, other = (jittered(image, seed)["img"] for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert one.dtype == np.uint8 and one.shape == image.shape


def test_saturation_spreads_the_channels_of_bgr_around_its_grey():
    # Blue alone: its grey, 0.114 of it, stays where brightness does not move it.
    image = np.zeros((4, 6, 3), dtype=np.uint8)
    image[..., 0] = 100
    for seed in range(20):
        blue, green, red = jittered(image, seed)["img"][0, 0].tolist()
        assert blue > green == red
