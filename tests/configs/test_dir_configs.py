"""DIR's config, narrowed, at work on simulated hands as they lie on disk."""

from __future__ import annotations

import json
import math

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.scales import load_scales
from mmsia.bench.terms import Scale
from mmsia.bench.training_data import TrainingData
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.datasets.two_hands import FOLDERS
from mmsia.engine.data_check import check_data, check_prepared
from mmsia.engine.overlay_network import drop_downloads
from mmsia.engine.run_config import load_run_config, set_data_root
from mmsia.errors import DataError
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "dir"


def narrow(folder, work_dir):
    """A small encoder and head; two images a step, two steps an epoch."""
    config = Config.fromfile(FOLDER / "dir_interhand_256.py")
    drop_downloads(config)
    config.model.backbone.update(depth=18, stem_channels=8, base_channels=8)
    config.model.head.update(
        in_channels=(16, 32, 64), channels=8, joint_channels=8, features=4
    )
    for name in ("train", "val", "test"):
        loader = config[f"{name}_dataloader"]
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(folder)
    config.train_cfg.max_epochs = 1
    config.default_hooks.logger.interval = 1
    config.work_dir, config.experiment_name = str(work_dir), work_dir.name
    return config


@pytest.fixture(scope="module")
def hands(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hands")
    for split, num in (("train", 4), ("val", 2), ("test", 3)):
        write_twohands(folder, num, 1, preset="mini", split=split)
    return folder


def test_two_steps_of_training_an_evaluation_and_a_test(hands, tmp_path):
    config = narrow(hands, tmp_path / "work")
    runner = Runner.from_cfg(config)
    before = {k: v.clone() for k, v in runner.model.state_dict().items()}
    runner.train()
    (file,) = (tmp_path / "work").glob("*/vis_data/scalars.json")
    points = [json.loads(line) for line in file.read_text().splitlines()]
    steps = [point for point in points if "loss" in point]
    scores = [point for point in points if "mpjpe" in point]
    assert len(steps) == 2 and len(scores) == 1
    for point in steps:
        terms = [value for name, value in point.items() if name.startswith("loss_")]
        assert len(terms) == 42 and all(math.isfinite(term) for term in terms)
    assert all(scores[0][name] > 0 for name in ("mpjpe", "mpvpe", "miaa", "mrrpe"))
    after = runner.model.state_dict()
    weights = [name for name, _ in runner.model.named_parameters()]
    still = [name for name in weights if torch.equal(before[name], after[name])]
    assert not still
    assert list((tmp_path / "work").glob("best_mpjpe_epoch_1.pth"))
    assert runner.test()["mpjpe"] > 0
    assert len(runner.test_dataloader.dataset) == 3


def test_the_schedule_is_the_released_one():
    config = Config.fromfile(FOLDER / "dir_interhand_256.py")
    assert config.train_dataloader.batch_size == 64
    assert config.train_dataloader.drop_last
    (schedule,) = config.param_scheduler
    assert schedule.T_max == config.train_cfg.max_epochs == 50
    for name in ("train", "val", "test"):
        dataset = config[f"{name}_dataloader"].dataset
        assert dataset.ann_file == f"prepared/{name}.json"
        assert dataset.data_prefix.to_dict() == {
            part: f"prepared/{name}/{part}/" for part in FOLDERS
        }
    for name in ("val", "test"):
        kinds = [each.type for each in config[f"{name}_dataloader"].dataset.pipeline]
        assert kinds == ["LoadTwoHands", "PackTwoHands"]


def test_what_training_reads_is_checked_before_it(tmp_path):
    """As `mmsia train --data-root D` does: crops, maps and annotations."""
    folder = tmp_path / "interhand26m"
    for split in ("train", "val", "test"):
        write_twohands(folder, 2, 1, split=split)
    for name in ("train", "val"):
        config = load_run_config(FOLDER / "dir_interhand_256.py")
        set_data_root(config, tmp_path)
        dataset = config[f"{name}_dataloader"].dataset
        check_data(dataset, name)
        assert check_prepared(dataset) == ()
        for part, end in FOLDERS.items():
            path = folder / "prepared" / name / part / f"1{end}"
            content = path.read_bytes()
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            with pytest.raises(DataError, match=rf"{name}/{part}/1{end}"):
                check_prepared(dataset)
            path.write_bytes(content)
    (folder / "prepared" / "val" / "img" / "0.jpg").unlink()
    with pytest.raises(DataError, match=r"the first 0\.jpg"):
        check_data(dataset, name)


def test_made_crops_in_a_data_root_are_called_so(tmp_path):
    # Its weights are selected on the validation split.
    for split in ("train", "val", "test"):
        write_twohands(tmp_path / "interhand26m", 2, 1, split=split)
    data = TrainingData(Scale.PAPER, tmp_path, tmp_path)
    found = data.open(load_scales("dir"), "configs/dir/dir_interhand_256.py").test
    assert found.simulated and not found.complete
    assert found.name == "simulated data in the place of InterHand2.6M"


def test_the_network_is_the_whole_one():
    """As docs/dir.md counts it."""
    init_default_scope("mmpose")
    config = Config.fromfile(FOLDER / "dir_interhand_256.py")
    with torch.device("meta"):
        network = MODELS.build(config.model)
    assert sum(each.numel() for each in network.parameters()) == 90_410_723
