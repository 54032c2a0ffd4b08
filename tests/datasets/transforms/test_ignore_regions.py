from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmsia.datasets.transforms import HeatmapMask, IgnoreRegions
from mmsia.datasets.transforms.ignore_regions import draw_segmentation, valid_mask
from mmsia.errors import DataError

SHAPE = (60, 80)


def box(left, top, right, bottom):
    return [[left, top, right, top, right, bottom, left, bottom]]


def person(segmentation, *, area=5000.0, seen=True, crowd=False):
    return {
        "id": 1,
        "segmentation": segmentation,
        "area": area,
        "keypoints": [5, 5, 2 if seen else 0] * 17,
        "iscrowd": int(crowd),
    }


def run_lengths(left, top, right, bottom):
    mask = np.zeros(SHAPE, np.uint8, order="F")
    mask[top:bottom, left:right] = 1
    return coco_mask.encode(mask)


def test_people_without_keypoints_and_small_people_are_ignored():
    people = [
        person(box(0, 0, 10, 10), seen=False),
        person(box(20, 0, 30, 10), area=1024.0),
        person(box(40, 0, 50, 10), area=1025.0),
    ]
    mask = valid_mask(people, SHAPE, 1024)
    assert (mask[1:9, 1:9] == 0).all() and (mask[1:9, 21:29] == 0).all()
    assert (mask[:, 35:] == 255).all() and (mask[12:] == 255).all()
    assert mask.dtype == np.uint8


@pytest.mark.parametrize("crowd_first", [True, False])
def test_crowds_are_ignored_but_for_the_annotated_people_in_them(crowd_first):
    crowd = person(run_lengths(0, 0, 60, 40), crowd=True, seen=False)
    inside = person(box(10, 10, 20, 30))
    unseen = person(box(40, 10, 50, 30), seen=False)
    people = [crowd, inside, unseen] if crowd_first else [inside, unseen, crowd]
    mask = valid_mask(people, SHAPE, 1024)
    assert (mask[11:29, 11:19] == 255).all()
    assert (mask[11:29, 41:49] == 0).all() and (mask[:8, :60] == 0).all()
    assert (mask[:, 62:] == 255).all()


def test_two_crowds_are_both_ignored():
    people = [
        person(run_lengths(0, 0, 10, 10), crowd=True, seen=False),
        person(run_lengths(30, 30, 40, 40), crowd=True, seen=False),
    ]
    assert (valid_mask(people, SHAPE, 1024) == 0).sum() == 200


def test_transform_forgets_small_people_and_crowds():
    people = [
        person(box(0, 0, 30, 30), area=900.0),
        person(box(30, 0, 70, 50)),
        person(run_lengths(0, 0, 9, 9), crowd=True, seen=False),
    ]
    results = {
        "ori_shape": SHAPE,
        "raw_ann_info": people,
        "keypoints_visible": np.ones((3, 17), np.float32),
        "area": np.array([900.0, 2000.0, 5000.0]),
        "iscrowd": [0, 0, 1],
    }
    before = results["keypoints_visible"]
    results = IgnoreRegions()(results)
    assert results["keypoints_visible"].max(1).tolist() == [0, 1, 0]
    assert (before == 1).all()  # the data set's own array
    assert results["valid_mask"].shape == SHAPE


def test_images_without_people_are_valid_everywhere():
    results = IgnoreRegions()({"ori_shape": SHAPE, "raw_ann_info": None})
    assert (results["valid_mask"] == 255).all()


def test_mask_shrinks_to_the_maps_and_is_valid_above_seven_tenths():
    mask = np.full((16, 16), 255, np.uint8)
    mask[:, :6] = 0
    results = {"heatmaps": np.zeros((17, 4, 4)), "valid_mask": mask}
    shrunk = HeatmapMask()(results)["heatmap_mask"]
    assert shrunk.shape == (1, 4, 4) and shrunk.dtype == bool
    # columns 4 to 7 are half covered, and cubic weights leave them below 0.7
    assert shrunk[0].tolist() == [[False, False, True, True]] * 4
    same = {"heatmaps": np.zeros((17, 16, 16)), "valid_mask": mask}
    assert HeatmapMask()(same)["heatmap_mask"][0].sum() == 160


def test_segmentations_of_every_kind_are_drawn():
    uncompressed = {"size": list(SHAPE), "counts": [0, 60, 60 * 79]}
    assert draw_segmentation(person(uncompressed), SHAPE)[:, 0].all()
    assert draw_segmentation(person(run_lengths(1, 2, 4, 6)), SHAPE).sum() == 12
    two = [*box(0, 0, 5, 5), *box(10, 10, 15, 15)]
    assert 40 <= draw_segmentation(person(two), SHAPE).sum() <= 60
    assert not draw_segmentation(person([]), SHAPE).any()
    assert not draw_segmentation({"id": 3}, SHAPE).any()


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, 6, 7]],
        {"size": [9, 9], "counts": [81]},
        {"size": list(SHAPE), "counts": None},
        [["a"] * 6],
    ],
)
def test_segmentations_that_are_none_are_named(segmentation):
    with pytest.raises(DataError, match="segmentation of annotation 1"):
        draw_segmentation(person(segmentation), SHAPE)
