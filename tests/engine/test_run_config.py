from __future__ import annotations

from types import SimpleNamespace

import pytest
from mmengine.config import Config

from mmsia.engine.memory_format import ChannelsLastHook
from mmsia.engine.run_config import (
    load_run_config,
    parse_overrides,
    set_data_root,
    use_amp,
    use_channels_last,
)
from mmsia.errors import ConfigError
from mmsia.paths import project_root

TINY = project_root() / "configs" / "gog" / "gog_tiny.py"


def test_overrides_reach_nested_settings():
    config = load_run_config(
        TINY,
        [
            "model.test_cfg.flip_test=True",
            "train_cfg.max_epochs=3",
            "work_dir=here",
            "model.backbone.stage_channels=(8,8,8,8)",
            "train_dataloader.dataset.pipeline.2.max_shift=7",
        ],
    )
    assert config.model.test_cfg.flip_test is True
    assert config.train_cfg.max_epochs == 3
    assert config.work_dir == "here"
    assert config.model.backbone.stage_channels == (8, 8, 8, 8)
    assert config.train_dataloader.dataset.pipeline[2].max_shift == 7


def test_each_run_has_its_own_name_and_its_configs_folder():
    first, second = load_run_config(TINY), load_run_config(TINY)
    assert first.work_dir == "work_dirs/gog_tiny"
    assert first.experiment_name.startswith("gog_tiny_")
    assert first.experiment_name != second.experiment_name


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("modle.head=1", "'modle'.*expected 'model'"),
        ("model.head", "expected key.of.setting=value"),
        ("=3", "expected key.of.setting=value"),
    ],
)
def test_overrides_that_name_nothing_are_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        parse_overrides([override], Config({"model": {}, "data_root": "x"}))


def test_configs_that_are_none_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"did you mean .*gog_tiny\.py"):
        load_run_config(TINY.with_name("gog_tinny.py"))
    with pytest.raises(ConfigError, match="no folder"):
        load_run_config(tmp_path / "none" / "a.py")
    broken = tmp_path / "broken.py"
    broken.write_text("model = dict(")
    with pytest.raises(ConfigError, match=r"broken\.py cannot be read.*SyntaxError"):
        load_run_config(broken)
    with pytest.raises(ConfigError, match=r"describes no network.*mmsia reproduce"):
        load_run_config(TINY.with_name("upper-bounds_default.py"))


def test_data_root_reaches_data_sets_and_metrics():
    config = load_run_config(TINY)
    set_data_root(config, "/data")
    for split in ("train", "val", "test"):
        assert config[f"{split}_dataloader"].dataset.data_root == "/data/coco/"
    expected = "/data/coco/annotations/person_keypoints_val2017.json"
    assert config.val_evaluator.ann_file == expected
    assert config.test_evaluator.ann_file == expected
    set_data_root(config, "/other")
    assert config.val_evaluator.ann_file.startswith("/other/coco/annotations")


def test_data_root_reaches_a_detector_s_boxes():
    config = load_run_config(
        project_root() / "configs" / "cganet" / "separated_256x192_d3w64.py"
    )
    boxes = config.test_dataloader.dataset.bbox_file
    set_data_root(config, "/data")
    moved = boxes.replace("data/coco/", "/data/coco/")
    assert config.test_dataloader.dataset.bbox_file == moved != boxes
    assert "bbox_file" not in config.train_dataloader.dataset


def test_amp_takes_the_wrapper_of_the_device(monkeypatch):
    config = load_run_config(TINY)
    monkeypatch.setattr("mmengine.device.get_device", lambda: "mps")
    with pytest.raises(ConfigError, match="got mps"):
        use_amp(config)
    monkeypatch.setattr("mmengine.device.get_device", lambda: "cuda")
    use_amp(config)
    assert config.optim_wrapper.type == "AmpOptimWrapper"
    assert config.optim_wrapper.loss_scale == "dynamic"
    # what was meant for a GPU goes on without a scale
    monkeypatch.setattr("mmengine.device.get_device", lambda: "cpu")
    use_amp(config)
    assert config.optim_wrapper.type == "ProcessorAmpOptimWrapper"
    assert "loss_scale" not in config.optim_wrapper
    config.optim_wrapper.type = "ApexOptimWrapper"
    with pytest.raises(ConfigError, match="ApexOptimWrapper"):
        use_amp(config)


def test_hands_are_of_the_models_beside_their_data(tmp_path):
    dir_config = project_root() / "configs" / "dir" / "dir_interhand_256.py"
    config = load_run_config(dir_config)
    set_data_root(config, tmp_path)
    assert config.model.head.hands is None
    folders = [tmp_path / "mano", tmp_path / "interhand26m" / "mano"]
    # those of the data root, then those beside the crops, which come first
    for folder in folders:
        folder.mkdir(parents=True)
        for side in ("LEFT", "RIGHT"):
            (folder / f"MANO_{side}.npz").touch()
        config = load_run_config(dir_config)
        set_data_root(config, tmp_path)
        parts = [
            config.model.head,
            config.test_evaluator,
            config.visualizer,
            config.train_dataloader.dataset,
            config.train_dataloader.dataset.pipeline[0],
            config.test_dataloader.dataset.pipeline[0],
        ]
        assert {part.hands for part in parts} == {str(folder)}


def test_channels_last_is_a_hook_of_the_runner(tmp_path):
    import torch
    from torch import nn

    config = load_run_config(TINY)
    before = list(config.get("custom_hooks", []))
    use_channels_last(config)
    assert config.custom_hooks == [*before, {"type": "ChannelsLastHook"}]
    model = nn.Conv2d(4, 8, 3)
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
    assert not model.weight.is_contiguous()


def test_two_runs_of_one_process_share_no_visualizer(tmp_path):
    path = tmp_path / "named.py"
    text = "model = dict(type='x')\nvisualizer = dict(type='Visualizer', name='one')\n"
    path.write_text(text)
    first, second = load_run_config(path), load_run_config(path)
    assert first.experiment_name != second.experiment_name
    # mmengine's Runner names it after the experiment
    assert "name" not in first.visualizer
