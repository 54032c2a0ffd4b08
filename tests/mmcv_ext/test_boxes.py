from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import mmsia  # noqa: F401 - lets mmcv._ext be found
from mmsia.errors import MissingPartError


def greedy_nms(boxes, scores, threshold, offset):
    """The definition, box by box."""

    def area(box):
        return (box[2] - box[0] + offset) * (box[3] - box[1] + offset)

    kept = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        for j in kept:
            a, b = boxes[i], boxes[j]
            w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + offset)
            h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + offset)
            if w * h / (area(a) + area(b) - w * h) > threshold:
                break
        else:
            kept.append(i)
    return kept


def sample(feature, y, x):
    """Bilinear value of an (H, W) map; zero beyond a border of one cell."""
    height, width = feature.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    top, left = min(int(y), height - 2), min(int(x), width - 2)
    dy, dx = y - top, x - left
    above = feature[top, left] * (1 - dx) + feature[top, left + 1] * dx
    below = feature[top + 1, left] * (1 - dx) + feature[top + 1, left + 1] * dx
    return above * (1 - dy) + below * dy


def slow_roi_align(features, roi, size, scale, ratio, aligned):
    """The definition, sample by sample: (C, size, size)."""
    shift = 0.5 if aligned else 0.0
    x1, y1, x2, y2 = (value * scale - shift for value in roi[1:])
    w, h = x2 - x1, y2 - y1
    if not aligned:
        w, h = max(w, 1.0), max(h, 1.0)
    bin_w, bin_h = w / size, h / size
    num_x = ratio if ratio > 0 else math.ceil(bin_w)
    num_y = ratio if ratio > 0 else math.ceil(bin_h)
    out = np.zeros((features.shape[1], size, size))
    for c, by, bx in np.ndindex(out.shape):
        ys = [y1 + (by + (i + 0.5) / num_y) * bin_h for i in range(num_y)]
        xs = [x1 + (bx + (i + 0.5) / num_x) * bin_w for i in range(num_x)]
        values = [sample(features[int(roi[0]), c], y, x) for y in ys for x in xs]
        out[c, by, bx] = sum(values) / max(len(values), 1)
    return out


class TestNMS:
    @pytest.mark.parametrize(
        ("threshold", "offset", "kept"),
        [
            # offset 0: 36 / (81 + 81 - 36) = 0.286; offset 1: 50 / 150 = 0.333.
            (0.3, 0, [1, 0]),
            (0.3, 1, [1]),
            (0.34, 1, [1, 0]),
        ],
    )
    def test_offset_by_hand(self, threshold, offset, kept):
        from mmcv.ops import nms

        boxes = np.array([[5, 0, 14, 9], [0, 0, 9, 9]], dtype=np.float32)
        scores = np.array([0.5, 0.9], dtype=np.float32)
        dets, indices = nms(boxes, scores, threshold, offset=offset)
        assert indices.tolist() == kept
        # The boxes that come back are those that went in, without the offset.
        np.testing.assert_array_equal(dets[:, :4], boxes[kept])
        np.testing.assert_array_equal(dets[:, 4], scores[kept])

    def test_equal_to_the_threshold_stays(self):
        from mmcv.ops import nms

        boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5]])
        assert nms(boxes, torch.tensor([0.9, 0.8]), 0.5)[1].tolist() == [0, 1]

    @pytest.mark.parametrize("offset", [0, 1])
    @pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
    def test_agrees_with_the_definition(self, offset, threshold):
        from mmcv.ops import nms

        rng = np.random.default_rng(7)
        corner = rng.uniform(0, 60, (300, 2))
        boxes = np.hstack([corner, corner + rng.uniform(1, 40, (300, 2))])
        boxes = boxes.astype(np.float32)
        scores = rng.permutation(300).astype(np.float32) / 300
        indices = nms(boxes, scores, threshold, offset=offset)[1]
        assert indices.tolist() == greedy_nms(boxes, scores, threshold, offset)

    def test_score_threshold_and_maximum_number(self):
        from mmcv.ops import nms

        boxes = torch.tensor([[0.0, 0, 1, 1], [5, 5, 6, 6], [9, 9, 10, 10]])
        scores = torch.tensor([0.1, 0.7, 0.8])
        assert nms(boxes, scores, 0.5, score_threshold=0.2)[1].tolist() == [2, 1]
        assert nms(boxes, scores, 0.5, max_num=1)[1].tolist() == [2]

    def test_classes_do_not_suppress_each_other(self):
        from mmcv.ops import batched_nms

        boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]])
        scores, classes = torch.tensor([0.5, 0.9, 0.7]), torch.tensor([0, 1, 0])
        cfg = {"type": "nms", "iou_threshold": 0.5}
        assert batched_nms(boxes, scores, classes, cfg)[1].tolist() == [1, 2]

    def test_no_boxes_and_half_precision(self):
        from mmcv.ops import nms

        empty = nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
        assert empty[0].shape == (0, 5) and empty[1].dtype == torch.long
        boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9]]).half()
        assert nms(boxes, torch.tensor([0.1, 0.2]).half(), 0.5)[1].tolist() == [1]


class TestRoIAlign:
    def test_ramp_gives_the_bin_centres(self):
        from mmcv.ops import roi_align

        ramp = torch.arange(8.0).expand(1, 1, 8, 8)
        rois = torch.tensor([[0.0, 1, 1, 5, 5]])
        out = roi_align(ramp, rois, 2, 1.0, 2, "avg", True)
        # Bin centres lie at x = 2 and 4; cell i is centred at i + 0.5.
        assert out[0, 0].tolist() == [[1.5, 3.5], [1.5, 3.5]]
        legacy = roi_align(ramp, rois, 2, 1.0, 2, "avg", False)
        assert legacy[0, 0].tolist() == [[2.0, 4.0], [2.0, 4.0]]

    @pytest.mark.parametrize("aligned", [True, False])
    @pytest.mark.parametrize("ratio", [0, 1, 3])
    def test_agrees_with_the_definition(self, aligned, ratio):
        from mmcv.ops import roi_align

        rng = np.random.default_rng(11)
        features = rng.normal(size=(2, 3, 9, 11))
        # Inside, over the border, wholly outside, thinner than a cell.
        rois = np.array(
            [
                [0, 3.2, 4.1, 30.0, 25.7],
                [1, -9.0, -5.5, 20.2, 50.0],
                [0, 90.0, 90.0, 99.0, 97.0],
                [1, 8.0, 8.0, 8.4, 9.0],
            ]
        )
        out = roi_align(
            torch.from_numpy(features),
            torch.from_numpy(rois),
            3,
            0.25,
            ratio,
            "avg",
            aligned,
        )
        for result, roi in zip(out.numpy(), rois, strict=True):
            expected = slow_roi_align(features, roi, 3, 0.25, ratio, aligned)
            np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("aligned", [True, False])
    def test_gradient(self, aligned):
        from mmcv.ops import roi_align

        generator = torch.Generator().manual_seed(3)
        features = torch.randn(2, 2, 6, 7, generator=generator, dtype=torch.float64)
        rois = torch.tensor([[0, 2.0, 3.0, 21.0, 17.0], [1, -4.0, 5.0, 9.0, 30.0]])
        assert torch.autograd.gradcheck(
            lambda x: roi_align(x, rois.double(), (2, 3), 0.25, 2, "avg", aligned),
            features.requires_grad_(),
        )

    def test_gradient_by_hand(self):
        from mmcv.ops import RoIAlign

        # One sample, at the middle of four cells: each gets a quarter.
        features = torch.zeros(1, 1, 4, 4, requires_grad=True)
        layer = RoIAlign(1, spatial_scale=1.0, sampling_ratio=1)
        layer(features, torch.tensor([[0.0, 1, 1, 3, 3]])).sum().backward()
        expected = torch.zeros(4, 4)
        expected[1:3, 1:3] = 0.25
        assert torch.equal(features.grad[0, 0], expected)

    def test_no_regions(self):
        from mmcv.ops import roi_align

        assert roi_align(torch.zeros(1, 5, 4, 4), torch.zeros(0, 5), 7).shape == (
            0,
            5,
            7,
            7,
        )

    def test_maximum_is_a_clear_error(self):
        from mmcv.ops import roi_align

        with pytest.raises(MissingPartError, match="pool_mode='avg'"):
            roi_align(
                torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2, 1.0, 0, "max", True
            )
