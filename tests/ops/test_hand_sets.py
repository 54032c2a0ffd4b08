"""Cameras and units of two hands, by hand."""

from __future__ import annotations

import numpy as np
import torch

from mmsia.ops.hand_sets import image_units, project


def test_each_hand_has_its_own_camera() -> None:
    points = torch.tensor([[0.1, 0.2, 5.0], [0.0, -0.1, 3.0]]).expand(1, 2, 2, 3)
    camera = torch.tensor([[[2.0, 0, 0], [10, 0.5, -0.5]]])
    wanted = [[[[0.2, 0.4], [0, -0.2]], [[1.5, 1.5], [0.5, -1.5]]]]
    np.testing.assert_allclose(project(points, camera), wanted, rtol=1e-6)


def test_pixels_of_a_crop_in_units_of_half_its_side() -> None:
    pixels = torch.tensor([[0.0, 128.0], [256.0, 64.0]])
    np.testing.assert_array_equal(image_units(pixels, 256), [[-1, 0], [1, -0.5]])
