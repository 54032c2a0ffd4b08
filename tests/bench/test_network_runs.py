from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.data import coco_source
from mmsia.bench.measurement import Request
from mmsia.bench.network_runs import (
    measure_inference,
    measure_training,
    network_settings,
    training_settings,
)
from mmsia.bench.recompute import verify_run
from mmsia.bench.scales import load_scales
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.bench.training_data import TrainingData
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import ConfigError

SETTINGS = {
    "config": "configs/gog/gog_tiny.py",
    "overlay": {
        "num_steps": 2,
        "batch_size": 2,
        "input_size": 128,
        "backbone": {
            "type": "NarrowHourglassNet",
            "downsample_times": 2,
            "num_stacks": 1,
            "stage_channels": [8, 8, 8],
            "stage_blocks": [1, 1, 1],
            "feat_channel": 8,
        },
    },
}


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowds")
    write_crowds(folder, 3, seed=1, split="train2017")
    truth = load_coco_keypoints(write_crowds(folder, 3, seed=2))
    data = coco_source(truth, simulated=True, folder=folder)
    work = tmp_path_factory.mktemp("work")
    return Request(SETTINGS, data, 3, 5, 0, folder=work / "training", threads=1)


def test_weights_go_from_one_run_to_the_next(request_):
    trained = measure_training(request_)
    weights = request_.folder / trained.weights.file
    assert trained.weights.problem(request_.folder) is None
    assert trained.counts == {"num_steps": 2}
    assert [row["step"] for row in trained.curves] == [1, 2]
    assert all(row["loss"] > 0 for row in trained.curves)
    folder = request_.folder.with_name("inference")
    measured = measure_inference(replace(request_, weights=weights, folder=folder))
    assert measured.counts["num_images"] == 3
    assert measured.weights is None and 0 <= measured.scores["ap"] <= 100


def test_the_batch_of_all_gpus_is_trained_with_unless_a_scale_has_its_own():
    paper = {"config": "configs/gog/gog_ablation_ours.py", "overlay": {}}
    assert training_settings(paper)["train_dataloader"]["batch_size"] == 32
    # Only the training's: the network is tested as the config says.
    assert network_settings(paper)["train_dataloader"]["batch_size"] == 8
    smoke = {**paper, "overlay": {"batch_size": 4, "num_steps": 2}}
    assert training_settings(smoke)["train_dataloader"]["batch_size"] == 4


def test_the_same_settings_are_the_same_config():
    first = network_settings(SETTINGS)
    assert first == network_settings(SETTINGS)
    assert first["train_cfg"]["max_iters"] == 2
    assert "work_dir" not in first and "experiment_name" not in first


def test_a_run_needs_its_folder_and_an_evaluation_its_weights(request_):
    with pytest.raises(ConfigError, match="folder of its own"):
        measure_training(replace(request_, folder=None))
    with pytest.raises(ConfigError, match="its weights"):
        measure_inference(request_)


def test_hands_are_trained_scored_and_scored_again(tmp_path):
    """A row of SIA-GCN at scale smoke, and its scores from what is stored."""
    config = "configs/siagcn/siagcn_shg_panoptic_1-head.py"
    scales = load_scales("siagcn")
    data = TrainingData(Scale.SMOKE, tmp_path).open(scales, config).test
    settings = {
        "config": config,
        "overlay": {**scales.overlay(Scale.SMOKE, config), "num_steps": 2},
    }
    request = Request(settings, data, 3, 5, 0, folder=tmp_path / "training", threads=1)
    weights = request.folder / measure_training(request).weights.file
    measured = measure_inference(
        replace(request, weights=weights, folder=tmp_path / "inference")
    )
    assert measured.counts["num_hands"] == measured.counts["num_images"] == 16
    assert set(measured.scores) == {*(f"pck@0.0{i}" for i in range(1, 9)), "mpck"}
    assert all(draws.shape == (5,) for draws in measured.draws.values())
    store = Store(tmp_path / "runs")
    provenance = {"data": data.summary(), "num_draws": 5}
    store.save("run", measured.as_result(), provenance, measured.predictions)
    assert verify_run(store, store.load("run")) == []
    moved = [dict(hand) for hand in measured.predictions]
    moved[0]["side"] *= 1000
    store.save("run", measured.as_result(), provenance, moved)
    assert {d.name for d in verify_run(store, store.load("run"))} >= {"scores.mpck"}
