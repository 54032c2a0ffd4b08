"""CGANet's configs: one for each row, different in what the paper says alone."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, HOOKS, KEYPOINT_CODECS, METRICS, MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scales import load_scales
from mmsia.bench.terms import Reason, Scale
from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.paths import project_root

ROOT = project_root()
FOLDER = ROOT / "configs" / "cganet"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
SEPARATED = [name for name in NAMES if name.startswith("separated_")]
SINGLE = [name for name in NAMES if name.startswith("cganet_")]
SCALES = load_scales("cganet")
UNTRAINED = ("testdev", "jitter")


@lru_cache(maxsize=64)
def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


def place(name):
    return f"configs/cganet/{name}.py"


def docstring(name):
    return ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text()))


@lru_cache(maxsize=1)
def catalogue():
    entries = load_catalogue().values()
    return {e.table.id: e for e in entries if e.paper.paper.key == "cganet"}


def test_every_config_stands_in_a_table():
    used = {
        row.config
        for entry in catalogue().values()
        for row in entry.recipe.every_row.values()
    }
    assert used - {None} == {place(name) for name in NAMES}


def test_own_rows_and_ablations_have_a_config():
    for entry in catalogue().values():
        for row in entry.table.rows:
            recipe = entry.recipe.rows[row.id]
            if row.kind in ("ours", "ablation"):
                assert recipe.config, row.id
            if recipe.reason is None:
                scores = {*entry.recipe.columns, *entry.recipe.structure}
                scores |= {*entry.recipe.efficiency, *entry.recipe.column_reasons}
                assert scores == {column.name for column in entry.table.columns}
    rows = catalogue()["cganet/table5"].recipe.rows.values()
    assert {row.reason for row in rows} == {Reason.EXTERNAL, Reason.NEEDS_SERVER}


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_short_and_inherits_once(name):
    text = (FOLDER / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 30 and docstring(name)
    for base in (FOLDER / "_base_").glob("*.py"):
        assert "\n_base_ =" not in base.read_text()


def pipelines(config):
    return [config[loader].dataset.pipeline for loader in LOADERS]


@pytest.mark.parametrize("name", NAMES)
def test_data_metric_and_hooks_build(name):
    config = load(name)
    assert config.custom_imports.imports == ["mmsia.all"]
    init_default_scope("mmpose")
    for loader in LOADERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DATASETS.build({**config[loader].dataset, "lazy_init": True})
    metric = METRICS.get(config.test_evaluator.type)
    best = f"{metric.default_prefix}/AP"
    assert config.default_hooks.checkpoint.save_best == best
    for hook in (*config.custom_hooks, *config.default_hooks.values()):
        assert HOOKS.get(hook.type) is not None, hook.type
    loaders = [config[loader] for loader in LOADERS]
    assert config.auto_scale_lr.base_batch_size % loaders[0].batch_size == 0


@pytest.mark.parametrize("name", NAMES)
def test_inputs_of_codec_pipelines_and_heads_are_one_size(name):
    config = load(name)
    size = tuple(config.codec.input_size)
    for steps in pipelines(config):
        found = {tuple(step.input_size) for step in steps if "input_size" in step}
        assert found == {size}
        encoders = [step.encoder for step in steps if "encoder" in step]
        assert all(tuple(each.input_size) == size for each in encoders)
        assert len(encoders) == (steps is config.train_dataloader.dataset.pipeline)
    assert config.model.head.get("decoder", config.codec) == config.codec
    if name not in SEPARATED:
        assert size == (int(name.split("_")[1]),) * 2
        side = config.model.get("roi_head", {}).get("input_size", size[0])
        assert side == size[0]
    else:
        height, width = map(int, name.split("_")[1].split("x"))
        assert size == (width, height)


def trained(names):
    """Scale and config of every network; those of the paper's scale are counted, too.

    Counting runs them (test_cganet_rows.py), but not what only a server scores.
    """
    networks = [name for name in names if place(name) not in SCALES.trained_as]
    whole = [(Scale.PAPER, name) for name in networks if "testdev" in name]
    made = [name for name in networks if not any(word in name for word in UNTRAINED)]
    return whole + [(scale, name) for scale in SCALES.scales for name in made]


@pytest.mark.parametrize(("scale", "name"), trained(SEPARATED))
def test_separated_models_give_maps_of_the_codec_at_every_scale(scale, name):
    config = apply_overlay(load(name), SCALES.overlay(scale, place(name)))
    width, height = config.codec.input_size
    maps = forward(config, width, height)
    cells = KEYPOINT_CODECS.build(config.codec).heatmap_size
    assert maps.shape == (2, 17, cells[1], cells[0])


@pytest.mark.parametrize(("scale", "name"), trained(SINGLE))
def test_single_models_give_their_maps_at_every_scale(scale, name):
    config = apply_overlay(load(name), SCALES.overlay(scale, place(name)))
    size = config.codec.input_size[0]
    dense, stages = forward(config, size, size)
    assert dense.center.shape == (2, 1, size // 4, size // 4)
    lines = (2, 2, size // 4, size // 4) if config.model.head.lines else None
    assert (None if dense.lines is None else tuple(dense.lines.shape)) == lines
    keypoints = config.model.roi_head.get("num_keypoints", 17)
    pooled = config.model.roi_head.type == "ROIPooler"
    cells = 56 if pooled else size // 8
    assert "masks" not in name or keypoints == 1
    assert {tuple(stage.shape) for stage in stages} == {(40, keypoints, cells, cells)}
    assert len(stages) == config.model.roi_head.get("num_guiders", 1)


RCNN = {
    "keypoint-rcnn_512_fpn50": (17, 56),
    "mask-rcnn_384_fpn50": (2, 28),
    "mask-rcnn_512_fpn50": (2, 28),
}


@pytest.mark.parametrize("name", RCNN)
@pytest.mark.parametrize("scale", SCALES.scales)
def test_mask_rcnn_fits_its_pyramid_at_every_scale(scale, name):
    config = apply_overlay(load(name), SCALES.overlay(scale, place(name)))
    size = config.codec.input_size[0]
    objectness, *_, [maps] = forward(config, size, size)
    sides = [level.shape[-1] for level in objectness]
    assert sides == [-(-size // stride) for stride in (4, 8, 16, 32, 64)]
    channels, cells = RCNN[name]
    assert maps.shape == (40, channels, cells, cells)


def forward(config, width, height):
    from torch.fx.experimental import _config as meta_config

    init_default_scope("mmpose")
    with torch.device("meta"):
        model = MODELS.build(config.model)
        model.eval()
        image = torch.empty(2, 3, height, width)
        with torch.no_grad(), meta_config.patch(meta_nonzero_assume_all_nonzero=True):
            return model(image, None, mode="tensor")


@pytest.mark.parametrize("scale", SCALES.scales)
def test_scales_shrink_networks_and_nothing_else(scale):
    """A row keeps what it is about: guiders, lines, boxes' extension, flip test."""
    for name in NAMES:
        row = load(name)
        if any(word in name for word in UNTRAINED):
            continue
        config = apply_overlay(row, SCALES.overlay(scale, place(name)))
        plain_config(config)
        for part in ("num_guiders", "type"):
            roi_head = row.model.get("roi_head", {}).get(part)
            assert config.model.get("roi_head", {}).get(part) == roi_head
        assert config.model.head.get("lines") == row.model.head.get("lines")
        assert config.model.test_cfg == row.model.test_cfg
        kept = {k: v for k, v in row.codec.items() if "size" not in k}
        assert kept == {k: v for k, v in config.codec.items() if "size" not in k}
        assert config.model.backbone.get("init_cfg") is None
        assert "bbox_file" not in config.test_dataloader.dataset
