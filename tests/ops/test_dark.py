"""DARK's Newton step on surfaces whose maximum is known."""

import numpy as np
import pytest

from mmsia.ops.dark import newton_step, refine_dark
from mmsia.ops.gaussian_maps import encode_gaussians
from mmsia.ops.peaks import find_cell_peaks


def test_one_step_reaches_the_maximum_of_a_parabola():
    y, x = np.mgrid[:9, :9].astype(float)
    surface = -((x - 4.3) ** 2 + 2 * (y - 3.8) ** 2 + 0.5 * (x - 4.3) * (y - 3.8))
    step = newton_step(surface[None], np.array([0]), np.array([4]), np.array([4]))
    np.testing.assert_allclose(step, [[0.3, -0.2]], atol=1e-12)


@pytest.mark.parametrize("sign", ["saddle", "flat", "far"])
def test_no_step_without_a_maximum_nearby(sign):
    y, x = np.mgrid[:9, :9].astype(float)
    surface = {
        "saddle": (x - 4.3) ** 2 - (y - 4) ** 2,
        "flat": np.zeros((9, 9)),
        "far": -((x - 7.0) ** 2) - (y - 4.0) ** 2,
    }[sign]
    step = newton_step(surface[None], np.array([0]), np.array([4]), np.array([4]))
    assert step.tolist() == [[0, 0]]


def test_a_gaussian_is_found_to_a_twentieth_of_a_pixel():
    rng = np.random.default_rng(0)
    for keypoint in rng.uniform(70, 90, (20, 1, 1, 2)):
        maps = encode_gaussians(keypoint, np.ones((1, 1), bool), (40, 40), 4, 7.0)
        peaks = refine_dark(maps, find_cell_peaks(maps, 4, 0.04, 5), 4, 11)
        np.testing.assert_allclose(peaks.xy[0, 0], keypoint[0, 0], atol=0.05)


def test_every_person_is_refined_on_his_own():
    keypoints = np.array([[[41.0, 40.3]], [[120.7, 90.2]]])
    maps = encode_gaussians(keypoints, np.ones((2, 1), bool), (40, 40), 4, 7.0)
    peaks = refine_dark(maps, find_cell_peaks(maps, 4, 0.04, 5), 4, 11)
    found = peaks.xy[0][np.argsort(peaks.xy[0][:, 0])]
    np.testing.assert_allclose(found, keypoints[:, 0], atol=0.05)


def test_border_and_emptiness():
    maps = np.zeros((2, 3, 3), np.float32)
    maps[0, 0, 0] = 1
    peaks = refine_dark(maps, find_cell_peaks(maps, 4, 0.04, 5), 4, 11)
    assert peaks.counts.tolist() == [1, 0]
    assert np.isfinite(peaks.xy).all()
