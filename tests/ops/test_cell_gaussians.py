"""Gaussians around cells: by hand, and against MMDetection's one at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsia.ops.cell_gaussians import draw_cell_gaussians, released_radii


@pytest.mark.parametrize("overlap", [0.3, 0.7, 0.9])
def test_radii_are_the_smallest_of_the_released_code_s_roots(overlap):
    """Quadratics of a moved, a smaller and a larger box; roots not divided by 2a."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate([rng.uniform(0.1, 128, (500, 2)), [[1, 128], [1, 1]]])
    radii = released_radii(sizes, overlap)
    for (w, h), radius in zip(np.ceil(sizes), radii, strict=True):
        quadratics = (
            (1, w + h, w * h * (1 - overlap) / (1 + overlap)),
            (4, 2 * (w + h), (1 - overlap) * w * h),
            (4 * overlap, -2 * overlap * (w + h), (overlap - 1) * w * h),
        )
        roots = [(b + np.sqrt(b * b - 4 * a * c)) / 2 for a, b, c in quadratics]
        assert radius == int(min(roots))
    assert len(released_radii(np.zeros((0, 2)), overlap)) == 0


def test_by_hand():
    cells, radii = np.array([[2, 1], [0, 3]]), np.array([1, 0])
    maps = draw_cell_gaussians(cells, np.array([0, 1]), radii, 3, (5, 4))
    assert maps.shape == (3, 4, 5) and maps.dtype == np.float32
    side, corner = np.exp(-0.5 * 4), np.exp(-0.5 * 8)  # sigma is half a cell
    expected = [[corner, side, corner], [side, 1, side], [corner, side, corner]]
    np.testing.assert_allclose(maps[0, :3, 1:4], expected, rtol=1e-6)
    assert maps[0].sum() == pytest.approx(1 + 4 * side + 4 * corner)
    assert np.argwhere(maps[1]).tolist() == [[3, 0]] and maps[1, 3, 0] == 1
    assert not maps[2].any()


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_mmdetection(seed):
    from mmdet.models.utils.gaussian_target import gen_gaussian_target

    rng = np.random.default_rng(seed)
    size, number = (37, 29), 40
    cells = rng.integers(0, size, (number, 2))
    kinds, radii = rng.integers(0, 4, number), rng.integers(0, 9, number)
    expected = torch.zeros(4, size[1], size[0])
    for cell, kind, radius in zip(cells.tolist(), kinds, radii, strict=True):
        gen_gaussian_target(expected[kind], cell, int(radius))
    maps = draw_cell_gaussians(cells, kinds, radii, 4, size)
    np.testing.assert_allclose(maps, expected.numpy(), atol=1e-6)
    assert np.array_equal(maps == 1, expected.numpy() == 1)


def test_nobody():
    empty = np.zeros(0, dtype=int)
    maps = draw_cell_gaussians(np.zeros((0, 2), int), empty, empty, 2, (5, 4))
    assert maps.shape == (2, 4, 5) and not maps.any()
