"""Images of a figure of people, by the OKS of their people."""

import numpy as np
import pytest

from mmsia.bench.gallery_people import choose_images, score_image
from mmsia.datasets.coco_keypoints import ImageRecord


def make_record(image_id, num_people=1):
    keypoints = np.random.default_rng(image_id).uniform(20, 200, (num_people, 17, 3))
    keypoints[..., 2] = 2
    return ImageRecord(
        image_id=image_id, file_name="x", width=240, height=240, keypoints=keypoints,
        boxes=np.zeros((num_people, 4)), areas=np.full(num_people, 5000.0),
        annotation_ids=np.arange(num_people),
    )  # fmt: skip


def found(record, shift):
    keypoints = record.keypoints[0].copy()
    keypoints[:, 0] += shift
    return {"image_id": record.image_id, "keypoints": keypoints.ravel().tolist()}


def test_score_is_the_mean_over_people():
    record = make_record(1, num_people=2)
    assert score_image(record, record.keypoints) == pytest.approx(1)
    assert score_image(record, np.zeros((0, 17, 3))) == 0
    one = score_image(record, record.keypoints[:1])
    assert 0.5 < one < 0.75  # the other is as good as not found


def test_worst_eight_then_quantiles():
    records = [make_record(number) for number in range(1, 22)]
    results = [found(record, shift) for shift, record in enumerate(records)]
    choices = choose_images(records, results)
    assert [c.why for c in choices[:8]] == [f"worst {n}" for n in range(1, 9)]
    # the larger the shift the worse, so image 21 is the worst of 21
    assert [c.record.image_id for c in choices[:8]] == list(range(21, 13, -1))
    quantiles = {c.why: c.record.image_id for c in choices[8:]}
    assert quantiles == {"quantile 0.5": 11, "quantile 0.75": 6, "quantile 1": 1}
    assert all(len(c.poses) == 1 for c in choices)


def test_an_image_without_poses_is_the_worst_and_ties_go_by_number():
    records = [make_record(number) for number in (5, 3, 9)]
    choices = choose_images(
        records, [found(records[0], 0)], num_worst=2, quantiles=(1,)
    )
    assert [(c.record.image_id, c.why) for c in choices] == [
        (3, "worst 1"),
        (9, "worst 2"),
        (5, "quantile 1"),
    ]
    assert choices[0].score == 0 and choices[-1].score == pytest.approx(1)


def test_fewer_images_than_worst():
    choices = choose_images([make_record(1)], [], num_worst=8)
    assert [c.why for c in choices] == ["worst 1"]


def test_poses_of_images_without_annotated_people_are_not_looked_at():
    record, other = make_record(1), make_record(2)
    alone = choose_images([record], [found(record, 0)])
    both = choose_images([record], [found(record, 0), found(other, 0)])
    assert [c.score for c in both] == [c.score for c in alone] == [pytest.approx(1)]
    assert len(both[0].poses) == 1
