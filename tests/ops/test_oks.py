"""Object keypoint similarity against pycocotools and by hand."""

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmsia.ops.oks import COCO_SIGMAS, keypoint_similarity


def test_by_hand():
    truth = np.zeros((1, 17, 2))
    visible = np.zeros((1, 17), dtype=bool)
    visible[0, [0, 5]] = True
    found = truth.copy()
    found[0, 0] = (3, 4)
    area = 2500.0
    expected = (np.exp(-25 / (2 * (2 * COCO_SIGMAS[0]) ** 2 * area)) + 1) / 2
    result = keypoint_similarity(found, truth, visible, np.array([area]))
    assert result.shape == (1, 1)
    assert result[0, 0] == pytest.approx(expected)


def test_agrees_with_pycocotools():
    rng = np.random.default_rng(0)
    truth, found = rng.uniform(0, 200, (3, 17, 2)), rng.uniform(0, 200, (5, 17, 2))
    found[:3] = truth + rng.normal(0, 8, truth.shape)
    visible = rng.random((3, 17)) < 0.7
    areas = rng.uniform(2000, 9000, 3)
    dataset = {
        "images": [{"id": 1}],
        "categories": [{"id": 1}],
        "annotations": [
            {
                "id": n + 1, "image_id": 1, "category_id": 1, "iscrowd": 0,
                "area": areas[n], "bbox": [0, 0, 1, 1], "num_keypoints": 17,
                "keypoints": np.c_[truth[n], 2 * visible[n]].ravel().tolist(),
            }
            for n in range(3)
        ],
    }  # fmt: skip
    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    results = [
        {
            "image_id": 1, "category_id": 1, "score": float(5 - n),
            "keypoints": np.c_[found[n], np.ones(17)].ravel().tolist(),
        }
        for n in range(5)
    ]  # fmt: skip
    evaluation = COCOeval(coco, coco.loadRes(results), "keypoints")
    evaluation._prepare()
    theirs = evaluation.computeOks(1, 1)
    np.testing.assert_allclose(
        keypoint_similarity(found, truth, visible, areas), theirs.T, atol=1e-9
    )
