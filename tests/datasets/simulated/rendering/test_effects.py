"""Backgrounds, clutter and the camera's faults."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.simulated.rendering.backgrounds import KINDS, backdrop, clutter
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import (
    jpeg,
    low_light,
    motion_blur,
    occluder,
    sensor_noise,
    soften,
)
from mmsia.datasets.simulated.rendering.scene import Scene, render

CAMERA = Camera((100.0, 100.0), (31.5, 23.5), (64, 48))


@pytest.mark.parametrize("kind", KINDS)
def test_backdrops_fill_the_image_and_vary(kind: str) -> None:
    images = [backdrop(np.random.default_rng(s), (64, 48), kind) for s in (0, 0, 1)]
    assert images[0].shape == (48, 64, 3)
    assert images[0].dtype == np.uint8
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0] != images[2]).mean() > 0.5


def test_clutter_and_occluders_belong_to_nobody() -> None:
    rng = np.random.default_rng(0)
    colours = [(10.0, 200.0, 30.0)]
    things = clutter(rng, CAMERA, 12, depth=(6, 9), radius=(2, 6), colours=colours)
    assert 12 <= len(things) <= 36
    cover = occluder(rng, CAMERA, np.array([40.0, 20.0]), 20.0, 3.0, (1, 2, 3))
    seen = render(Scene(CAMERA, [*things, cover]), rng)
    assert (seen.parts == -1).all()
    assert (seen.instances == -1).all()
    assert seen.depth[20, 40] < 4
    behind = np.isfinite(seen.depth) & (seen.depth > 5)
    assert behind.sum() > 30


def test_motion_blur_averages_the_way_and_keeps_the_middle() -> None:
    image = np.zeros((9, 21, 3), dtype=np.uint8)
    image[4, 10] = 200
    blurred = motion_blur(image, (4.0, 0.0))
    np.testing.assert_array_equal(blurred[4, 8:13, 0], [40] * 5)
    assert blurred.sum() == 200 * 3
    np.testing.assert_array_equal(motion_blur(image, (0.4, 0.0)), image)
    flat = np.full((8, 8, 3), 77, np.uint8)
    np.testing.assert_array_equal(motion_blur(flat, (3, -5)), flat)


def test_noise_has_its_deviation_and_no_mean() -> None:
    flat = np.full((200, 200, 3), 120, dtype=np.uint8)
    noisy = sensor_noise(flat, 6.0, np.random.default_rng(0)).astype(float)
    assert noisy.std() == pytest.approx(6.0, rel=0.02)
    assert noisy.mean() == pytest.approx(120.0, abs=0.1)
    assert sensor_noise(flat, 0.0, np.random.default_rng(0)) is flat


def test_darkness_softness_and_jpeg() -> None:
    image = backdrop(np.random.default_rng(0), (64, 48), "noise")
    dark = low_light(image, 0.5).astype(int)
    assert np.abs(dark - image / 2).max() <= 0.5
    assert soften(image, 1) is image
    edges = np.abs(np.diff(image.astype(int), axis=1)).mean()
    assert np.abs(np.diff(soften(image, 5).astype(int), axis=1)).mean() < edges
    good, bad = (jpeg(image, q).astype(int) for q in (95, 20))
    assert np.abs(good - image).mean() < np.abs(bad - image).mean()
