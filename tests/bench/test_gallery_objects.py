"""Images of objects by level of overlap; scores by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.gallery_objects import LEVELS, choose_images, level_of
from mmsia.datasets.object_annotations import ObjectAnnotations

LEFT, NEAR, FAR = [0.0, 0, 10, 10], [5.0, 0, 15, 10], [50.0, 0, 60, 10]


@pytest.mark.parametrize(
    ("boxes", "categories", "level"),
    [
        ([LEFT], [1], LEVELS[0]),
        ([LEFT, FAR], [1, 1], LEVELS[1]),
        # touching is no overlap
        ([LEFT, [10, 0, 20, 10]], [1, 1], LEVELS[1]),
        # 10 of 190 pixels
        ([LEFT, [9, 0, 19, 10]], [1, 1], LEVELS[2]),
        # 50 of 150
        ([LEFT, NEAR, FAR], [1, 1, 1], LEVELS[3]),
        ([LEFT, FAR], [1, 2], LEVELS[4]),
        ([LEFT, [9, 0, 19, 10]], [2, 1], LEVELS[5]),
        ([LEFT, NEAR], [1, 2], LEVELS[6]),
    ],
)
def test_levels(boxes: list, categories: list, level: str) -> None:
    assert level_of(np.array(boxes), categories) == level


def annotations(num_images: int) -> ObjectAnnotations:
    """An object an image, 100 pixels wide, with two keypoints, one of them labelled."""
    boxes = np.tile([0.0, 0, 100, 50], (num_images, 1))
    keypoints = np.tile([[20.0, 20.0], [0.0, 0.0]], (num_images, 1, 1))
    return ObjectAnnotations(
        path=Path("objects.json"),
        digest="",
        num_images=num_images,
        categories={1: "car"},
        links={1: ()},
        ids=np.arange(num_images) + 10,
        image_ids=np.arange(num_images),
        category_ids=np.ones(num_images, dtype=np.int64),
        keypoints=keypoints,
        labelled=np.tile([True, False], (num_images, 1)),
        boxes=boxes,
        flags={},
    )


def test_images_are_chosen_by_the_share_of_keypoints_with_a_peak() -> None:
    """A peak counts nearer than 10 pixels, and nothing that is not labelled does."""
    truth = annotations(4)
    peaks = [[[29.0, 20]], [[31.0, 20]], [], [[20.0, 20], [90, 90]]]
    predictions = [
        {"id": 10 + number, "points": points} for number, points in enumerate(peaks)
    ]
    chosen = choose_images(truth, predictions, quantiles=(1.0,), num_worst=2)
    assert [(c.image_id, c.score, c.why) for c in chosen] == [
        (1, 0.0, "worst 1"),
        (2, 0.0, "worst 2"),
        (3, 1.0, "quantile 1"),
    ]
    assert all(c.level == "one object" for c in chosen)
    np.testing.assert_array_equal(chosen[0].truth, [[20, 20]])


def test_objects_that_were_not_predicted_are_none() -> None:
    assert choose_images(annotations(3), [], quantiles=(0.5,), num_worst=1) == []
