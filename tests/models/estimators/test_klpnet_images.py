"""Whole images: boxes of a detector, categories kept, links of all objects at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS as DETECTORS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.structures import merge_data_samples

from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.klpnet_images import find_boxes, link_objects
from tests.models.estimators.small_klpnet import CODEC, CROP, PACK, build
from tests.models.roi_heads.test_dpad_detector import small_model

IMAGE = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
TEST_PACK = PACK | dict(pack_transformed=False)
BOXES = np.array([[10.0, 10, 60, 70], [40, 20, 100, 90], [5, 5, 5, 5]])


@pytest.fixture(scope="module")
def model():
    head = dict(type="CKLMHead", decoder=CODEC | dict(score_thr=0.0, max_peaks=5))
    made = build(head=head, test_cfg=dict(lis=True))
    made.cfg = Config(
        dict(test_dataloader=dict(dataset=dict(pipeline=[*CROP, TEST_PACK])))
    )
    return made


def test_objects_of_an_image(model):
    found = link_objects(model, IMAGE, BOXES, [0, 0, 2])
    assert len(found) == 3
    for sample, box, label in zip(found[:2], BOXES, [0, 0], strict=False):
        instances = sample.pred_instances
        np.testing.assert_allclose(instances.bboxes[0], box)
        assert instances.labels[0] == label
        assert instances.keypoints.shape[1] > 0 and len(instances.links) == 1
    # a box of zero area: a pixel
    np.testing.assert_allclose(found[2].pred_instances.bboxes[0], [5, 5, 6, 6])


def test_mmposes_own_way_of_predicting_an_image(model):
    """It tells no categories: CLPGM's guesses; and it wants padded instances."""
    from mmpose.apis import inference_topdown

    model.dataset_meta = dict(dataset_name="objects")
    model.test_cfg["pad_keypoints"] = True
    found = inference_topdown(model, IMAGE, BOXES[:2])
    model.test_cfg["pad_keypoints"] = False
    merged = merge_data_samples(found).pred_instances
    assert len(merged) == len(merged.links) == 2
    assert set(merged.labels.tolist()) <= {0, 1, 2}


def test_no_objects(model):
    assert link_objects(model, IMAGE, np.zeros((0, 4)), []) == []


@pytest.mark.parametrize(
    ("boxes", "labels"), [(BOXES, [0]), (np.full((1, 4), np.nan), [0])]
)
def test_odd_boxes(model, boxes, labels):
    with pytest.raises(InputError, match="boxes of an image"):
        link_objects(model, IMAGE, boxes, labels)


@pytest.fixture(scope="module")
def detector():
    """Untrained: any box, of any of fourteen categories."""
    register_all_modules(init_default_scope=False)
    torch.manual_seed(0)
    config = small_model()
    config["test_cfg"]["rcnn"].update(score_thr=0.0)
    with DefaultScope.overwrite_default_scope("mmdet"):
        made = DETECTORS.build(Config(config))
    made.init_weights()
    pipeline = [
        dict(type="LoadImageFromFile"),
        dict(type="Resize", scale=(128, 96), keep_ratio=True),
        dict(
            type="PackDetInputs",
            meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor"),
        ),
    ]
    made.cfg = Config(dict(test_dataloader=dict(dataset=dict(pipeline=pipeline))))
    made.dataset_meta = dict(classes=tuple(f"c{number}" for number in range(14)))
    return made.eval()


def test_a_detectors_boxes_keep_their_category(detector, model):
    every = find_boxes(detector, IMAGE, [f"c{n}" for n in range(14)], least=0.0)
    assert len(every.boxes) > 0
    chosen = sorted(set(every.labels.tolist()))[0]
    # the same category has another number among other classes
    some = find_boxes(detector, IMAGE, ["sofa", f"c{chosen}"], least=0.0)
    assert set(some.labels.tolist()) == {1}
    np.testing.assert_allclose(some.boxes, every.boxes[every.labels == chosen])
    least = float(np.median(every.scores))
    fewer = find_boxes(detector, IMAGE, [f"c{n}" for n in range(14)], least=least)
    assert len(fewer.boxes) == (every.scores >= least).sum()
    found = link_objects(model, IMAGE, some.boxes[:2], some.labels[:2], some.scores[:2])
    assert len(found) == min(2, len(some.boxes))


def test_a_detector_of_other_categories(detector):
    with pytest.raises(ConfigError, match="one of sofa"):
        find_boxes(detector, IMAGE, ["sofa"])
