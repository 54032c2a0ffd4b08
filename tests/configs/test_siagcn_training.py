"""SIA-GCN's configs at work: ImageNet's weights, and a plain Runner on real hands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import OrderedDict

import mmengine.runner.checkpoint as mmengine_checkpoint
import pytest
import torch
import torchvision
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.network_runs import training_settings
from mmsia.bench.scales import load_scales
from mmsia.bench.terms import Scale
from mmsia.engine.overlay_network import dicts_in, drop_downloads
from mmsia.paths import project_root
from tests.models.estimators.small_hands import SMALL_RESNET, TRUNK

FOLDER = project_root() / "configs" / "siagcn"
TRAIN = (
    "import sys; from mmengine import Config; from mmengine.runner import Runner; "
    "Runner.from_cfg(Config.fromfile(sys.argv[1])).train()"
)


def row_config(name):
    return Config.fromfile(FOLDER / f"siagcn_{name}.py")


@pytest.fixture
def downloads(monkeypatch):
    """What the addresses of ImageNet's weights would give, by their last part."""
    init_default_scope("mmpose")
    vgg = MODELS.build(dict(type="VGG", depth=19, num_classes=10))
    files = {
        # MMPretrain's VGG has the names and layers of MMPose's, below `backbone.`.
        "vgg19": OrderedDict(
            state_dict={f"backbone.{k}": v for k, v in vgg.state_dict().items()}
        ),
        "resnet18": torchvision.models.resnet18(weights=None).state_dict(),
    }
    asked = []

    def load(address, map_location=None, **options):
        asked.append(address)
        (found,) = [file for name, file in files.items() if name in address]
        return found

    monkeypatch.setattr(mmengine_checkpoint, "load_from_http", load)
    return files, asked


def test_every_weight_of_the_trunk_comes_from_vgg_19(downloads):
    files, asked = downloads
    trunk = MODELS.build(row_config("cpm-7x7_panoptic_baseline").model.backbone.trunk)
    trunk.init_weights()
    own = trunk.state_dict()
    stored = files["vgg19"]["state_dict"]
    assert len(asked) == 1 and "vgg19_batch256_imagenet" in asked[0]
    assert len(own) == 2 * 12  # conv1_1 to conv4_4
    for name, tensor in own.items():
        assert torch.equal(tensor, stored[f"backbone.{name}"]), name
    # These are torchvision's layers in their order: no other VGG was built.
    reference = torchvision.models.vgg19(weights=None).features.state_dict()
    shapes = [tensor.shape for tensor in reference.values()]
    assert [tensor.shape for tensor in own.values()] == shapes[: len(own)]


@pytest.mark.parametrize("part", ["pointer", "rotation"])
def test_every_weight_of_a_resnet_18_comes_from_torchvision(downloads, part):
    files, asked = downloads
    backbone = MODELS.build(row_config("shg_panoptic_r-siapose").model[part].backbone)
    backbone.init_weights()
    own = backbone.state_dict()
    assert len(asked) == 1
    assert files["resnet18"].keys() - own.keys() == {"fc.weight", "fc.bias"}
    for name, tensor in own.items():
        assert torch.equal(tensor, files["resnet18"][name]), name


def test_the_paper_s_training_starts_from_imagenet_and_a_scale_from_nothing():
    def starts_of(name, scale):
        config = f"configs/siagcn/siagcn_{name}.py"
        overlay = load_scales("siagcn").overlay(scale, config)
        settings = training_settings({"config": config, "overlay": overlay})
        return [
            (part["init_cfg"] or {}).get("checkpoint")
            for part in dicts_in(settings["model"])
            if part.get("type") in ("VGG", "ResNet") and "init_cfg" in part
        ]

    resnet, vgg = "torchvision://resnet18", "mmcls://vgg19"
    assert starts_of("shg_panoptic_r-siapose", Scale.PAPER) == [resnet] * 2
    assert starts_of("cpm-3x3_panoptic_baseline", Scale.PAPER) == [vgg]
    assert set(starts_of("shg_panoptic_r-siapose", Scale.MINI)) == {None}


def shrink(config, folder, work_dir):
    """Narrow the networks, keep everything else; train and test on the same hands."""
    drop_downloads(config)
    model = config.model
    if model.backbone.type == "CPMOnVGG":
        narrow = dict(trunk=TRUNK, trunk_channels=16, channels=(16, 16, 8))
    else:
        narrow = dict(channels=16)
    for key, value in narrow.items():
        model.backbone[key] = value
    for part in {"pointer", "rotation"} & set(model):
        model[part] = SMALL_RESNET
    if "graph" in model:
        model.graph.kernel_size = 9
    on_hands(config, folder, work_dir)


def on_hands(config, folder, work_dir):
    """Two passes over all samples, two at a time, on one process."""
    for name in ("train", "val", "test"):
        loader = config[f"{name}_dataloader"]
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=f"{folder}/", parts=["train", "val", "test"])
    config.train_cfg.update(max_epochs=2, val_interval=2)
    config.default_hooks.logger.interval = 1
    config.work_dir, config.experiment_name = str(work_dir), work_dir.name


def scalars(work_dir):
    (file,) = work_dir.glob("*/vis_data/scalars.json")
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_trained(work_dir, losses):
    points = scalars(work_dir)
    steps = [point for point in points if "loss" in point]
    scores = [point for point in points if "mpck" in point]
    assert len(steps) == 4 and len(scores) == 1
    for point in steps:
        assert {k for k in point if k.startswith("loss_")} == losses
        assert all(0 < point[k] < 1e3 for k in losses)
    assert all(f"pck@0.0{n}" in point for point in scores for n in range(1, 9))
    assert (work_dir / "epoch_2.pth").is_file()
    assert list(work_dir.glob("best_pck@0.04_epoch_*.pth"))


@pytest.mark.slow
def test_a_plain_runner_trains_a_row_on_real_hands(tmp_path, real):
    """A process that imports mmengine alone: custom_imports brings the rest."""
    config = row_config("cpm-7x7_panoptic_10-head")
    shrink(config, real, tmp_path / "work")
    config.dump(tmp_path / "row.py")
    words = [sys.executable, "-c", TRAIN, str(tmp_path / "row.py")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    check_trained(tmp_path / "work", {"loss_stages", "loss_fused"})


def train_here(config):
    """Train in this process; the model's weights before and after."""
    runner = Runner.from_cfg(config)
    if config.load_from is None:
        runner.model.init_weights()
    else:
        runner.load_or_resume()
    before = {k: v.clone() for k, v in runner.model.state_dict().items()}
    runner.train()
    return before, runner.model.state_dict()


def changed(before, after):
    return {k.partition(".")[0] for k in before if not torch.equal(before[k], after[k])}


def test_r_siapose_trains_its_rotation_alone_and_then_everything(tmp_path, real):
    first = row_config("cpm-3x3_panoptic_r-siapose_rotation")
    shrink(first, real, tmp_path / "rotation")
    before, between = train_here(first)
    check_trained(tmp_path / "rotation", {"loss_rotation"})
    assert changed(before, between) == {"rotation"}

    second = row_config("cpm-3x3_panoptic_r-siapose")
    shrink(second, real, tmp_path / "joint")
    second.load_from = str(tmp_path / "rotation" / "epoch_2.pth")
    before, after = train_here(second)
    assert changed(between, before) == set()
    check_trained(tmp_path / "joint", {"loss_rotation", "loss_stages", "loss_fused"})
    assert changed(before, after) == {"backbone", "graph", "pointer", "rotation"}


@pytest.mark.parametrize("row", ["baseline", "1-head"])
def test_all_stages_of_an_estimator_are_supervised(tmp_path, real, row):
    config = row_config(f"shg_panoptic_{row}")
    shrink(config, real, tmp_path / "work")
    before, after = train_here(config)
    own = {"loss_kpt"} if row == "baseline" else {"loss_stages", "loss_fused"}
    check_trained(tmp_path / "work", own)
    outputs = [f"backbone.outputs.{n}.weight" for n in range(8)]
    assert not any(torch.equal(before[key], after[key]) for key in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shg_panoptic_10-head", "cpm-3x3_panoptic_r-siapose"])
def test_a_network_of_the_paper_s_size_trains(tmp_path, real, name):
    config = row_config(name)
    drop_downloads(config)
    on_hands(config, real, tmp_path / "work")
    before, after = train_here(config)
    losses = {"loss_rotation", "loss_stages", "loss_fused"}
    check_trained(
        tmp_path / "work", losses - ({"loss_rotation"} if "shg" in name else set())
    )
    parts = {"backbone", "graph", "pointer", "rotation"}
    assert changed(before, after) == parts - ({"rotation"} if "shg" in name else set())
