"""KLPNet's detector configs: what Tables 1 and 2 differ in, and that they run."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.runner import Runner

import mmsia.all  # noqa: F401, registers the parts
from mmsia.bench.scales import load_scales
from mmsia.bench.terms import Scale
from mmsia.datasets.simulated.objects import write_objects
from mmsia.engine.overlay import apply_overlay
from mmsia.engine.run_config import load_run_config
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "klpnet"
DPAD = ("dpad_x50_coco", "dpad_x101_coco", "dpad_x152_coco")
BASELINES = (
    "mask-rcnn_fpn_r101_coco",
    "mask-rcnn_fpn_x101_coco",
    "mask-rcnn_pafpn_x101_coco",
)


@lru_cache(maxsize=8)
def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


def test_there_are_no_others():
    found = {
        p.stem for p in FOLDER.glob("*.py") if "dpad" in p.stem or "rcnn" in p.stem
    }
    assert found == {*DPAD, *BASELINES}


@pytest.mark.parametrize("name", DPAD)
def test_dpad_is_what_the_paper_says(name):
    config = load(name)
    model = config.model
    assert model.backbone.type == "ResNeXt"
    assert model.backbone.depth == int(name.split("_")[1][1:])
    assert str(model.backbone.depth) in model.backbone.init_cfg.checkpoint
    # statistics of the mosaics' images, not of ImageNet
    trunk = MODELS.build(dict(model.backbone, init_cfg=None, _scope_="mmdet"))
    trunk.train()
    assert trunk.layer4[0].bn1.training and not trunk.layer1[0].bn1.training
    assert model.neck.type == "DPAD" and model.neck.num_outs == 7
    strides = [2**level for level in range(3, 10)]
    assert model.rpn_head.anchor_generator.strides == strides
    for part in ("bbox_roi_extractor", "mask_roi_extractor"):
        assert model.roi_head[part].type == "MaxRoIExtractor"
        assert model.roi_head[part].featmap_strides == strides
    head = model.roi_head.bbox_head
    assert head.reg_decoded_bbox and head.loss_bbox.type == "CIoULoss"
    steps = [step.type for step in config.train_dataloader.dataset.pipeline]
    assert "DrawnMosaic" in steps
    assert config.train_cfg.type == "IterBasedTrainLoop"
    assert config.train_cfg.max_iters == 180000
    assert set(config.test_evaluator.metric) == {"bbox", "segm"}


def test_rows_of_table_2_differ_in_the_trunk_alone():
    models = [load(name).model.to_dict() for name in DPAD]
    trunks = [model.pop("backbone") for model in models]
    assert models[0] == models[1] == models[2]
    for trunk in trunks:
        del trunk["depth"], trunk["init_cfg"]
    assert trunks[0] == trunks[1] == trunks[2]


def test_baselines_are_those_of_table_1():
    trunks = [(load(n).model.backbone, load(n).model.neck.type) for n in BASELINES]
    found = [(trunk.type, trunk.depth, neck) for trunk, neck in trunks]
    assert found == [
        ("ResNet", 101, "FPN"),
        ("ResNeXt", 101, "FPN"),
        ("ResNeXt", 101, "PAFPN"),
    ]
    for name in BASELINES:
        assert "CIoULoss" not in json.dumps(load(name).model.to_dict())


def small(name, folder):
    """A config as the smoke scale has it, for two steps."""
    overlay = dict(
        load_scales("klpnet").overlay(Scale.SMOKE, f"configs/klpnet/{name}.py")
    )
    overlay |= dict(
        data_folder=str(folder), train_split="train", val_split="val", num_steps=2
    )
    config = apply_overlay(load_run_config(FOLDER / f"{name}.py"), overlay)
    for key in ("val_dataloader", "val_cfg", "val_evaluator"):
        config[key] = None
    config.work_dir = str(folder / name)
    return config


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("objects")
    write_objects(path, 8, 0, preset="smoke", split="train")
    write_objects(path, 3, 0, preset="smoke", split="val")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", [*DPAD, *BASELINES])
def test_trains_and_tests_boxes_and_masks(folder, name):
    runner = Runner.from_cfg(small(name, folder))
    runner.train()
    assert runner.iter == 2
    scores = runner.test()
    assert {"coco/bbox_mAP", "coco/segm_mAP"} <= set(scores)
