"""DIR's ablation: each row is the whole network but for one part, trains and is tested.

Networks are narrow and hands simulated, as they lie on disk.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

import mmsia.all  # noqa: F401, registers
from mmsia.bench.recipe import load_recipe
from mmsia.bench.structure import count_structure
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.engine.overlay_network import drop_downloads
from mmsia.ops.hand_errors import HandErrors
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "dir"
WHOLE = "dir_interhand_256"
OPTIONS = {
    "initial": {"num_stages": 0},
    "one-stage": {"num_stages": 1},
    "no-gcn": {"graph": False},
    "no-transformer": {"transformer": False},
    "no-projection": {"projection": "none"},
    "no-dense-maps": {"maps": False},
    "summed-projection": {"projection": "summed"},
    "per-joint-planes": {"projection": "joints"},
    "shared-space": {"projection": "shared"},
}
"""Row -> what it changes of the head."""
WHOLE_COUNT = 90_410_723
TERMS = {"initial": 13, "one-stage": 29, "no-dense-maps": 39}
"""Of the loss: 13 an estimate and 3 of the maps; 42 of the other rows."""


def row_config(row):
    return Config.fromfile(FOLDER / f"{WHOLE}_{row}.py")


@pytest.fixture(scope="module")
def hands(tmp_path_factory):
    """Two crops to train on, one to test on."""
    folder = tmp_path_factory.mktemp("hands")
    for split, num in (("train", 2), ("test", 1)):
        write_twohands(folder, num, 1, preset="mini", split=split)
    return folder


def narrow(config, folder, work_dir):
    drop_downloads(config)
    config.model.backbone.update(depth=18, stem_channels=8, base_channels=8)
    config.model.head.update(
        in_channels=(16, 32, 64), channels=8, joint_channels=8, features=4
    )
    for name in ("train", "test"):
        loader = config[f"{name}_dataloader"]
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(folder)
    for key in ("val_dataloader", "val_cfg", "val_evaluator"):
        config.pop(key)
    config.train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=2)
    config.default_hooks.checkpoint = None
    config.default_hooks.logger.interval = 1
    config.work_dir, config.experiment_name = str(work_dir), work_dir.name
    return config


@pytest.mark.parametrize("row", OPTIONS)
def test_a_row_trains_two_steps_in_all_its_parts_and_is_tested(row, hands, tmp_path):
    work_dir = tmp_path / row
    runner = Runner.from_cfg(narrow(row_config(row), hands, work_dir))
    before = {k: v.clone() for k, v in runner.model.state_dict().items()}
    runner.train()
    (file,) = work_dir.glob("*/vis_data/scalars.json")
    steps = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(steps) == 2
    for step in steps:
        terms = [value for name, value in step.items() if name.startswith("loss_")]
        assert len(terms) == TERMS.get(row, 42)
        assert all(math.isfinite(term) for term in terms)
    after = runner.model.state_dict()
    still = [
        name
        for name, _ in runner.model.named_parameters()
        if torch.equal(before[name], after[name])
    ]
    assert not still
    scores = runner.test()
    assert all(scores[name] > 0 for name in ("mpjpe", "mpvpe", "miaa", "mrrpe"))


@pytest.mark.parametrize("row", OPTIONS)
def test_a_row_differs_from_the_whole_network_in_one_option(row):
    whole = Config.fromfile(FOLDER / f"{WHOLE}.py").to_dict()
    changed = row_config(row).to_dict()
    own = changed["model"]["head"]
    assert {k: v for k, v in own.items() if k in OPTIONS[row]} == OPTIONS[row]
    for name in OPTIONS[row]:
        own.pop(name)
        whole["model"]["head"].pop(name, None)
    assert changed == whole


def test_every_row_has_its_config():
    names = {path.stem for path in FOLDER.glob("*.py")}
    assert names == {WHOLE, *(f"{WHOLE}_{row}" for row in OPTIONS)}


PLANE = 64 * 256 * 3 * 3
"""Weights of a fusion's convolution that read one plane."""
COUNTS = {
    # encoder and initial regressor
    "initial": 23_508_032 + 38_025_349,
    # two stages, two hands
    "no-gcn": WHOLE_COUNT - 4 * (2_754_292 - 4 * 21),
    # three blocks, learnt places and the shared norm of each stage
    "no-transformer": WHOLE_COUNT - 2 * (3 * 132_480 + 42 * 128 + 2 * 128),
    "summed-projection": WHOLE_COUNT - 2 * 39 * PLANE,
    "per-joint-planes": WHOLE_COUNT + 2 * 2 * PLANE,
}
"""Row -> parameters, of the parts that tests/models/test_dir_counts.py counts."""


@pytest.mark.parametrize("row", COUNTS)
def test_a_row_lacks_the_parameters_of_its_part(row):
    found = count_structure(FOLDER / f"{WHOLE}_{row}.py")
    assert found.input_size == (256, 256)
    assert found.num_parameters == COUNTS[row]


def test_the_tables_name_these_configs_and_scores_of_the_metric():
    ablation, interhand = (
        load_recipe(project_root() / "reproduce" / "dir" / f"{name}.py")
        for name in ("ablation", "interhand")
    )
    configs = {row: recipe.config for row, recipe in ablation.rows.items()}
    assert configs == {
        "two-stages": f"configs/dir/{WHOLE}.py",
        **{row: f"configs/dir/{WHOLE}_{row}.py" for row in OPTIONS},
    }
    assert interhand.rows["dir"].config == f"configs/dir/{WHOLE}.py"
    each = np.ones((3, 2))
    scores = HandErrors(each, each, each, each, each[:, 0]).means()
    assert set(interhand.columns.values()) == set(scores)
    assert set(ablation.columns.values()) < set(scores)
