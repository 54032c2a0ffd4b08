"""`mmsia test` of DIR, whose config has no `test_cfg`, on made hands."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmsia.cli.main import COULD_NOT_RUN, OK, main
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.engine.run_config import load_run_config
from mmsia.files import read_json
from mmsia.paths import project_root

CONFIG = str(project_root() / "configs" / "dir" / "dir_interhand_256_initial.py")
NARROW = [
    *("model.backbone.init_cfg=None", "model.backbone.depth=18"),
    *("model.backbone.stem_channels=8", "model.backbone.base_channels=8"),
    "model.head.in_channels=16,32,64",
    *("test_dataloader.num_workers=0", "test_dataloader.persistent_workers=False"),
]


def test_scores_are_written_and_made_hands_told(tmp_path: Path, capsys) -> None:
    write_twohands(tmp_path / "interhand26m", 2, 1, split="test")
    init_default_scope("mmpose")
    model = MODELS.build(load_run_config(CONFIG, NARROW).model)
    weights, out = tmp_path / "w.pth", tmp_path / "scores.json"
    torch.save({"state_dict": model.state_dict()}, weights)
    words = ["test", CONFIG, str(weights), "--data-root", str(tmp_path)]
    words += ["--work-dir", str(tmp_path / "work"), "--out", str(out)]
    assert main([*words, "--cfg-options", *NARROW]) == OK
    assert "SIMULATED data" in capsys.readouterr().out
    found = read_json(out)
    assert found["simulated"] is True and found["flip_test"] is False
    assert found["num_images"] == 2 and found["metrics"]["mpjpe"] > 0
    assert main([*words, "--flip", "--cfg-options", *NARROW]) == COULD_NOT_RUN
    assert "a network with a flip test" in capsys.readouterr().err
