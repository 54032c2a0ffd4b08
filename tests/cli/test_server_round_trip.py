"""A row of test-dev from weights to its place in the report, tied by its digests."""

from __future__ import annotations

import json

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.server_scores import load_scores
from mmsia.cli.main import main
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.engine.run_config import load_run_config
from mmsia.files import read_json, sha256_file
from mmsia.paths import project_root

ROW = "gog/table3/ours-final-768"
CONFIG = project_root() / "configs" / "gog" / "gog_hg104_coco19_testdev_768.py"
SMALL = [
    "model.use_syncbn=False",
    "model.backbone.type=NarrowHourglassNet",
    "model.backbone.downsample_times=1",
    "model.backbone.stage_channels=(8,8)",
    "model.backbone.stage_blocks=(1,1)",
    "model.backbone.feat_channel=8",
    "model.head.in_channels=8",
    # a network that knows nothing: every response counts, so that people come out
    "model.head.decoder.keypoint_thr=0.0001",
    "model.head.decoder.pose_thr=0.0001",
    "test_dataloader.num_workers=0",
    "test_dataloader.persistent_workers=False",
]


@pytest.fixture
def data(tmp_path):
    path = write_crowds(tmp_path / "data" / "coco", 1, seed=2, split="test2017")
    said = read_json(path)
    testdev = {"images": said["images"], "categories": said["categories"]}
    path.with_name("image_info_test-dev2017.json").write_text(json.dumps(testdev))
    return tmp_path / "data"


@pytest.fixture
def weights(tmp_path):
    init_default_scope("mmpose")
    torch.manual_seed(0)
    model = MODELS.build(load_run_config(CONFIG, SMALL).model)
    path = tmp_path / "best.pth"
    torch.save({"state_dict": model.state_dict()}, path)
    return path


def test_a_row_is_exported_scored_and_shown(data, weights, tmp_path, capsys):
    out, work = tmp_path / "out", tmp_path / "work"
    words = ["export", ROW, "--checkpoint", str(weights), "--out", str(out)]
    words += ["--data-root", str(data), "--work-dir", str(tmp_path / "log")]
    assert main([*words, "--cfg-options", *SMALL]) == 0
    stem = out / "person_keypoints_test-dev2017_ours-final-768_results"
    record = read_json(f"{stem}.record.json")
    assert record["row"] == ROW and record["num_images"] == 1
    assert record["archive"]["sha256"] in capsys.readouterr().out

    answer = tmp_path / "scores.txt"
    answer.write_text("AP: 0.654\nAP_M: 0.634\nAP_L: 0.686\n")
    words = ["import-score", ROW, str(answer), "--work-dir", str(work)]
    assert main([*words, "--submission", f"{stem}.record.json"]) == 0
    kept = load_scores(work)[ROW]
    assert kept.digest == sha256_file(answer)
    assert kept.submission == sha256_file(f"{stem}.zip")
    assert kept.checkpoint == sha256_file(weights)

    page = (work / "report" / "report.md").read_text()
    assert f"file digest {kept.digest[:12]}" in page
    assert f"weights digest {kept.checkpoint[:12]}" in page

    with open(f"{stem}.zip", "ab") as archive:
        archive.write(b"more")
    again = [*words, "--submission", f"{stem}.record.json"]
    assert main(again) == 2
    assert "was changed since it was exported" in capsys.readouterr().err
