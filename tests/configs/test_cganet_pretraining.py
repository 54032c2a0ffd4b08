"""ImageNet pre-training of TNet: trained on a made tree of images, and started from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS
from PIL import Image

import mmsia.all  # noqa: F401, registers
from mmsia.cli.main import main
from mmsia.engine.data_check import check_data
from mmsia.engine.run_config import load_run_config
from mmsia.errors import DataError
from mmsia.models.weights.loading import load_weights
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "cganet"
NETWORKS = {
    "tnet-d1w64_imagenet": ("tnet_d1w64", "cganet_512_d1w64"),
    "tnet-d3w96_imagenet": ("tnet_d3w96", "cganet_512_d3w96_testdev"),
    "tnet-d3w64-seq_imagenet": ("tnet_d3w64_seq", "separated_256x192_d3w64"),
    "tnet-d3w96-seq_imagenet": ("tnet_d3w96_seq", "separated_384x288_d3w96_testdev"),
}
EPOCHS = 16
LAST = f"epoch_{EPOCHS}.pth"
STARTS = Config.fromfile(FOLDER / "_base_" / "tnet_imagenet.py")


def draw(folder, rng, shade):
    """Images of 80 x 70, noise around a shade that tells the class."""
    folder.mkdir(parents=True)
    for number in range(4):
        noise = rng.integers(0, 60, (70, 80, 3)) + shade
        cv2.imwrite(str(folder / f"{number}.png"), noise.astype(np.uint8))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "imagenet"
    rng = np.random.default_rng(0)
    for split in ("train", "val"):
        for number, name in enumerate(("n01", "n02", "n03")):
            draw(root / split / name, rng, 90 * number)
    return root


def overrides(tree):
    """`--cfg-options` that make the config of the paper small."""
    named = {"model.backbone.width": 8, "model.num_classes": 3}
    named |= {
        "train_cfg.max_epochs": EPOCHS,
        "train_cfg.val_interval": EPOCHS,
        "default_hooks.checkpoint.interval": EPOCHS,
        "optim_wrapper.optimizer.lr": 0.02,
    }
    for split in ("train", "val"):
        loader = f"{split}_dataloader"
        named |= {f"{loader}.dataset.num_classes": 3, f"{loader}.batch_size": 4}
        named |= {f"{loader}.dataset.input_size": 64, f"{loader}.num_workers": 0}
        named |= {f"{loader}.persistent_workers": False}
    return [f"{key}={value}" for key, value in named.items()]


@pytest.fixture(scope="module")
def trained(tree, tmp_path_factory):
    """What `mmsia train` leaves after epochs of three steps."""
    work = tmp_path_factory.mktemp("work")
    config = str(FOLDER / "pretrain" / "tnet-d1w64_imagenet.py")
    root = ["--data-root", str(tree.parent), "--work-dir", str(work)]
    assert main(["train", config, *root, "--cfg-options", *overrides(tree)]) == 0
    return work


def test_top1_is_what_an_independent_count_gives(tree, trained):
    config = load_run_config(
        FOLDER / "pretrain" / "tnet-d1w64_imagenet.py", overrides(tree)
    )
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        config[loader].dataset.data_root = str(tree)
    config.test_dataloader = config.val_dataloader
    config.update(work_dir=str(trained), load_from=str(trained / LAST))
    runner = Runner.from_cfg(config)
    found = runner.test()
    # by hand: PIL's picture 73 pixels high, its middle, normalised, the highest logit
    model, right = runner.model.eval(), 0
    for label, name in enumerate(("n01", "n02", "n03")):
        for path in sorted((tree / "val" / name).glob("*.png")):
            picture = Image.open(path).resize((83, 73), Image.Resampling.BILINEAR)
            middle = np.asarray(picture)[4:68, 10:74].astype(np.float32)
            image = (middle - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
            image = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
            with torch.no_grad():
                right += int(model(image, mode="tensor").argmax()) == label
    assert found == {"accuracy/top1": pytest.approx(right / 12), "accuracy/top5": 1.0}
    # shades tell the classes: more than chance was learnt
    assert right > 6


@pytest.mark.parametrize("network", NETWORKS)
def test_tnet_of_the_rows_starts_from_it(network, trained, tmp_path):
    name, row = NETWORKS[network]
    pretrain = Config.fromfile(FOLDER / "pretrain" / f"{network}.py")
    start, backbone = STARTS[name], Config.fromfile(FOLDER / f"{row}.py").model.backbone
    assert start.checkpoint == f"work_dirs/{network}/epoch_90.pth"
    assert pretrain.train_cfg.max_epochs == 90
    init_default_scope("mmpose")
    pretrain.model.backbone.width = backbone.width = 8
    torch.manual_seed(1)
    classifier = MODELS.build({**pretrain.model, "num_classes": 3})
    classifier.init_weights()
    path = trained / LAST
    if network != "tnet-d1w64_imagenet":
        path = tmp_path / "epoch_90.pth"
        torch.save({"state_dict": classifier.state_dict()}, path)
    tnet = MODELS.build({**backbone, "init_cfg": {**start, "checkpoint": str(path)}})
    tnet.init_weights()
    weights = torch.load(path, weights_only=True)["state_dict"]
    for key, value in tnet.state_dict().items():
        assert torch.equal(value, weights[f"backbone.{key}"]), key


def test_a_whole_pose_network_starts_from_it(trained):
    """`mmsia train ROW --weights epoch_90.pth`."""
    config = Config.fromfile(FOLDER / "cganet_384_d1w64_guider.py").model
    config.backbone.width = 8
    config.head.update(in_channels=12, channels=8)
    config.roi_head.update(in_channels=(12, 22, 32), channels=16)
    init_default_scope("mmpose")
    torch.manual_seed(2)
    model = MODELS.build(config)
    model.init_weights()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    path = trained / LAST
    load_weights(model, path, start=True)
    weights = torch.load(path, weights_only=True)["state_dict"]
    for name, value in model.state_dict().items():
        own = name.startswith("backbone.")
        assert torch.equal(value, (weights if own else before)[name]), name
    with pytest.raises(DataError, match=r"left over.*linear"):
        load_weights(model, path)


def test_images_that_are_not_there_are_named(tree, trained):
    config = Config.fromfile(FOLDER / "pretrain" / "tnet-d1w64_imagenet.py")
    dataset = config.train_dataloader.dataset
    dataset.data_root = str(tree)
    check_data(dataset, "train_dataloader")
    dataset.data_prefix.img = "elsewhere/"
    with pytest.raises(DataError, match="the images of train_dataloader are missing"):
        check_data(dataset, "train_dataloader")


def test_the_paper_s_config_is_of_imagenet():
    for network in NETWORKS:
        config = Config.fromfile(FOLDER / "pretrain" / f"{network}.py")
        dataset = config.train_dataloader.dataset
        assert config.model.num_classes == dataset.num_classes == 1000
        assert tuple(config.model.backbone.out_indices) == (0, 1, 2, 3)
        assert config.default_hooks.checkpoint.save_best == "accuracy/top1"
