"""Boxes around turned outlines: by hand, against drawn masks, and what stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmsia.datasets.transforms.augmentation import Augmentation
from mmsia.ops.outlines import boxes_of_corners, boxes_of_outlines


def turned(box, matrix):
    """Corners (4, 2) of a COCO box (x, y, w, h) after a warp."""
    x, y, w, h = box
    corners = np.array([[x, y], [x, y + h], [x + w, y], [x + w, y + h]], dtype=float)
    return corners @ matrix[:, :2].T + matrix[:, 2]


def rotation(degrees, scale=1.0, shift=(0, 0)):
    angle = np.deg2rad(degrees)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, sin, shift[0]], [-sin, cos, shift[1]]])


def ellipse(x, y, w, h, number=720):
    angle = np.linspace(0, 2 * np.pi, number)
    points = np.stack(
        [x + w / 2 * (1 + np.cos(angle)), y + h / 2 * (1 + np.sin(angle))]
    )
    return points.T.ravel().tolist()


def missed(matrix):
    """What corners are off that were moved as middles of pixels are."""
    return 0.5 - matrix[:, :2].sum(axis=1) / 2


def test_a_diamond_by_hand():
    box = [0, 0, 20, 20]
    person = dict(bbox=box, segmentation=[[10, 0, 20, 10, 10, 20, 0, 10]])
    matrix = rotation(45)
    corners = turned(box, matrix)[None]
    half = np.sqrt(2) * 5
    (middle,) = corners.mean(axis=1) + missed(matrix)
    got = boxes_of_outlines(corners, [person], matrix)
    np.testing.assert_allclose(got, [[*(middle - half), *(middle + half)]], atol=1e-9)
    np.testing.assert_allclose(
        boxes_of_corners(corners + missed(matrix)),
        [[*(middle - 2 * half), *(middle + 2 * half)]],
    )


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("traced", [True, False])
def test_a_box_is_where_the_warped_image_has_its_pixels(flip, scale, traced):
    """Pixels 10 to 29 across and 20 to 44 down, warped as the pipeline warps images."""
    image = np.zeros((64, 64), dtype=np.float32)
    image[20:45, 10:30] = 1
    draw = Augmentation(flip, 0.0, (scale, scale), (0.0, 0.0))
    matrix = draw.matrix(np.full(2, 31.5), (64 * scale,) * 2, np.zeros(2))
    rows, columns = np.nonzero(cv2.warpAffine(image, matrix, (64 * scale,) * 2) >= 0.5)
    ring = [10, 20, 30, 20, 30, 45, 10, 45]
    person = dict(bbox=[10, 20, 20, 25], segmentation=[ring] if traced else [])
    (got,) = boxes_of_outlines(turned(person["bbox"], matrix)[None], [person], matrix)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert got.tolist() == seen


def test_an_ellipse_has_the_box_of_its_formula():
    w, h, scale = 40.0, 110.0, 1.3
    box = [30, 50, w, h]
    person = dict(bbox=box, segmentation=[ellipse(*box)])
    for degrees in (-45, -10, 30, 90):
        matrix = rotation(degrees, scale, (7, -3))
        corners = turned(box, matrix)[None]
        (got,) = boxes_of_outlines(corners, [person], matrix)
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        size = scale * np.hypot([w * cos, w * sin], [h * sin, h * cos])
        # half a step of 720 points misses the end by 1e-5 of the radius
        np.testing.assert_allclose(got[2:] - got[:2], size, rtol=2e-5)
        middle = corners[0].mean(axis=0) + missed(matrix)
        np.testing.assert_allclose((got[2:] + got[:2]) / 2, middle, atol=1e-3)


def test_several_parts_count_together():
    box = [0, 0, 30, 30]
    person = dict(bbox=box, segmentation=[[0, 0, 4, 0, 0, 4], [30, 30, 26, 30, 30, 26]])
    (got,) = boxes_of_outlines(
        turned(box, np.eye(3)[:2])[None], [person], np.eye(3)[:2]
    )
    assert got.tolist() == [0, 0, 30, 30]


def test_what_keeps_the_box_around_the_corners():
    box = [10, 20, 40, 80]
    outline = [ellipse(*box)]
    matrix = rotation(30)
    corners = turned(box, matrix)
    loose = boxes_of_corners((corners + missed(matrix))[None])[0]
    runs = dict(bbox=box, segmentation=dict(size=[9, 9], counts=[81]))
    none, empty = dict(bbox=box), dict(bbox=box, segmentation=[])
    fine = dict(bbox=box, segmentation=outline)
    people = [runs, none, empty, fine]
    got = boxes_of_outlines(np.stack([corners] * 4), people, matrix)
    np.testing.assert_allclose(got[:3], [loose] * 3)
    assert (got[3, :2] > loose[:2] + 1).all()
    # mirrored after the matrix was noted down
    mirrored = corners * [-1, 1] + [200, 0]
    got = boxes_of_outlines(mirrored[None], [fine], matrix)
    assert (got == boxes_of_corners(mirrored[None])).all()
    assert boxes_of_outlines(np.zeros((0, 4, 2)), [], matrix).shape == (0, 4)
