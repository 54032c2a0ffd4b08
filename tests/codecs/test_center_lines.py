"""CenterLines: targets by hand, what they decode to, extension and bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

from mmsia.codecs import CenterLines
from mmsia.errors import ConfigError, InputError
from mmsia.ops.boxes import alleviate_ambiguity, dichotomy_extend, extend_boxes
from mmsia.ops.center_lines import draw_center_lines

BOXES = np.array(
    [[20.0, 10, 70, 150], [100, 30, 131.7, 111.3], [150.2, 60, 190, 160], [5, 5, 9, 9]]
)


def codec_of(**options):
    return KEYPOINT_CODECS.build(
        dict(type="CenterLines", input_size=(192, 160), num_keypoints=3, **options)
    )


def encode(codec, boxes, **options):
    boxes = np.asarray(boxes, dtype=float)
    points = np.zeros((len(boxes), 3, 2))
    return codec.encode(points, np.ones(points.shape[:2]), boxes, **options)


def test_maps_by_hand():
    # centre (34.5, 50): cell (8, 12), 0.625 and 0.5 into it; 6.25 by 10 cells
    encoded = encode(codec_of(), [[22, 30, 47, 70]])
    assert encoded["center_heatmap"].shape == (1, 40, 48)
    assert np.argwhere(encoded["center_heatmap"][0] == 1).tolist() == [[12, 8]]
    assert np.argwhere(encoded["box_weights"][0]).tolist() == [[12, 8]]
    assert encoded["box_sizes"][:, 12, 8].tolist() == [6.25, 10]
    assert encoded["box_offsets"][:, 12, 8].tolist() == [0.625, 0.5]
    assert np.count_nonzero(encoded["box_sizes"]) == 2
    # the smallest of three cases: both corners inside, (6.25 - 2r) (10 - 2r) = 0.3 wh
    radius = int((16.25 - np.sqrt(16.25**2 - 4 * 0.7 * 62.5)) / 4)
    assert radius == 1
    sigma = (2 * radius + 1) / 6
    heat = encoded["center_heatmap"][0]
    assert heat[12, 9] == pytest.approx(np.exp(-0.5 / sigma**2))
    assert heat[12 + radius, 8] > 0 and heat[12 + radius + 1, 8] == 0
    assert all(value.dtype == np.float32 for value in encoded.values())


def test_lines_are_those_of_ops():
    encoded = encode(codec_of(sigma=2.0), BOXES)
    expected = draw_center_lines(BOXES, (48, 40), 4, 2.0, 0.3)
    assert np.array_equal(encoded["center_lines"], expected)


def test_people_that_count():
    points = np.arange(36.0).reshape(6, 3, 2)
    visible = np.ones((6, 3))
    visible[0, 1] = 0
    points[0, 1] = np.nan
    boxes = np.array(
        [
            [-50.0, 20, 30, 500],  # sticks out: clipped
            [50, 50, 50, 90],  # no area
            [300, 10, 340, 60],  # outside
            [90, 90, 80, 95],  # inverted
            [10, 10, 60, 60],  # a crowd
            [10, 10, 12, 60],
        ]
    )
    crowd = [0, 0, 0, 0, 1, 0]
    encoded = codec_of().encode(points, visible, boxes, crowd)
    assert encoded["box_labels"].tolist() == [[0, 20, 30, 160], [10, 10, 12, 60]]
    assert np.array_equal(encoded["keypoint_labels"][1], points[5])
    assert encoded["keypoint_labels"][0, 1].tolist() == [0, 0]
    assert encoded["keypoint_weights"].tolist() == [[1, 0, 1], [1, 1, 1]]
    assert encoded["box_weights"].sum() == 2


def test_corners_of_rotated_boxes():
    corners = np.array([[[50.0, 10], [80, 40], [20, 40], [50, 70]]])
    encoded = encode(codec_of(), corners)
    assert encoded["box_labels"].tolist() == [[20, 10, 80, 70]]


def test_outlines_of_rotated_people():
    turn = np.array([[0.5, 0.5, 0], [-0.5, 0.5, 40]])
    # a box 60 wide and high, of which a person fills a diagonal
    person = dict(bbox=[80, 20, 60, 60], segmentation=[[80, 20, 140, 80, 110, 50]])
    corners = np.array([[80, 20], [80, 80], [140, 20], [140, 80]])
    corners = (corners @ turn[:, :2].T + turn[:, 2])[None]
    encoded = encode(codec_of(), corners, raw_ann_info=[person], warp_mat=turn)
    assert encoded["box_labels"].tolist() == []
    person["segmentation"] = [[80, 20, 140, 80, 100, 60]]
    encoded = encode(codec_of(), corners, raw_ann_info=[person], warp_mat=turn)
    # (80, 20) to (50, 10), (140, 80) to (110, 10), (100, 60) to (80, 20), as middles
    # of pixels; edges are half a pixel before these, and half a pixel down is (0.5, 0)
    assert encoded["box_labels"].tolist() == [[50, 10.5, 110, 20.5]]


def test_a_box_at_the_edge_of_an_image_of_odd_size():
    codec = CenterLines((190, 157), num_keypoints=3)
    assert codec.map_size == (48, 40)
    encoded = encode(codec, [[187, 150, 190, 157], [188, 2, 250, 9]])
    assert (encoded["center_heatmap"] == 1).sum() == 2
    assert encoded["box_labels"][1].tolist() == [188, 2, 190, 9]


def test_no_people():
    codec = codec_of()
    encoded = encode(codec, np.zeros((0, 4)))
    maps = ("center_heatmap", "box_sizes", "box_offsets", "box_weights", "center_lines")
    assert not any(encoded[name].any() for name in maps)
    assert encoded["box_labels"].shape == (0, 4)
    assert encoded["keypoint_labels"].shape == (0, 3, 2)
    boxes, scores = codec.decode(encoded)
    assert boxes.shape == (0, 4) and scores.shape == (0,)


@pytest.mark.parametrize("alleviate", [False, True])
def test_round_trip(alleviate):
    codec = codec_of(extension=None, alleviate=alleviate)
    boxes, scores = codec.decode(encode(codec, BOXES))
    order = np.lexsort(boxes.T)
    expected = BOXES[np.lexsort(BOXES.T)]
    np.testing.assert_allclose(boxes[order], expected, atol=1e-4)
    # both lines of the 4 x 4 box are one cell long, and not in its centre's cell
    apart = np.exp(-1 / 3.92) if alleviate else 1.0
    assert scores == pytest.approx([1, 1, 1, apart])


def test_extensions_are_those_of_ops():
    plain = codec_of(extension=None)
    encoded = encode(plain, BOXES)
    boxes, _ = plain.decode(encoded)
    fixed, _ = codec_of(extension="fixed", ratio=0.05).decode(encoded)
    np.testing.assert_allclose(fixed, extend_boxes(boxes, 0.05), atol=1e-4)
    lines = encoded["center_lines"]
    for printed in (False, True):
        options = dict(ratio=0.2, line_thr=0.3, iters=7, as_printed=printed)
        got, _ = codec_of(**options).decode(encoded)
        expected = dichotomy_extend(boxes, *lines, 0.2, 0.3, 7, as_printed=printed)
        np.testing.assert_allclose(got, expected, atol=1e-4)
        assert (got[:, 0] < boxes[:, 0]).all()


def test_a_second_centre_off_the_lines_loses():
    """Figure 1: two centres as strong as each other, one of them off the lines."""
    codec = codec_of(extension=None)
    encoded = encode(codec, BOXES[:1])
    center = encoded["center_heatmap"]
    y, x = np.argwhere(center[0] == 1)[0]
    center[0, y + 12, x + 6] = 1
    encoded["box_sizes"][:, y + 12, x + 6] = 5
    _, plain = codec_of(extension=None, alleviate=False).decode(encoded)
    assert plain.tolist() == [1, 1]
    _, scores = codec.decode(encoded)
    weakened = alleviate_ambiguity(1.0, *encoded["center_lines"][:, y + 12, x + 6])
    assert scores == pytest.approx([1, weakened]) and weakened < 0.1


def test_a_box_without_size_is_dropped_and_others_are_not():
    codec = codec_of(extension=None, alleviate=False)
    maps = [torch.zeros(2, n, 40, 48) for n in (1, 2, 2)]
    maps[0][:, 0, 10, 10], maps[0][0, 0, 20, 20] = 0.9, 0.8
    maps[1][:, :, 10, 10], maps[1][0, :, 20, 20] = 4, -3
    maps[1][1, :, 10, 10] = 0.1
    (first, scores), (second, none) = codec.batch_decode(*maps)
    assert first.tolist() == [[32, 32, 48, 48]]
    assert scores.tolist() == pytest.approx([0.9])
    assert second.shape == (0, 4) and none.shape == (0,)


def test_boxes_are_clipped_before_they_are_extended():
    codec = codec_of(extension="fixed", ratio=0.1, alleviate=False)
    maps = [torch.zeros(1, n, 40, 48) for n in (1, 2, 2)]
    maps[0][0, 0, 20, 2], maps[1][0, :, 20, 2] = 1, 1e30
    ((boxes, _),) = codec.batch_decode(*maps)
    np.testing.assert_allclose(boxes, [[-19.2, -16, 211.2, 176]], rtol=1e-5)


@pytest.mark.parametrize("kind", ["random", "plateaus", "empty"])
def test_boxes_are_those_of_a_full_sort(kind):
    codec = codec_of(extension=None, max_boxes=12, score_thr=0.05)
    generator = torch.Generator().manual_seed(0)
    center = torch.rand((2, 1, 40, 48), generator=generator)
    center = {"random": center, "plateaus": (4 * center).floor() / 4}.get(
        kind, torch.zeros_like(center)
    )
    sizes = 20 * torch.rand((2, 2, 40, 48), generator=generator)
    offsets = torch.rand((2, 2, 40, 48), generator=generator)
    lines = (center.expand(-1, 2, -1, -1) + 0.5).clamp(max=1)
    found = codec.batch_decode(center, sizes, offsets, lines)
    heat = center * (lines[:, :1] * lines[:, 1:]).sqrt()
    pooled = torch.nn.functional.max_pool2d(heat, 3, stride=1, padding=1)
    heat = (heat * (pooled == heat)).flatten(1)
    for image, (boxes, scores) in enumerate(found):
        values, cells = heat[image].sort(descending=True, stable=True)
        cells = cells[:12][values[:12] > 0.05]
        middle = torch.stack([cells % 48, cells // 48], dim=1)
        middle = middle + offsets[image].flatten(1)[:, cells].T
        half = sizes[image].flatten(1)[:, cells].T / 2
        expected = torch.cat([middle - half, middle + half], dim=1)
        expected = expected.clamp(min=0).minimum(torch.tensor([48, 40, 48, 40])) * 4
        large = ((expected[:, 2:] - expected[:, :2]) >= 1).all(dim=1)
        assert len(large) == (0 if kind == "empty" else 12)
        torch.testing.assert_close(boxes, expected[large])
        torch.testing.assert_close(scores, heat[image][cells[large]])


def test_as_many_as_asked_for():
    generator = torch.Generator().manual_seed(0)
    heat = torch.rand(1, 1, 40, 48, generator=generator)
    sizes, offsets = torch.full((1, 2, 40, 48), 2.0), torch.zeros(1, 2, 40, 48)
    lines = torch.rand(1, 2, 40, 48, generator=generator)
    ((few, scores),) = codec_of(max_boxes=20).batch_decode(heat, sizes, offsets, lines)
    assert len(few) == 20 and (scores.diff() <= 0).all()
    many = codec_of(max_boxes=10_000)
    ((boxes, _),) = many.batch_decode(heat, sizes, offsets, lines)
    assert 20 < len(boxes) < 40 * 48
    strict = codec_of(max_boxes=10_000, score_thr=0.5)
    ((some, scores),) = strict.batch_decode(heat, sizes, offsets, lines)
    assert 0 < len(some) < len(boxes) and scores.min() > 0.5


@pytest.mark.parametrize(
    ("bbox", "crowd"),
    [
        (None, None),
        (np.zeros((2, 4)), None),
        (np.full((1, 4), np.nan), None),
        (np.full((1, 4, 2), np.inf), None),
    ],
)
def test_bad_boxes(bbox, crowd):
    with pytest.raises(InputError, match="CenterLines: bbox"):
        codec_of().encode(np.zeros((1, 3, 2)), None, bbox, crowd)


def test_bad_maps():
    codec = codec_of()
    good = [torch.zeros(1, n, 8, 8) for n in (1, 2, 2, 2)]
    with pytest.raises(InputError, match="without centre lines"):
        codec.batch_decode(*good[:3])
    for index, name in enumerate(("center", "sizes", "offsets", "lines")):
        for bad in (good[index] * np.nan, torch.zeros(1, 3, 8, 8)):
            maps = [*good[:index], bad, *good[index + 1 :]]
            with pytest.raises(InputError, match=f"CenterLines: {name}"):
                codec.batch_decode(*maps)


@pytest.mark.parametrize(
    "options", [dict(extension="more"), dict(stride=0), dict(max_boxes=0)]
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match="CenterLines"):
        codec_of(**options)
