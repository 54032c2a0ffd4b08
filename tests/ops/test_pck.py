"""Decoding and PCK: worked by hand, by a plain loop, and at the grid's own ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.pck import (
    THRESHOLDS,
    decode_floor_cells,
    decode_sub_cells,
    pck_by_image,
)


def gaussians(centres, cells, sigma=1.0):
    """(n, cells, cells) peaks at (n, 2) positions in cells, nothing cut off."""
    grid = np.arange(cells)
    x, y = (np.exp(-((grid - c[:, None]) ** 2) / (2 * sigma**2)) for c in centres.T)
    return y[:, :, None] * x[:, None, :]


def positions_in_a_cell(cells, steps=71):
    """Evenly spaced positions of one cell's area in the middle of the map."""
    offsets = (np.arange(steps) + 0.5) / steps - 0.5
    x, y = np.meshgrid(offsets, offsets)
    return np.stack((x.ravel(), y.ravel()), axis=-1) + cells // 2


@pytest.mark.parametrize(("cells", "ceiling"), [(46, 66.5), (64, 98.1)])
def test_ceiling_of_perfect_maps(cells, ceiling):
    """At 0.01 a disc covers a part of the cell's square; from 0.02 on all of it."""
    centres = positions_in_a_cell(cells)
    # a cell of whole pixels: rounding down to pixels does nothing
    side = 100.0 * cells
    truth = centres * side / cells
    found = decode_floor_cells(gaussians(centres, cells), side)
    shares = pck_by_image(
        found[None], truth[None], np.ones((1, len(truth)), bool), np.array([side])
    )
    assert 100 * shares[0, 0] == pytest.approx(ceiling, abs=0.1)
    assert (shares[0, 1:] == 1).all()
    # the area of the disc that lies in the square, counted on the same positions
    radius = 0.01 * cells
    inside = np.hypot(*(centres - cells // 2).T) < radius
    assert shares[0, 0] == inside.mean()
    if radius < 0.5:
        # about ten of the 5041 positions more or less lie in a disc of 33 steps
        assert shares[0, 0] == pytest.approx(np.pi * radius**2, abs=2e-3)
    better = decode_sub_cells(gaussians(centres, cells), side)
    np.testing.assert_allclose(better, truth, atol=1e-6 * side)


def test_rounding_down_to_pixels_of_the_crop_by_hand():
    maps = np.zeros((1, 2, 46, 46))
    maps[0, 0, 7, 45] = 1
    maps[0, 1, 0, 23] = 1
    # 45 * 230 / 46 = 225, 7 * 5 = 35; 45 * 200 / 46 = 195.65, 7 * 200 / 46 = 30.43
    assert decode_floor_cells(maps, 230.0).tolist() == [[[225, 35], [115, 0]]]
    assert decode_floor_cells(maps, np.array([200.0])).tolist() == [
        [[195, 30], [100, 0]]
    ]


def test_sides_of_their_own_and_maps_that_are_not_square():
    maps = np.zeros((2, 1, 4, 8))
    maps[:, 0, 3, 5] = 1
    found = decode_floor_cells(maps, np.array([80.0, 160.0]))
    assert found.tolist() == [[[50, 60]], [[100, 120]]]


def test_ties_borders_and_flat_maps():
    maps = np.zeros((4, 6, 6))
    maps[1, 2, 3] = maps[1, 4, 1] = 1
    maps[2, 0, 5] = 1
    maps[3, 0, 2], maps[3, 0, 3] = 1.0, 0.5
    first = [[0, 0], [3, 2], [5, 0], [2, 0]]
    assert decode_floor_cells(maps, 6.0).tolist() == first
    fine = decode_sub_cells(maps, 6.0)
    assert np.isfinite(fine).all()
    np.testing.assert_array_equal(fine[:3], np.array(first, float)[:3])
    # towards the higher neighbour, not off the border
    assert 2 < fine[3, 0] < 2.5 and fine[3, 1] == 0
    assert (decode_sub_cells(-np.ones((1, 6, 6)), 6.0) == 0).all()


def test_maps_without_numbers_are_never_right():
    maps = np.ones((1, 2, 5, 5))
    maps[0, 1, 2, 2] = np.nan
    for decode in (decode_floor_cells, decode_sub_cells):
        found = decode(maps, 5.0)
        assert np.isnan(found[0, 1]).all() and np.isfinite(found[0, 0]).all()
    found[0, 0] = np.inf
    shares = pck_by_image(found, np.zeros((1, 2, 2)), np.ones((1, 2)), np.ones(1))
    assert (shares == 0).all()


def test_strictly_nearer_counts_by_hand():
    """Side 100: distances 1, 5 (a 3-4-5 triangle), 0, and one that does not count."""
    truth = np.array([[[10.0, 10], [20, 20], [30, 30], [0, 0]]])
    found = np.array([[[11.0, 10], [23, 24], [30, 30], [0, 0]]])
    labelled = np.array([[True, True, True, False]])
    shares = pck_by_image(found, truth, labelled, np.array([100.0]))
    third = 1 / 3
    expected = [third, 2 * third, 2 * third, 2 * third, 2 * third, 1, 1, 1]
    np.testing.assert_allclose(shares, [expected])


def test_agrees_with_a_loop_over_keypoints():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 300, (40, 21, 2))
    found = truth + rng.normal(0, 8, truth.shape)
    labelled = rng.random((40, 21)) < 0.8
    labelled[3] = False
    side = rng.uniform(100, 400, 40)
    shares = pck_by_image(found, truth, labelled, side)
    for i in range(40):
        for t, threshold in enumerate(THRESHOLDS):
            near = [
                ((found[i, k] - truth[i, k]) ** 2).sum() ** 0.5 < threshold * side[i]
                for k in range(21)
                if labelled[i, k]
            ]
            if near:
                assert shares[i, t] == pytest.approx(sum(near) / len(near))
    assert np.isnan(shares[3]).all() and np.isfinite(np.delete(shares, 3, 0)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(found=np.zeros((1, 20, 2))), r"got \(1, 20, 2\), \(1, 21, 2\)"),
        (dict(side=np.zeros(1)), "numbers above 0"),
        (dict(side=np.array([np.nan])), "sides"),
        (dict(thresholds=(0.0, 0.1)), "thresholds"),
        (dict(truth=np.full((1, 21, 2), np.nan)), "finite positions"),
        (dict(labelled=np.ones(21, bool)), r"\(21,\)"),
    ],
)
def test_bad_input_is_named(change, words):
    good = {
        "found": np.zeros((1, 21, 2)),
        "truth": np.zeros((1, 21, 2)),
        "labelled": np.ones((1, 21), bool),
        "side": np.ones(1),
    }
    with pytest.raises(InputError, match=words):
        pck_by_image(**{**good, **change})


def test_what_is_no_stack_of_maps_is_named():
    with pytest.raises(InputError, match=r"\(46, 46\)"):
        decode_floor_cells(np.zeros((46, 46)), 1.0)
