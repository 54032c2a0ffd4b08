"""Baselines of GOG's tables: CenterNet's poses and Associative Embedding on HRNet."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, KEYPOINT_CODECS, MODELS, TRANSFORMS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.measurement import Request
from mmsia.bench.network_runs import measure_inference, measure_training
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scales import load_scales
from mmsia.bench.structure import count_structure
from mmsia.bench.terms import Evidence, Reason, Scale
from mmsia.bench.training_data import TrainingData
from mmsia.engine.overlay import apply_overlay
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "gog"
CENTERNET = ["centernet_hg104_flip", "centernet_hg104_testdev"]
AE = ["ae_hrnet-w32_512", "ae_hrnet-w32_testdev"]
MMPOSE = (
    '_base_ = "mmpose::body_2d_keypoint/associative_embedding/coco/'
    'ae_hrnet-w32_8xb24-300e_coco-512x512.py"'
)
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
SCALES = load_scales("gog")


def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


def plain(value):
    """A config without the scopes that a config of another package gets."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "_scope_"}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def steps_of(config, loader):
    return {step.type: step for step in config[loader].dataset.pipeline}


@pytest.mark.parametrize("name", CENTERNET + AE)
def test_data_and_codec_build_and_are_the_head_s(name):
    config = load(name)
    init_default_scope("mmpose")
    for loader in LOADERS:
        dataset = config[loader].dataset
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DATASETS.build({**dataset, "lazy_init": True})
        for step in dataset.pipeline:
            TRANSFORMS.build(step)
    KEYPOINT_CODECS.build(config.codec)
    encoder = steps_of(config, "train_dataloader")["GenerateTarget"].encoder
    assert plain(encoder) == plain(config.codec)
    decoder = plain(config.model.head.decoder)
    assert {**decoder, "heatmap_size": 0} == {**plain(encoder), "heatmap_size": 0}
    evaluator = config.test_evaluator
    assert evaluator.ann_file.endswith(config.test_dataloader.dataset.ann_file)
    assert (evaluator.nms_mode, evaluator.score_mode) == ("none", "bbox")
    assert config.model.test_cfg.flip_test is True


@pytest.mark.parametrize("name", CENTERNET + AE)
def test_test_dev_differs_in_its_images_alone(name):
    config = load(name)
    on_testdev = name.endswith("testdev")
    dataset = config.test_dataloader.dataset
    assert dataset.images == ("all" if on_testdev else "people")
    assert ("test-dev" in dataset.ann_file) == on_testdev
    assert bool(config.test_evaluator.get("format_only")) == on_testdev
    assert config.test_dataloader.batch_size == 1
    other = load(name.rsplit("_", 1)[0] + ("_flip" if "center" in name else "_512"))
    for key in ("model", "codec", "train_dataloader", "train_cfg", "optim_wrapper"):
        assert config[key] == other[key], key
    assert config.param_scheduler == other.param_scheduler
    assert dataset.pipeline == other.test_dataloader.dataset.pipeline


def test_centernet_is_the_released_code_s():
    config = load(CENTERNET[0])
    assert config.optim_wrapper.optimizer == {"type": "Adam", "lr": 2.5e-4}
    assert config.train_cfg.max_epochs == 150
    assert [step.milestones for step in config.param_scheduler] == [[130]]
    assert config.auto_scale_lr.base_batch_size == 24
    assert config.train_dataloader.dataset.images == "people"
    resize = steps_of(config, "test_dataloader")["OffsetGuidedResize"]
    assert (resize.mode, tuple(resize.fill)) == ("own_size", (0, 0, 0))
    colours = config.model.data_preprocessor
    assert colours.bgr_to_rgb is False
    mean, std = (torch.tensor(colours[key]) / 255 for key in ("mean", "std"))
    torch.testing.assert_close(mean, torch.tensor([0.40789654, 0.44719302, 0.47026115]))
    torch.testing.assert_close(std, torch.tensor([0.28863828, 0.27408164, 0.27809835]))


def test_associative_embedding_is_mmpose_s_but_for_what_trains_it():
    library = Config.fromstring(MMPOSE, ".py")
    ours, theirs = (plain(each.model.to_dict()) for each in (load(AE[0]), library))
    assert not ours.pop("use_syncbn")
    assert ours["head"].pop("type") == "TrainableAssociativeEmbeddingHead"
    assert theirs["head"].pop("type") == "AssociativeEmbeddingHead"
    assert ours["head"]["decoder"].pop("type") == "PackedAssociativeEmbedding"
    assert theirs["head"]["decoder"].pop("type") == "AssociativeEmbedding"
    assert ours == theirs
    one, other = (
        steps_of(each, "test_dataloader")["BottomupResize"]
        for each in (load(AE[0]), library)
    )
    assert plain(one) == plain(other)


def test_counts_by_hand():
    found = count_structure(FOLDER / f"{CENTERNET[0]}.py")
    branch, last = 256 * 9 * 256 + 256, 257 * (1 + 2 + 2 + 34 + 17 + 2)
    assert found.parts["head"] == 2 * (6 * branch + last)
    assert found.parts["backbone"] == 187_700_352
    cells = 160 * 160
    work = cells * (6 * 256 * 9 * 256 + 256 * 58)
    assert found.num_multiply_adds == pytest.approx(365.7e9 + work, rel=1e-3)
    found = count_structure(FOLDER / f"{AE[0]}.py")
    assert found.input_size == (512, 512)
    assert found.parts["head"] == 33 * 34
    # HRNet-W32 alone, as in CGANet's Table 4, without that row's 1 x 1 head
    assert found.parts["backbone"] == pytest.approx(28.5e6, rel=2e-3)


def test_rows_of_the_tables():
    catalogue = load_catalogue()
    row = catalogue["gog/table1"].recipe.rows["centernet-flip"]
    assert row.config == f"configs/gog/{CENTERNET[0]}.py" and row.reason is None
    assert {Evidence.TRAINING, Evidence.INFERENCE} <= set(row.evidence)
    rows = catalogue["gog/table3"].recipe.rows
    for name, config in (("centernet", CENTERNET), ("bottom-up-hrnet-w32", AE)):
        assert rows[name].config == f"configs/gog/{config[1]}.py"
        assert rows[name].reason is Reason.NEEDS_SERVER
    beside = catalogue["gog/table1"].recipe.beside["bottom-up-hrnet-w32"]
    assert beside.config == f"configs/gog/{AE[0]}.py"


@pytest.mark.parametrize("scale", SCALES.scales)
def test_centernet_shrinks_like_the_rows_beside_it(scale):
    place = f"configs/gog/{CENTERNET[0]}.py"
    config = apply_overlay(load(CENTERNET[0]), SCALES.overlay(scale, place))
    width, height = config.codec.input_size
    init_default_scope("mmpose")
    with torch.device("meta"), torch.no_grad():
        model = MODELS.build(config.model).eval()
        maps = model(torch.empty(2, 3, height, width), None, mode="tensor")
    assert maps.keypoint_heatmaps.shape == (2, 17, height // 4, width // 4)
    for part in (config.model.head.decoder, config.train_pipeline[1]):
        assert tuple(part.input_size) == (width, height)
    resize = steps_of(config, "test_dataloader")["OffsetGuidedResize"]
    assert resize.size == 640 * width // 512


def small_hrnet():
    row = "configs/cganet/separated_256x192_hrnet-w32.py"
    overlay = load_scales("cganet").overlay(Scale.SMOKE, row)
    return {key: overlay[key] for key in ("backbone", "replace")}


@pytest.mark.parametrize(
    ("name", "network"),
    [(CENTERNET[0], dict), pytest.param(AE[0], small_hrnet, marks=pytest.mark.slow)],
)
def test_baselines_are_trained_and_scored_by_the_engine(name, network, tmp_path):
    config = f"configs/gog/{name}.py"
    data = TrainingData(Scale.SMOKE, tmp_path).open(SCALES, config).test
    overlay = {**SCALES.overlay(Scale.SMOKE, config), **network(), "num_steps": 2}
    settings = {"config": config, "overlay": overlay}
    request = Request(settings, data, 3, 5, 0, folder=tmp_path / "training", threads=1)
    trained = measure_training(request)
    weights = request.folder / trained.weights.file
    measured = measure_inference(
        replace(request, weights=weights, folder=tmp_path / "inference")
    )
    assert measured.counts["num_images"] == 12
    assert 0 <= measured.scores["ap"] <= 100
