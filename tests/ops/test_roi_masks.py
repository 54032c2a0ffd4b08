"""Masks of boxes: by hand, against another rasterisation, pasted, there and back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from matplotlib.path import Path
from torch.nn import functional as F

from mmsia.ops.roi_masks import draw_roi_masks, paste_roi_masks

NAN = (np.nan, np.nan)


def outlines_of(*people):
    """(N, P, 2) of people, each a list of rings."""
    rows = [
        [row for ring in rings for row in (*ring, ring[0], NAN)] for rings in people
    ]
    longest = max(map(len, rows))
    return torch.tensor([[*some, *[NAN] * (longest - len(some))] for some in rows])


def square(x1, y1, x2, y2):
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def test_squares_by_hand():
    # a box of 8 x 4 pixels on 4 x 4 cells: cells are 2 x 1 pixels
    outlines = outlines_of([square(12, 21, 16, 23)], [square(12.9, 21.4, 17.1, 22.6)])
    boxes = torch.tensor([[10.0, 20, 18, 24]] * 2)
    first, second = draw_roi_masks(outlines, boxes, (4, 4))
    expected = torch.zeros(4, 4)
    expected[1:3, 1:3] = 1
    assert torch.equal(first, expected)
    # middles of cells at x 11, 13, 15, 17 and y 20.5, 21.5, 22.5, 23.5
    expected[1:3, 3] = 1
    assert torch.equal(second, expected)


def test_rings_are_united_and_rest_outside_is_cut():
    outlines = outlines_of(
        [square(0, 0, 6, 6), square(4, 4, 10, 10)],  # they overlap
        [square(-50, -50, 50, 5)],
        [square(20, 20, 30, 30)],
    )
    boxes = torch.tensor([[0.0, 0, 10, 10]] * 3)
    both, upper, none = draw_roi_masks(outlines, boxes, (10, 10))
    assert both.sum() == 36 + 36 - 4 and both[4, 4] == 1 and both[0, 9] == 0
    assert upper[:5].all() and not upper[5:].any()
    assert not none.any()


def test_nobody_and_people_without_outline():
    none = draw_roi_masks(torch.zeros(0, 0, 2), torch.zeros(0, 4), (6, 5))
    assert none.shape == (0, 5, 6)
    outlines = outlines_of([square(0, 0, 5, 5)], [square(1, 1, 2, 2)])
    outlines[0] = torch.nan
    masks = draw_roi_masks(outlines, torch.tensor([[0.0, 0, 5, 5]] * 2), (5, 5))
    assert not masks[0].any() and masks[1].sum() == 1
    empty = draw_roi_masks(
        torch.zeros(2, 0, 2), torch.tensor([[0.0, 0, 5, 5]] * 2), (5, 5)
    )
    assert empty.shape == (2, 5, 5) and not empty.any()
    # without a row of NaN at the end, the next person's ring is still another one
    closed = torch.tensor(
        [[*square(0, 0, 2, 2), (0, 0)], [*square(2, 2, 5, 5), (2, 2)]]
    )
    masks = draw_roi_masks(closed.float(), torch.tensor([[0.0, 0, 5, 5]] * 2), (5, 5))
    assert masks.sum(dim=(1, 2)).tolist() == [4, 9]


def wild_person(rng):
    """Rings that cross themselves and each other, partly outside of the box."""
    rings = [rng.uniform(-10, 110, (rng.integers(3, 30), 2)) for _ in range(3)]
    low = rng.uniform(-5, 40, 2)
    return [ring.tolist() for ring in rings], [*low, *(low + rng.uniform(5, 60, 2))]


def test_cells_are_those_whose_middle_is_inside():
    rng = np.random.default_rng(0)
    people, boxes = zip(*[wild_person(rng) for _ in range(40)], strict=True)
    size = (31, 17)
    masks = draw_roi_masks(outlines_of(*people).double(), torch.tensor(boxes), size)
    assert 0.2 < masks.mean() < 0.95
    for rings, box, mask in zip(people, boxes, masks, strict=True):
        share = np.stack(np.meshgrid(*((np.arange(n) + 0.5) / n for n in size)), -1)
        middles = (share * np.subtract(box[2:], box[:2]) + box[:2]).reshape(-1, 2)
        inside = np.zeros(len(middles), dtype=bool)
        for ring in rings:
            inside |= even_odd(np.array(ring), middles)
        assert np.array_equal(mask.numpy().ravel() > 0, inside)


def even_odd(ring, points):
    """A ring is the fan of its triangles, each of which turns what is in it."""
    start, found = ring[0], np.zeros(len(points), dtype=bool)
    for one, other in itertools.pairwise(ring[1:]):
        found ^= Path([start, one, other]).contains_points(points)
    return found


def test_pasted_values_are_those_of_torch():
    rng = np.random.default_rng(1)
    maps = rng.random((1, 6, 9))
    # a box on whole pixels: torch's resizing to its size
    (mask,) = paste_roi_masks(maps, np.array([[3.0, 5, 43, 35]]), (60, 50), 0.4)
    expected = F.interpolate(torch.tensor(maps)[None], (30, 40), mode="bilinear")
    assert np.array_equal(mask[5:35, 3:43], expected[0, 0].numpy() >= 0.4)
    mask[5:35, 3:43] = False
    assert mask.shape == (50, 60) and not mask.any()


def test_pasting_by_hand():
    full = np.ones((1, 2, 2))
    for box, rows, columns in (
        ([-4.0, 2, 3.4, 9], slice(2, 6), slice(0, 3)),
        ([6.6, -3, 90, 1.5], slice(0, 1), slice(7, 8)),
        ([2.5, 2.5, 3.5, 3.5], slice(2, 3), slice(2, 3)),
    ):
        (mask,) = paste_roi_masks(full, np.array([box]), (8, 6))
        assert mask[rows, columns].all() and mask.sum() == mask[rows, columns].sum()
    for box in ([3.0, 3, 3, 5], [5, 5, 2, 2], [20, 20, 30, 30], [-9, -9, -2, -2]):
        assert not paste_roi_masks(full, np.array([box], dtype=float), (8, 6)).any()
    assert paste_roi_masks(np.zeros((0, 4, 4)), np.zeros((0, 4)), (8, 6)).shape[0] == 0


@pytest.mark.parametrize("side", [24, 48])
def test_there_and_back(side):
    """A disc comes back but for about a cell's quarter along its edge."""
    angle = torch.linspace(0, 2 * torch.pi, 200)
    radius, centre = 70.0, torch.tensor([101.3, 87.9])
    ring = centre + radius * torch.stack([angle.cos(), angle.sin()], dim=1)
    box = torch.cat([centre - radius, centre + radius])[None]
    maps = draw_roi_masks(ring[None], box, (side, side))
    (mask,) = paste_roi_masks(maps.numpy(), box.numpy(), (200, 180))
    y, x = np.mgrid[:180, :200] + 0.5
    truth = np.hypot(x - 101.3, y - 87.9) < radius
    iou = (mask & truth).sum() / (mask | truth).sum()
    # an edge off by a quarter of a cell's width all around
    assert iou > 1 - 2 * 0.25 * (2 * radius / side) / radius


@pytest.mark.gpu
def test_a_gpu_draws_the_same():
    rng = np.random.default_rng(2)
    people, boxes = zip(*[wild_person(rng) for _ in range(40)], strict=True)
    outlines, boxes = outlines_of(*people).float(), torch.tensor(boxes).float()
    here = draw_roi_masks(outlines, boxes, (48, 48))
    there = draw_roi_masks(outlines.cuda(), boxes.cuda(), (48, 48)).cpu()
    # a cell's middle may lie on an outline but for rounding
    assert (here != there).float().mean() < 1e-4
