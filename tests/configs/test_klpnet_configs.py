"""KLPNet's configs of keypoints and links: what rows differ in, and that they run."""

from __future__ import annotations

import ast
from functools import lru_cache

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.datasets.object_skeletons import PASCAL3D, SKELETONS, TABLE5
from mmsia.datasets.simulated.objects import write_objects
from mmsia.datasets.simulated.people import write_people
from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "klpnet"
ALL = sorted(path.stem for path in FOLDER.glob("*.py"))
OBJECTS = [n for n in ALL if "pascal3d" in n or "objectnet3d" in n]
PEOPLE = [n for n in ALL if n.startswith(("cklm_coco", "cklm17_coco"))]
QUICK = ("cklm_coco_256x192_2stages", "klpnet_objectnet3d_256_lis")
"""Those that run by default; the others do with the slow tests."""


@lru_cache(maxsize=64)
def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


@pytest.mark.parametrize("name", ALL)
def test_a_row_is_short_and_says_what_it_is(name):
    text = (FOLDER / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 30 and ast.get_docstring(ast.parse(text))
    for base in (FOLDER / "_base_").glob("*.py"):
        assert "\n_base_ =" not in base.read_text()


def test_classes_are_the_tables_categories():
    assert load("cklm_pascal3d_256_3stages").classes == list(PASCAL3D)
    wanted = [name for name in TABLE5.values() if name is not None]
    assert sorted(load("klpnet_objectnet3d_256_lis").classes) == sorted(wanted)


@pytest.mark.parametrize("name", OBJECTS)
def test_object_configs_agree_with_themselves(name):
    config = load(name)
    classes = config.classes
    assert config.model.num_classes == len(classes)
    most = max(len(SKELETONS[each].keypoints) for each in classes)
    assert config.model.num_parts == most
    stages = config.model.backbone.num_stages
    codec = config.model.head.decoder
    assert len(codec.kernel_sizes) == stages
    (target,) = [
        step
        for step in config.train_dataloader.dataset.pipeline
        if step.type == "GenerateTarget"
    ]
    assert target.encoder == codec
    learning = [h for h in config.custom_hooks if h.type == "LearnTemplatesHook"]
    assert learning[0].pipeline == config.test_dataloader.dataset.pipeline
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        assert config[loader].dataset.classes == classes
    if config.model.test_cfg.get("lis"):
        sampler = config.test_dataloader.batch_sampler.type
        assert sampler == "WholeImageBatchSampler"
    assert config.test_evaluator.get("without", []) == (
        ["truncated", "occluded", "difficult"] if "pascal3d" in name else []
    )


def test_rows_of_table_5_differ_in_aggregation_and_lis_alone():
    def settings(name):
        return plain_config(load(f"klpnet_objectnet3d_256_{name}"))

    lis, csfa, basic = (settings(name) for name in ("lis", "csfa", "basic"))
    lis["model"]["test_cfg"]["lis"] = False
    assert lis == csfa
    csfa["model"]["backbone"]["csfa"] = False
    assert csfa == basic


@pytest.mark.parametrize("name", PEOPLE)
def test_rows_of_table_4_differ_in_stages_alone(name):
    config = load(name)
    stages = int(name.rsplit("_", 1)[1][0])
    assert config.model.backbone.num_stages == config.model.head.num_stages == stages
    three = name.startswith("cklm_")
    if three:
        assert len(config.model.head.decoder.kernel_sizes) == stages
        assert config.test_evaluator.type == "OracleCocoMetric"
        assert "bbox_file" not in config.test_dataloader.dataset
    else:
        levels = config.model.head.level_indices
        assert len(levels) == len(config.model.head.loss) == 4 * stages
        assert levels[-4:] == [1, 2, 3, 4]
        assert "bbox_file" in config.test_dataloader.dataset
    init_default_scope("mmpose")
    with torch.device("meta"), torch.no_grad():
        model = MODELS.build(config.model).eval()
        maps = model(torch.empty(1, 3, 256, 192), None, mode="tensor")
    assert len(maps) == (stages if three else 4 * stages)
    last = maps[-1][-1] if three else maps[-1]
    assert last.shape == (1, 3 if three else 17, 64, 48)


def small(name, folder, **splits):
    """A row's config with a small backbone, for a step on few images."""
    config = load(name)
    backbone = dict(
        type="CKLM", depth=(1, 1, 1, 1), base_channels=16, channels=32,
        transmission=16, groups=min(4, config.model.backbone.get("groups", 4)),
        num_stages=config.model.backbone.num_stages,
        csfa=config.model.backbone.get("csfa", True),
    )  # fmt: skip
    overlay = dict(
        backbone=backbone, batch_size=4, num_workers=0, num_steps=2, seed=0,
        data_folder=str(folder), **splits,
    )  # fmt: skip
    config = apply_overlay(config, overlay)
    if config.model.type != "KLPNet":
        # these heads take no channels of the backbone's
        key = "unit_channels" if config.model.head.type == "MSPNHead" else "in_channels"
        config.model.head[key] = 32
    config.work_dir = str(folder / name)
    config.experiment_name = f"{name}-{folder.name}"
    return config


def quickly(names):
    return [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in names
    ]


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    for split, number in (("train", 16), ("val", 14), ("test", 14)):
        write_objects(folder, number, 0, preset="smoke", split=split)
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    write_people(folder, 3, 0, preset="smoke", split="train2017")
    write_people(folder, 2, 1, preset="smoke", split="val2017")
    return folder


@pytest.mark.parametrize("name", quickly(OBJECTS))
def test_objects_are_trained_on_and_tested(objects, name):
    config = small(name, objects, input_size=64)
    runner = Runner.from_cfg(config)
    runner.train()
    templates = runner.model.templates
    assert templates.bank.counts.sum() > 0 and templates.counts.sum() > 0
    stored = torch.load(
        f"{config.work_dir}/iter_2.pth", weights_only=True, map_location="cpu"
    )["state_dict"]
    assert torch.equal(stored["templates.bank.sums"], templates.bank.sums)
    assert torch.equal(stored["templates.counts"], templates.counts)
    scores = runner.test()
    for identity in ("oracle", "features"):
        assert 0 <= scores[f"{identity}/mean"] <= 1
    assert all(np.isfinite(list(scores.values())))


@pytest.mark.parametrize("name", quickly(PEOPLE))
def test_people_are_trained_on_and_tested(people, name):
    splits = dict(train_split="train2017", val_split="val2017")
    runner = Runner.from_cfg(small(name, people, **splits))
    runner.train()
    assert 0 <= runner.test()["coco/AP"] <= 1
