"""Objects drawn: where pixels change, maps put back, and MMPose's visualizer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts
from mmsia.visualization.object_links import (
    COLOURS,
    draw_confidence,
    draw_object,
    draw_panels,
    image_confidence,
)


def test_a_link_and_its_ends():
    image = np.zeros((20, 30, 3), np.uint8)
    points = np.array([[5, 10], [25, 10], [15, 3]])
    draw_object(image, points, np.array([[0, 1]]), (10, 200, 30), radius=2)
    # a smooth line gives some of it to its neighbours
    np.testing.assert_allclose(image[10, 15], [10, 200, 30], rtol=0.15)
    assert image[3, 15].any() and image[10, 5].any()
    # no link to the third one
    assert not image[5:8, 8:12].any()


@pytest.mark.parametrize("odd", [np.nan, np.inf, 1e12])
def test_odd_keypoints_take_their_links_along(odd):
    image = np.zeros((20, 30, 3), np.uint8)
    points = np.array([[5, 10], [odd, odd]])
    draw_object(image, points, np.array([[0, 1]]), (255, 0, 0), radius=1)
    assert image[10, 5].any()
    assert odd == 1e12 or not image[:, 12:].any()


def test_no_keypoints():
    image = np.zeros((5, 5, 3), np.uint8)
    draw_object(image, np.zeros((0, 2)), np.zeros((0, 2)), (255, 0, 0))
    assert not image.any()


def crop(x, y, column, row, image=1):
    """A crop of 32 pixels about (x, y) in 8 cells, confident in one."""
    maps = torch.zeros(3, 8, 8)
    maps[0, row, column] = 1
    maps[1:] = 5
    sample = PoseDataSample(
        metainfo=dict(
            img_id=image, input_size=(64, 64), input_scale=np.array([32.0, 32]),
            input_center=np.array([x, y], float), skeleton_links=[[0, 1]],
        )
    )  # fmt: skip
    # a cell is 8 pixels of the crop, of which each is half a pixel of the image
    place = np.array([x, y]) - 16 + (np.array([column, row]) * 8 + 3.5) / 2
    sample.pred_fields = PixelData(heatmaps=maps)
    sample.pred_instances = InstanceData(
        keypoints=np.stack([place, place + 8])[None],
        keypoint_scores=np.array([[0.9, 0.8]]),
        keypoints_visible=np.array([[0.9, 0.8]]),
        links=[np.array([[0, 1]])],
    )
    sample.gt_instances = InstanceData(
        keypoints=np.array([[[40.0, 5], [55, 5], [48, 20]]]),
        keypoints_visible=np.array([[1.0, 1, 0]]),
    )
    return sample


def test_maps_are_put_back_where_the_crops_were():
    samples = [crop(20, 20, 2, 3), crop(40, 30, 6, 1)]
    whole = image_confidence(samples, (64, 48))
    for sample in samples:
        x, y = sample.pred_instances.keypoints[0, 0]
        near = whole[int(y) : int(y) + 2, int(x) : int(x) + 2]
        assert near.max() > 0.8
    assert whole.max() <= 1 and whole[45, 60] == 0


def test_a_row_of_figure_6():
    image = np.full((48, 64, 3), 90, np.uint8)
    samples = [crop(20, 20, 2, 3), crop(40, 30, 4, 1)]
    row = draw_panels(image, samples)
    assert row.shape == (48, 192, 3)
    np.testing.assert_array_equal(row[:, :64], image)
    confidence = image_confidence(samples, (64, 48))
    np.testing.assert_array_equal(row[:, 64:128], draw_confidence(image, confidence))
    for number, sample in enumerate(samples):
        x, y = np.rint(sample.pred_instances.keypoints[0].mean(axis=0)).astype(int)
        near = row[y - 1 : y + 2, 128 + x - 1 : 128 + x + 2].reshape(-1, 3)
        assert np.abs(near.astype(int) - COLOURS[number]).sum(axis=1).min() < 120
    # nothing is confident enough
    plain = draw_panels(image, samples, least=0.95)
    np.testing.assert_array_equal(plain[:, 128:], image)


def test_mmposes_visualizer_draws_annotated_and_predicted_links(tmp_path):
    visualizer = VISUALIZERS.build(
        dict(type="ObjectLinkVisualizer", radius=1, name=f"links-{tmp_path.name}")
    )
    image = np.zeros((48, 64, 3), np.uint8)
    drawn = visualizer.add_datasample("objects", image, crop(20, 20, 2, 3))
    assert drawn.shape == (48, 128, 3) and not image.any()
    # annotated on the left: a link, but not to what is not annotated
    assert drawn[5, 48].any() and not drawn[15:, :64].any()
    x, y = np.rint(crop(20, 20, 2, 3).pred_instances.keypoints[0, 1]).astype(int)
    assert drawn[y, 64 + x].any()


def test_mmposes_visualizer_without_objects(tmp_path):
    visualizer = VISUALIZERS.build(
        dict(type="ObjectLinkVisualizer", name=f"none-{tmp_path.name}")
    )
    sample = PoseDataSample()
    sample.pred_instances = InstanceData(keypoints=np.zeros((0, 0, 2)))
    image = np.zeros((8, 8, 3), np.uint8)
    drawn = visualizer.add_datasample("none", image, sample, draw_gt=False)
    assert not drawn.any()
