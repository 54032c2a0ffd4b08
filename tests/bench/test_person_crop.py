"""A person's crop beside MMPose's own warp."""

import cv2
import numpy as np
import pytest
from mmpose.structures.bbox import bbox_xywh2cs, get_warp_matrix

from mmsia.bench.person_crop import PersonCrop


@pytest.mark.parametrize("box", [(10, 20, 60, 200), (10, 20, 200, 60), (5, 5, 30, 40)])
def test_agrees_with_mmpose(box):
    size = (192, 256)
    crop = PersonCrop(tuple(map(float, box)), size)
    centre, scale = bbox_xywh2cs(np.array(box, float), padding=1.25)
    ratio = size[0] / size[1]
    width, height = scale
    scale = (
        np.array([width, width / ratio])
        if width > height * ratio
        else np.array([height * ratio, height])
    )
    matrix = get_warp_matrix(centre, scale, 0, output_size=size)
    points = np.random.default_rng(0).uniform(0, 300, (20, 2))
    expected = cv2.transform(points[None], matrix)[0]
    np.testing.assert_allclose(crop.to_input(points), expected, atol=1e-3)


def test_round_trip_and_empty_box():
    points = np.random.default_rng(0).uniform(0, 300, (20, 2))
    for box in ((10.0, 20.0, 60.0, 200.0), (10.0, 20.0, 0.0, 0.0)):
        crop = PersonCrop(box, (192, 256))
        np.testing.assert_allclose(crop.to_image(crop.to_input(points)), points)
