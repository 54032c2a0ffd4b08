"""Boxes before and after centre lines, from maps that a codec drew."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.bench.gallery_boxes import compare_decodings, pair_boxes
from mmsia.bench.gallery_people import Choice
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.models.heads.center_line_head import DenseMaps

# an image of 256 x 256 whose input shows it at half its size
META = dict(input_size=(128, 128), input_center=(128, 128), input_scale=(256, 256))
BOX = [40.0, 32, 104, 224]
FALSE_PEAK = (3, 27)
"""Cell (y, x) of a second peak, off the lines."""


def record_of(boxes, points):
    """One person a box; `points` are annotated, the rest of the keypoints is not."""
    boxes = np.array(boxes, dtype=float).reshape(-1, 4)
    keypoints = np.zeros((len(boxes), 17, 3))
    for person, places in zip(keypoints, points, strict=True):
        person[: len(places)] = [(*place, 2) for place in places]
    sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return ImageRecord(
        image_id=1, file_name="x", width=256, height=256, keypoints=keypoints,
        boxes=sides, areas=sides[:, 2:].prod(axis=1),
        annotation_ids=np.arange(len(boxes)),
    )  # fmt: skip


@pytest.fixture
def compared():
    codec = KEYPOINT_CODECS.build(dict(type="CenterLines", input_size=(128, 128)))
    encoded = codec.encode(np.full((1, 17, 2), 30.0), None, np.array([BOX]) / 2)
    names = ("center_heatmap", "box_sizes", "box_offsets", "center_lines")
    maps = DenseMaps(*(torch.as_tensor(encoded[name])[None] for name in names))
    maps.center[(0, 0, *FALSE_PEAK)] = 1.0
    maps.sizes[(0, slice(None), *FALSE_PEAK)] = 6.0
    # inside, above the box within its extension, and far away
    points = [(72, 100), (72, 27), (72, 5)]
    choice = Choice(record_of([BOX], [points]), np.zeros((0, 17, 3)), 0.5, "worst 1")
    return compare_decodings(maps, codec, META, choice)


def test_boxes_are_those_of_the_maps_in_the_image(compared):
    assert len(compared.plain) >= 2, "the false peak counts as much"
    assert sorted(compared.plain[:2].tolist())[0] == pytest.approx(BOX)
    np.testing.assert_allclose(compared.inner[0], BOX)
    assert compared.extent == (0, 256, 256, 0)
    assert compared.center.shape == compared.lines.shape == (32, 32)


def test_a_peak_off_the_lines_is_weakened(compared):
    cell = tuple(((np.array(BOX[:2]) + BOX[2:]) / 2 / 8).astype(int)[::-1])
    assert compared.center[cell] == compared.center[FALSE_PEAK] == 1
    assert compared.alleviated[cell] > 0.9
    assert compared.alleviated[FALSE_PEAK] < 0.1


def test_keypoints_outside_before_and_after(compared):
    assert compared.pairs.tolist() == [[0, 0]]
    assert compared.outside(compared.inner).tolist() == [[72, 27], [72, 5]]
    x1, y1, x2, y2 = compared.extended[0]
    # outwards on all sides, by 9 % of the side at most
    assert 32 - 0.09 * 192 <= y1 < 27 and 224 < y2 <= 224 + 0.09 * 192
    assert 40 - 0.09 * 64 <= x1 < 40 and 104 < x2 <= 104 + 0.09 * 64
    assert compared.outside(compared.extended).tolist() == [[72, 5]]


def test_pairs():
    people = np.array([[0.0, 0, 10, 10], [50, 50, 10, 10], [0, 0, 10, 20]])
    boxes = np.array([[0.0, 0, 10, 11], [70, 70, 90, 90]])
    # the second has none; the third shares the first one's, which covers 11 of 20
    assert pair_boxes(people, boxes).tolist() == [[0, 0], [2, 0]]
    assert pair_boxes(people, boxes[:0]).shape == (0, 2)
