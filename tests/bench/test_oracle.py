"""The oracle: annotations through a codec and back to the image."""

import numpy as np
import pytest
from mmpose.codecs import AssociativeEmbedding, MSRAHeatmap, RegressionLabel

from mmsia.bench.degradation import Degradation
from mmsia.bench.oracle import predict_from_ground_truth
from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.errors import InputError

ORDER = [0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16]


def make_record(image_id=1, num_people=3, size=(500, 400), area=5000.0):
    rng = np.random.default_rng(image_id)
    keypoints = np.zeros((num_people, 17, 3))
    corners = np.stack((40 + 150 * np.arange(num_people), np.full(num_people, 50)), -1)
    keypoints[..., :2] = corners[:, None] + rng.uniform(0, 1, (num_people, 17, 2)) * (
        90,
        250,
    )
    keypoints[..., 2] = 2
    low, high = keypoints[..., :2].min(1), keypoints[..., :2].max(1)
    return ImageRecord(
        image_id=image_id,
        file_name=f"{image_id}.jpg",
        width=size[0],
        height=size[1],
        keypoints=keypoints,
        boxes=np.concatenate((low, high - low), axis=1),
        areas=np.full(num_people, area),
        annotation_ids=np.arange(num_people),
    )


def nearest_errors(results, record):
    found = np.array([r["keypoints"] for r in results]).reshape(-1, 17, 3)[..., :2]
    truth = record.keypoints[..., :2]
    distance = np.linalg.norm(found[None] - truth[:, None], axis=-1)
    return distance[np.arange(len(truth)), distance.mean(-1).argmin(1)]


def test_people_come_back_in_image_coordinates():
    record = make_record()
    results = predict_from_ground_truth([record], OffsetGuidedHeatmap())
    assert len(results) == 3
    assert {r["image_id"] for r in results} == {1}
    # one pixel of the 640 px input on each axis, in pixels of the 500 px image
    assert nearest_errors(results, record).max() < np.sqrt(2) * 500 / 640
    assert all(0 < r["score"] <= 1.05 for r in results)


def test_small_people_are_not_encoded():
    assert (
        predict_from_ground_truth([make_record(area=1024.0)], OffsetGuidedHeatmap())
        == []
    )


@pytest.mark.parametrize(
    "codec",
    [
        AssociativeEmbedding((640, 640), (160, 160), 2.0, decode_keypoint_order=ORDER),
        MSRAHeatmap((192, 256), (48, 64), 2.0, unbiased=True),
    ],
    ids=["crowd", "crop"],
)
def test_mmpose_codecs_go_the_same_way(codec):
    record = make_record()
    results = predict_from_ground_truth([record], codec)
    assert len(results) == 3
    assert nearest_errors(results, record).mean() < 3


def test_codec_without_responses_is_refused():
    with pytest.raises(InputError, match="RegressionLabel cannot be put"):
        predict_from_ground_truth([make_record()], RegressionLabel((192, 256)))


def test_crowd_codec_tells_the_test_size():
    record = make_record()
    results = predict_from_ground_truth([record], OffsetGuidedHeatmap((320, 320)))
    # one pixel of the 320 px input on each axis, in pixels of the 500 px image
    assert nearest_errors(results, record).max() < np.sqrt(2) * 500 / 320
    with pytest.raises(InputError, match="no test size: expected a square"):
        predict_from_ground_truth([record], OffsetGuidedHeatmap((640, 512)))


@pytest.mark.slow
def test_workers_change_nothing():
    records = [make_record(number) for number in range(1, 10)]
    damage = Degradation(gain=0.2, blur=1.0, noise=0.02)
    once, twice = (
        predict_from_ground_truth(
            records, OffsetGuidedHeatmap(), degradation=damage, seed=3, num_workers=n
        )
        for n in (1, 2)
    )
    assert once == twice


def test_progress_is_told_image_by_image():
    seen = []
    predict_from_ground_truth(
        [make_record(1), make_record(2)],
        OffsetGuidedHeatmap(),
        on_image=lambda: seen.append(1),
    )
    assert len(seen) == 2
