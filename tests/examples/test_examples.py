"""The example configs run with MMPose's own runner, shrunk to a few seconds."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import torch

import mmsia.all  # noqa: F401 - registers the parts
from mmsia.paths import project_root

CONFIGS = sorted((project_root() / "examples").glob("*_coco-*.py"))


def narrow(config) -> None:
    """An eighth of the channels and one block where there were several."""
    for stage in config.model.backbone.extra.values():
        stage.num_channels = tuple(width // 8 for width in stage.num_channels)
        stage.num_blocks = tuple(1 for _ in stage.num_blocks)
        stage.num_modules = 1
    config.model.head.in_channels //= 8


def use_two_images(config, folder: Path) -> None:
    """Two of the samples for training and for validation, in this process."""
    annotations = "annotations/person_keypoints_val2017.json"
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        loader = config[name]
        loader.update(batch_size=1, num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=str(folder), indices=2)
        loader.dataset.ann_file = annotations
        loader.dataset.data_prefix = dict(img="val2017/")
    for name in ("val_evaluator", "test_evaluator"):
        config[name].ann_file = str(folder / annotations)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config_loads_and_its_model_trains_one_step(path):
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmengine.structures import PixelData
    from mmpose.registry import MODELS
    from mmpose.structures import PoseDataSample

    config = Config.fromfile(path)
    init_default_scope(config.default_scope)
    narrow(config)
    model = MODELS.build(config.model)
    codec = model.head.decoder
    size = 16
    sample = PoseDataSample()
    sample.gt_fields = PixelData(
        heatmaps=torch.rand(codec.num_keypoints, size, size),
        offsets=torch.randn(2 * codec.num_limbs, size, size),
        instance_scales=torch.full((codec.num_limbs, size, size), 50.0),
        heatmap_mask=torch.ones(1, size, size),
    )
    losses = model.loss(torch.rand(1, 3, 64, 64), [sample])
    total = sum(value for name, value in losses.items() if "loss" in name)
    total.backward()
    weight = next(model.backbone.parameters())
    assert torch.isfinite(total) and weight.grad.abs().sum() > 0


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_runner_trains_and_validates(path, samples, tmp_path):
    from mmengine.config import Config
    from mmengine.runner import Runner

    config = Config.fromfile(path)
    narrow(config)
    use_two_images(config, samples / "coco_mini")
    config.train_cfg.update(max_epochs=1, val_interval=1)
    config.work_dir = str(tmp_path)
    config.experiment_name = uuid.uuid4().hex
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.iter == 2
    assert list(tmp_path.rglob("epoch_1.pth"))
