"""Cells and Gaussian maps against the formula written out."""

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.cells import cell_offset, map_size, quantize_to_cells
from mmsia.ops.gaussian_maps import encode_gaussians


def full_formula(keypoints, visible, size, stride, sigma):
    """Every cell against every person, nearest keypoint wins, then clip."""
    x = np.arange(size[0]) * stride + stride / 2 - 0.5
    y = np.arange(size[1]) * stride + stride / 2 - 0.5
    maps = np.zeros((keypoints.shape[1], size[1], size[0]))
    for person, kind in zip(*np.nonzero(visible), strict=True):
        px, py = keypoints[person, kind]
        squared = (x[None] - px) ** 2 + (y[:, None] - py) ** 2
        maps[kind] = np.maximum(maps[kind], np.exp(-squared / (2 * sigma**2)))
    return np.where(maps < 0.01, 0, maps)


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
@pytest.mark.parametrize("num_people", [0, 1, 6])
def test_agrees_with_the_formula_everywhere(stride, num_people):
    rng = np.random.default_rng(stride * 10 + num_people)
    keypoints = rng.uniform(-30, 130, (num_people, 3, 2))
    visible = rng.random((num_people, 3)) > 0.2
    size = map_size((101, 83), stride)
    maps = encode_gaussians(keypoints, visible, size, stride, 7.0)
    expected = full_formula(keypoints, visible, size, stride, 7.0)
    assert maps.dtype == np.float32 and maps.shape == (3, size[1], size[0])
    # cells whose response is 0.01 to rounding may fall on either side of the clip
    far_from_clip = np.abs(expected - 0.01) > 1e-5
    np.testing.assert_allclose(
        maps[far_from_clip], expected[far_from_clip], atol=3e-7, rtol=0
    )


def test_value_by_hand():
    # cell (2, 1) of stride 4 sits at (9.5, 5.5); the keypoint is 7 px to its right
    maps = encode_gaussians(
        np.array([[[16.5, 5.5]]]), np.array([[True]]), (8, 8), 4, 7.0
    )
    assert maps[0, 1, 2] == pytest.approx(np.exp(-0.5), abs=1e-7)


def test_keypoints_far_outside_leave_nothing():
    keypoints = np.array([[[1e12, -1e12]], [[-1e300, 5.0]]])
    maps = encode_gaussians(keypoints, np.ones((2, 1), bool), (8, 8), 4, 7.0)
    assert (maps == 0).all()


def test_cells_by_hand():
    assert cell_offset(4) == 1.5 and cell_offset(1) == 0.0
    assert map_size((640, 481), 4) == (160, 120)
    np.testing.assert_array_equal(
        quantize_to_cells(np.array([[7.9, 8.0]]), 4), [[5.5, 9.5]]
    )
    with pytest.raises(InputError, match="smaller than one cell"):
        map_size((1, 640), 4)
