"""Blur along a line; gain, shift and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mmsia.datasets.transforms import GainShiftNoise, LineBlur
from mmsia.datasets.transforms.two_hands_colour import line_kernel
from mmsia.errors import ConfigError


def sample(value: int = 100, seed: int = 0) -> dict[str, Any]:
    image = np.full((64, 64, 3), value, dtype=np.uint8)
    return dict(img=image, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("length", [3, 5, 9])
def test_a_line_lies_as_its_angle_says(length):
    level = np.zeros((length, length))
    level[length // 2] = 1 / length
    np.testing.assert_allclose(line_kernel(length, 0), level, atol=1e-9)
    np.testing.assert_allclose(line_kernel(length, 90), level.T, atol=1e-9)
    slanted = line_kernel(length, 45)
    assert slanted.sum() == pytest.approx(1) and slanted[0, 0] == 0
    np.testing.assert_allclose(slanted, slanted[::-1, ::-1], atol=1e-9)


def test_a_slanted_line_by_hand():
    """Middle, ends 2**0.5 along it, neighbours half of that along and across."""
    end, beside = 2 - 2**0.5, 1 - 0.5**0.5
    wanted = np.array([[0, beside, end], [beside, 1, beside], [end, beside, 0]])
    np.testing.assert_allclose(line_kernel(3, 45), wanted / wanted.sum(), atol=1e-9)


def test_blur_spreads_a_point_and_keeps_what_is_even():
    blur = LineBlur(prob=1.0, lengths=(9, 9))
    assert (blur(sample())["img"] == 100).all()
    point = sample(0)
    point["img"][32, 32] = 255
    spread = blur(point)["img"].astype(float)
    assert spread.max() < 128 and spread[:28].max() == 0
    np.testing.assert_allclose(spread.sum(axis=(0, 1)), 255, atol=20)


def test_the_probability_is_of_a_blur():
    generator, blur = np.random.default_rng(0), LineBlur(prob=0.3)
    texture = generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    changed = [
        (blur(dict(img=texture, rng=generator))["img"] != texture).any()
        for _ in range(1000)
    ]
    assert 0.25 < np.mean(changed) < 0.35


def test_even_lengths_are_refused():
    with pytest.raises(ConfigError, match=r"odd numbers of pixels, got \(4, 9\)"):
        LineBlur(lengths=(4, 9))


def test_without_strength_nothing_changes():
    image = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    still = GainShiftNoise(gain=0.0, shift=0.0, noise=0.0)
    changed = still(dict(img=image, rng=np.random.default_rng(0)))["img"]
    np.testing.assert_array_equal(changed, image)


def test_channels_have_gains_of_their_own_and_one_shift():
    gains = [GainShiftNoise(shift=0.0, noise=0.0)(sample(seed=s)) for s in range(300)]
    first = np.stack([each["img"][0, 0] for each in gains]).astype(int)
    for each, value in zip(gains, first, strict=True):
        assert (each["img"] == value).all()
    assert first.min() in (70, 71) and first.max() in (129, 130)
    assert (first.min(axis=1) < first.max(axis=1)).mean() > 0.95
    shifts = [GainShiftNoise(gain=0.0, noise=0.0)(sample(seed=s)) for s in range(300)]
    moved = np.stack([each["img"][0, 0] for each in shifts]).astype(int) - 100
    assert (moved == moved[:, :1]).all() and abs(moved).max() in (12, 13)


def test_noise_is_a_hundredth_of_the_range_and_follows_the_generator():
    noise = GainShiftNoise(gain=0.0, shift=0.0)
    image = noise(sample())["img"].astype(float)
    # The variance of rounding is a twelfth.
    assert image.std() == pytest.approx(np.hypot(2.55, 12**-0.5), rel=0.03)
    np.testing.assert_array_equal(noise(sample())["img"], image)
    assert (noise(sample(seed=1))["img"] != image).any()


def test_values_stay_in_range():
    assert (
        GainShiftNoise(gain=0.0, noise=0.0, shift=1.0)(sample(255))["img"] > 0
    ).any()
    bright = [GainShiftNoise()(sample(255, seed=s))["img"] for s in range(20)]
    assert all(each.min() > 100 for each in bright)
