"""Keypoints in boxes' maps: by hand, there and back, mirrored, and jitter."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou, roi_align

from mmsia.ops.roi_maps import (
    draw_roi_maps,
    jitter_boxes,
    keypoints_to_cells,
    paired_iou,
    read_roi_maps,
)

SIZE = (48, 32)


def random_people(number, kinds=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(number, 2, generator=generator) * 100 - 20
    side = torch.rand(number, 2, generator=generator) * 150 + 5
    share = torch.rand(number, kinds, 2, generator=generator) * 0.999
    points = low[:, None] + share * side[:, None] - 0.5
    return torch.cat([low, low + side], dim=1), points


def test_cells_by_hand():
    boxes = torch.tensor([[10.0, 20, 34, 68]])
    # pixel 10 covers 10 to 11: half a pixel into a box of 24 by 48 pixels
    points = torch.tensor([[[10.0, 20], [33, 67], [9, 68]]])
    cells = keypoints_to_cells(points, boxes, (12, 12))
    expected = [[[0.25, 0.125], [11.75, 11.875], [-0.25, 12.125]]]
    assert cells.tolist() == expected


def test_maps_by_hand():
    cells = torch.tensor([[[3.7, 2.2], [6.0, 1.0], [1.0, 1.0], [float("nan"), 1]]])
    weights = torch.tensor([[1.0, 1, 0, 1]])
    maps, weight = draw_roi_maps(cells, weights, (6, 5), sigma=1.5)
    assert maps.shape == (1, 4, 5, 6)
    assert weight.tolist() == [[1, 0, 0, 0]] and not maps[0, 1:].any()
    assert maps[0, 0, 2, 3] == 1 and (maps[0, 0] == 1).sum() == 1
    for x in range(6):
        for y in range(5):
            expected = math.exp(-((x - 3) ** 2 + (y - 2) ** 2) / 4.5)
            assert maps[0, 0, y, x].item() == pytest.approx(expected)


def test_there_and_back_within_half_a_cell():
    boxes, points = random_people(200)
    cells = keypoints_to_cells(points, boxes, SIZE)
    maps, weight = draw_roi_maps(cells, torch.ones(200, 5), SIZE, 2.0)
    assert weight.min() == 1
    found, scores = read_roi_maps(maps, boxes)
    assert (scores == 1).all()
    cell = (boxes[:, None, 2:] - boxes[:, None, :2]) / torch.tensor(SIZE)
    error = ((found - points) / cell).abs()
    assert error.max() <= 0.5 + 1e-3
    # no side is favoured: the mean of 1000 uniform errors
    assert ((found - points) / cell).mean().abs() < 0.04


def test_quarter_step_by_hand():
    maps = torch.zeros(1, 4, 3, 4)
    maps[0, 0, 1, 2], maps[0, 0, 1, 1], maps[0, 0, 0, 2] = 1, 0.2, 0.3
    maps[0, 1, 1, 1], maps[0, 1, 1, 2], maps[0, 1, 2, 1] = 1, 0.2, 0.3
    maps[0, 2, 0, 3], maps[0, 2, 0, 2], maps[0, 2, 1, 3] = 1, 0.9, 0.9
    maps[0, 3, 1, 1] = 0.5
    found, scores = read_roi_maps(maps, torch.tensor([[0.0, 0, 4, 3]]))
    # one cell is one pixel: positions are cells
    assert found[0].tolist() == [[1.75, 0.75], [1.25, 1.25], [3, 0], [1, 1]]
    assert scores.tolist() == [[1, 1, 1, 0.5]]


def test_quarter_step_does_not_look_around_the_corner():
    """Row 1 begins where row 0 ends: neighbours of a border cell are not read."""
    maps = torch.zeros(1, 1, 3, 3)
    maps[0, 0, 1, 0], maps[0, 0, 0, 2] = 1, 0.9
    found, _ = read_roi_maps(maps, torch.tensor([[0.0, 0, 3, 3]]))
    assert found[0, 0].tolist() == [0, 1]


def test_maps_of_a_mirrored_image_say_the_same():
    boxes, points = random_people(50)
    cells = keypoints_to_cells(points, boxes, SIZE)
    maps, _ = draw_roi_maps(cells, torch.ones(50, 5), SIZE, 2.0)
    noise = torch.rand(maps.shape, generator=torch.Generator().manual_seed(1))
    maps = maps + 0.1 * noise
    found, _ = read_roi_maps(maps, boxes)
    width = 300
    mirrored = torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0]], 1)
    mirrored = torch.cat([mirrored, boxes[:, 3:]], dim=1)
    other, _ = read_roi_maps(maps.flip(-1), mirrored)
    np.testing.assert_allclose(other[..., 0], width - 1 - found[..., 0], atol=1e-3)
    np.testing.assert_allclose(other[..., 1], found[..., 1], atol=1e-3)


def test_roi_align_reads_where_these_cells_lie():
    """On maps of the pixels' own positions, a box's cells read their positions."""
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(60.0), indexing="ij")
    image = torch.stack([x, y])[None]
    box = torch.tensor([[0, 10.0, 5, 50, 35]])
    read = roi_align(image, box, (5, 8), 1.0, sampling_ratio=2, aligned=True)
    position = read[0].permute(1, 2, 0).reshape(1, -1, 2)
    cells = keypoints_to_cells(position, box[:, 1:], (8, 5)).reshape(5, 8, 2)
    v, u = torch.meshgrid(torch.arange(5.0), torch.arange(8.0), indexing="ij")
    torch.testing.assert_close(cells, torch.stack([u, v], dim=-1) + 0.5)


def test_boxes_without_extent_and_none_at_all():
    box = torch.tensor([[30.0, 40, 30, 40]])
    cells = keypoints_to_cells(torch.tensor([[[29.5, 39.5], [31, 40]]]), box, SIZE)
    assert torch.isfinite(cells).all()
    maps = torch.rand(1, 2, 32, 48, generator=torch.Generator().manual_seed(0))
    found, _ = read_roi_maps(maps, box)
    assert found.tolist() == [[[29.5, 39.5], [29.5, 39.5]]]
    found, scores = read_roi_maps(torch.zeros(0, 2, 32, 48), torch.zeros(0, 4))
    assert found.shape == (0, 2, 2) and scores.shape == (0, 2)


def test_jitter():
    boxes, _ = random_people(1000)
    generator = torch.Generator().manual_seed(0)
    moved = jitter_boxes(boxes, 0.1, generator=generator)
    side, new = boxes[:, 2:] - boxes[:, :2], moved[:, 2:] - moved[:, :2]
    shift = (moved[:, 2:] + moved[:, :2] - boxes[:, 2:] - boxes[:, :2]) / 2 / side
    for share in (new / side - 1, shift):
        assert share.abs().max() < 0.1001 and share.abs().max() > 0.095
        assert share.mean().abs() < 0.01
    assert box_iou(boxes, moved).diagonal().min() > 0.6
    again = jitter_boxes(boxes, 0.1, generator=torch.Generator().manual_seed(0))
    assert torch.equal(moved, again)


def test_boxes_that_jitter_too_far_stay():
    boxes, _ = random_people(1000)
    moved = jitter_boxes(boxes, 0.25, generator=torch.Generator().manual_seed(0))
    stayed = (moved == boxes).all(dim=1)
    assert 100 < stayed.sum() < 900
    assert paired_iou(boxes, moved).min() >= 0.6
    assert len(jitter_boxes(torch.zeros(0, 4))) == 0
    point = torch.tensor([[5.0, 5, 5, 5]])
    assert torch.equal(jitter_boxes(point), point)


def test_iou_is_torchvision_s():
    boxes, _ = random_people(100)
    others, _ = random_people(100, seed=1)
    torch.testing.assert_close(
        paired_iou(boxes, others), box_iou(boxes, others).diagonal()
    )
    assert paired_iou(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0
