"""The hand example trains, is validated and tested by MMPose's own runner."""

from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

import mmsia.all  # noqa: F401 - registers the parts
from mmsia.datasets.simulated.hands import write_hands
from mmsia.paths import project_root

CONFIG = project_root() / "examples" / "hands_res50_panoptic-256x256.py"


@pytest.fixture
def config(tmp_path):
    """Its network narrowed, its parts of a split the splits of made hands."""
    for split, num in (("train", 4), ("val", 2), ("test", 2)):
        write_hands(tmp_path, num, 3, split=split)
    config = Config.fromfile(CONFIG)
    config.model.backbone.update(depth=18, stem_channels=8, base_channels=8)
    config.model.backbone.init_cfg = None
    config.model.head.in_channels = 64
    for name in ("train", "val", "test"):
        loader = config[f"{name}_dataloader"]
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.update(
            data_root=str(tmp_path),
            ann_file=f"annotations/panoptic_{name}.json",
            split_file=None,
        )
    config.train_cfg.update(max_epochs=1, val_interval=1)
    config.work_dir, config.experiment_name = str(tmp_path / "work"), tmp_path.name
    return config


def test_it_trains_and_is_scored(config, tmp_path):
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.iter == 2
    assert list((tmp_path / "work").glob("best_mpck_epoch_1.pth"))
    scores = runner.test()
    assert 0 <= scores["mpck"] <= 1 and "pck@0.05" in scores
