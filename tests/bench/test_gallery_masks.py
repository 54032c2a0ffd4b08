"""Images of a figure of masks, by the overlap of their people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmsia.bench.gallery_masks import choose_masks
from mmsia.datasets.coco_masks import load_coco_masks
from mmsia.evaluation.mask_matches import results_of

HEIGHT, WIDTH = 40, 60


def person(number, image, x, crowd=0):
    """A rectangle of 10 x 20 pixels, its left edge at x."""
    outline = [[x, 5, x + 10, 5, x + 10, 25, x, 25]]
    if crowd:
        outline = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH]}
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "area": 200,
        "bbox": [x, 5, 10, 20],
        "iscrowd": crowd,
        "segmentation": outline,
    }


@pytest.fixture
def truth(tmp_path):
    images = [{"id": i, "width": WIDTH, "height": HEIGHT} for i in (1, 2, 3, 4)]
    people = [person(1, 1, 0), person(2, 1, 30), person(3, 2, 10), person(4, 2, 9, 1)]
    people += [person(5, 4, 20)]
    path = tmp_path / "instances.json"
    content = {"images": images, "annotations": people}
    path.write_text(json.dumps(content | {"categories": [{"id": 1, "name": "person"}]}))
    return load_coco_masks(path)


def found(image, *lefts):
    """Rectangles as found, the first with the highest score."""
    masks = np.zeros((len(lefts), HEIGHT, WIDTH), dtype=bool)
    for mask, x in zip(masks, lefts, strict=True):
        mask[5:25, x : x + 10] = True
    return results_of(image, masks, np.linspace(0.9, 0.5, len(lefts)))


def test_scores_and_picks_by_hand(truth):
    # image 1: one of two people half off; image 2: a third of the union; 4: nobody
    predictions = [*found(1, 0, 45, 35), *found(2, 15)]
    choices = choose_masks(
        truth, predictions[::-1], [1, 2, 3, 4], num_worst=1, quantiles=(0.5, 1)
    )
    by_image = {choice.image_id: choice for choice in choices}
    assert [c.why for c in choices] == ["worst 1", "quantile 0.5", "quantile 1"]
    assert [c.image_id for c in choices] == [4, 2, 1]
    assert by_image[1].score == pytest.approx((1 + 1 / 3) / 2)
    # a crowd is no person
    assert by_image[2].score == pytest.approx(1 / 3) and len(by_image[2].people) == 1
    assert by_image[4].score == 0 and by_image[4].masks.shape == (0, HEIGHT, WIDTH)
    # of three masks the two of the highest scores
    shown = by_image[1].masks
    assert shown.shape == (2, HEIGHT, WIDTH) == by_image[1].people.shape
    assert [int(np.flatnonzero(mask.any(axis=0))[0]) for mask in shown] == [0, 45]
    assert by_image[1].people.sum(axis=(1, 2)).tolist() == [200, 200]
