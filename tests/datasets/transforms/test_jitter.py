from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms import GreyHSVJitter, LabelShift
from mmsia.datasets.transforms.jitter import shift_hsv
from mmsia.datasets.transforms.randomness import get_generator


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (8, 9, 3), np.uint8)


def test_shift_agrees_with_pythons_colour_conversion():
    image = np.array([[[30, 120, 200], [10, 240, 90]]], np.uint8)
    shifted = shift_hsv(image, np.array([10, -40, 30]))
    for before, after in zip(image[0], shifted[0], strict=True):
        h, s, v = colorsys.rgb_to_hsv(*(before[::-1] / 255.0))
        h, s, v = h + 20 / 360, s - 40 / 255, v + 30 / 255
        clip = colorsys.hsv_to_rgb(h % 1, min(max(s, 0), 1), min(max(v, 0), 1))
        np.testing.assert_allclose(after[::-1], np.array(clip) * 255, atol=4)


def test_hue_is_cyclic_and_the_rest_is_clamped():
    red = np.array([[[0, 0, 255]]], np.uint8)
    assert shift_hsv(red, np.array([180, 0, 0])).tolist() == red.tolist()
    assert shift_hsv(red, np.array([0, 40, 30])).tolist() == red.tolist()
    assert shift_hsv(red, np.array([0, -300, -300])).tolist() == [[[0, 0, 0]]]


def test_jitter_follows_its_probabilities():
    image = picture()
    same = GreyHSVJitter(0.0, 0.0)({"img": image})["img"]
    np.testing.assert_array_equal(same, image)
    grey = GreyHSVJitter(1.0, 0.0)({"img": image})["img"]
    assert (grey == grey[..., :1]).all() and grey.shape == image.shape
    moved = GreyHSVJitter(0.0, 1.0)({"img": image, "rng": np.random.default_rng(1)})
    assert (moved["img"] != image).any()
    results = [
        GreyHSVJitter(0.0, 0.2)({"img": image, "rng": np.random.default_rng(i)})["img"]
        for i in range(300)
    ]
    changed = np.mean([(result != image).any() for result in results])
    assert 0.13 < changed < 0.27


def test_label_shift_is_off_by_default_and_positive():
    keypoints = np.zeros((2, 17, 2), np.float32)
    off = LabelShift()({"keypoints": keypoints})["keypoints"]
    assert (off == 0).all()
    shifted = LabelShift(prob=1.0)({"keypoints": keypoints})["keypoints"]
    assert shifted.min() >= 0.5 and shifted.max() < 1.5
    assert len(np.unique(shifted)) > 60  # each coordinate on its own
    assert shifted.dtype == np.float32 and (keypoints == 0).all()


def test_generator_comes_from_the_results_or_from_torchs_seed():
    generator = np.random.default_rng(0)
    assert get_generator({"rng": generator}) is generator
    torch.manual_seed(3)
    first = [get_generator({}).random() for _ in range(3)]
    torch.manual_seed(3)
    assert [get_generator({}).random() for _ in range(3)] == first
    assert len(set(first)) == 3


@pytest.mark.parametrize("name", ["GreyHSVJitter", "LabelShift"])
def test_builds_from_the_registry(name):
    assert TRANSFORMS.build({"type": name}) is not None
