"""Stated damage: what it changes, by how much, and that it repeats."""

import numpy as np
import pytest

from mmsia.bench.degradation import NONE, Degradation
from mmsia.errors import InputError


def flat(value=0.5):
    return np.full((4, 80, 80), value, np.float32)


def apply(damage, maps, seed=0, stride=4.0):
    return damage.apply(maps, stride, np.random.default_rng(seed))


def test_none_changes_nothing():
    maps = np.random.default_rng(0).random((2, 5, 5)).astype(np.float32)
    np.testing.assert_array_equal(apply(NONE, maps), maps)


def test_noise_has_its_deviation():
    noisy = apply(Degradation(noise=0.1), flat())
    assert noisy.std() == pytest.approx(0.1, rel=0.03)
    assert noisy.mean() == pytest.approx(0.5, abs=0.005)


def test_gain_scales_with_the_response_and_is_smooth():
    uneven = apply(Degradation(gain=0.2), flat())
    assert uneven.std() == pytest.approx(0.1, rel=0.1)
    assert np.abs(np.diff(uneven, axis=2)).mean() < 0.5 * uneven.std()
    assert (apply(Degradation(gain=0.2), flat(0.0)) == 0).all()


@pytest.mark.parametrize("stride", [1.0, 4.0])
def test_blur_is_in_input_pixels(stride):
    maps = np.zeros((1, 161, 161), np.float32)
    maps[0, 80, 80] = 1
    blurred = apply(Degradation(blur=8.0), maps, stride=stride)[0]
    x = (np.arange(161) - 80) * stride
    assert blurred.sum() == pytest.approx(1, abs=1e-3)
    assert np.sqrt((blurred.sum(0) * x**2).sum()) == pytest.approx(8, rel=0.02)


def test_distributions_over_one_axis_are_blurred_along_it_alone():
    labels = np.zeros((17, 384), np.float32)
    labels[:, 100] = 1
    blurred = apply(Degradation(blur=2.0), labels, stride=0.5)
    assert blurred.shape == labels.shape
    np.testing.assert_allclose(blurred, np.repeat(blurred[:1], 17, axis=0), atol=1e-7)


def test_same_seed_same_damage():
    damage = Degradation(0.1, 1.0, 0.1)
    np.testing.assert_array_equal(apply(damage, flat(), 1), apply(damage, flat(), 1))
    assert (apply(damage, flat(), 1) != apply(damage, flat(), 2)).any()


@pytest.mark.parametrize("kind", ["gain", "blur", "noise"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_impossible_damage_is_refused(kind, value):
    with pytest.raises(InputError, match=f"{kind} is out of range"):
        Degradation(**{kind: value})
