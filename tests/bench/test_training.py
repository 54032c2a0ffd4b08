"""Training and evaluation as runs: what goes in, what comes out, what is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsia.bench.inference import EvaluateRequest, evaluate
from mmsia.bench.training import TrainRequest, train
from mmsia.bench.training_record import MAX_POINTS, read_curve
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.engine.run_config import load_run_config
from mmsia.errors import ConfigError, DataError, InputError, TrainingError
from mmsia.evaluation.keypoint_matches import match_keypoints
from mmsia.files import read_json, sha256_file
from mmsia.paths import project_root

OVERLAY = {
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
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowds")
    write_crowds(folder, 3, seed=1, split="train2017")
    write_crowds(folder, 3, seed=2, split="val2017")
    return folder


@pytest.fixture(scope="module")
def settings():
    config = load_run_config(project_root() / "configs/gog/gog_tiny.py")
    # As a run's key holds them.
    return json.loads(json.dumps(plain_config(apply_overlay(config, OVERLAY))))


@pytest.fixture(scope="module")
def request_(settings, images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work") / "run"
    return TrainRequest(settings, images, folder, seed=3)


@pytest.fixture(scope="module")
def trained(request_):
    return train(request_)


def test_a_training_leaves_weights_curve_and_digest(trained, request_):
    assert trained.num_steps == 2 and trained.seconds > 0
    assert trained.checkpoint == request_.work_dir / "iter_2.pth"
    assert trained.digest == sha256_file(trained.weights)
    stored = torch.load(trained.weights, weights_only=True)
    assert list(stored) == ["state_dict"]
    assert [point.step for point in trained.curve] == [1, 2]
    for point in trained.curve:
        parts = point.losses
        assert parts["loss"] == pytest.approx(parts["loss_kpt"] + parts["loss_offset"])
    assert train(request_) == trained


def test_progress_and_threads(request_, tmp_path):
    seen, threads = [], torch.get_num_threads()
    before = threads + 1
    torch.set_num_threads(before)
    try:
        told = replace(
            request_,
            work_dir=tmp_path / "run",
            on_progress=lambda *step: seen.append((*step, torch.get_num_threads())),
        )
        train(told)
        assert torch.get_num_threads() == before
    finally:
        torch.set_num_threads(threads)
    assert seen == [(1, 2, 1), (2, 2, 1)]


def test_a_folder_belongs_to_one_training(trained, request_):
    for change, name in (
        ({"seed": 4}, "seed"),
        ({"num_threads": 2}, "num_threads"),
        ({"settings": {**request_.settings, "x": 1}}, "settings"),
        ({"init_checkpoint": trained.weights}, "init_sha256"),
    ):
        with pytest.raises(ConfigError, match=f"another training.*other {name}"):
            train(replace(request_, **change))
    # How it is loaded has no part in what comes out.
    assert train(replace(request_, num_workers=2)) == trained


def test_a_training_starts_from_given_weights(trained, request_, tmp_path):
    still = copy.deepcopy(dict(request_.settings))
    still["optim_wrapper"]["optimizer"]["lr"] = 0.0
    start = replace(
        request_,
        settings=still,
        work_dir=tmp_path / "run",
        init_checkpoint=trained.weights,
    )
    first = torch.load(trained.weights, weights_only=True)["state_dict"]
    second = torch.load(train(start).weights, weights_only=True)["state_dict"]
    for name, tensor in first.items():
        if "running" not in name and "batches" not in name:
            assert torch.equal(second[name], tensor), name


def test_a_training_starts_from_weights_that_its_config_names(
    trained, request_, tmp_path, monkeypatch
):
    """As the paper's own do from ImageNet's, without a network at hand."""
    import mmengine.runner.checkpoint as loaders

    stored = torch.load(trained.weights, weights_only=True)
    monkeypatch.setattr(loaders, "load_from_http", lambda *_, **__: stored)
    named = copy.deepcopy(dict(request_.settings))
    named["optim_wrapper"]["optimizer"]["lr"] = 0.0
    start = {"type": "Pretrained", "checkpoint": "torchvision://resnet18"}
    named["model"]["init_cfg"] = start
    done = train(replace(request_, settings=named, seed=9, work_dir=tmp_path / "run"))
    second = torch.load(done.weights, weights_only=True)["state_dict"]
    for name, tensor in stored["state_dict"].items():
        if "running" not in name and "batches" not in name:
            assert torch.equal(second[name], tensor), name


def test_what_the_network_raises_names_the_part(request_, tmp_path):
    broken = copy.deepcopy(dict(request_.settings))
    broken["model"]["backbone"]["type"] = "NoSuchNet"
    with pytest.raises(TrainingError, match=r"building the training.*NoSuchNet"):
        train(replace(request_, settings=broken, work_dir=tmp_path / "a"))
    broken = copy.deepcopy(dict(request_.settings))
    broken["model"]["head"]["in_channels"] = 16
    with pytest.raises(TrainingError, match="the training stopped after step 0: got"):
        train(replace(request_, settings=broken, work_dir=tmp_path / "b"))
    with pytest.raises(ConfigError, match="describes no network"):
        train(replace(request_, settings={"codec": 1}, work_dir=tmp_path / "c"))
    with pytest.raises(DataError, match="annotations of train_dataloader"):
        train(replace(request_, data_folder=tmp_path, work_dir=tmp_path / "d"))


class Log:
    """The part of mmengine's message hub that a curve is read from."""

    def __init__(self, **logs):
        self.log_scalars = {
            f"train/{name}": type("Buffer", (), {"data": (np.array(log), None)})
            for name, log in logs.items()
        }


def test_long_curves_are_averaged():
    steps = np.arange(MAX_POINTS * 2.0 + 1)
    curve, seconds = read_curve(Log(loss=steps, lr=steps, time=steps * 0 + 0.5))
    assert len(curve) <= MAX_POINTS and seconds == len(steps) / 2
    assert curve[0].step == 3 and curve[0].losses == {"loss": 1.0}
    assert curve[-1].step == len(steps)
    assert read_curve(Log()) == ((), 0.0)


@pytest.fixture(scope="module")
def eager(settings):
    """Two steps teach nothing: every response counts as a keypoint."""
    changed = copy.deepcopy(settings)
    decoder = changed["model"]["head"]["decoder"]
    decoder["keypoint_thr"] = decoder["pose_thr"] = 1e-4
    return changed


def test_an_evaluation_gives_scores_intervals_and_predictions(
    trained, eager, images, tmp_path
):
    seen = []
    measured = evaluate(
        EvaluateRequest(
            eager,
            images,
            trained.weights,
            tmp_path / "run",
            num_draws=20,
            on_progress=lambda *step: seen.append(step),
        )
    )
    assert measured.counts["num_images"] == 3
    assert measured.counts["num_poses"] == len(measured.predictions) > 0
    assert measured.counts["num_people"] > 0
    ids = [person["image_id"] for person in measured.predictions]
    assert ids == sorted(ids) and set(ids) <= {1, 2, 3}
    json.dumps(measured.predictions, allow_nan=False)
    # Scores are those of the predictions that are kept, by another way as well.
    truth = load_coco_keypoints(images / "annotations/person_keypoints_val2017.json")
    again = match_keypoints(truth, measured.predictions)
    assert measured.scores == again.scores.as_dict()
    low, high = measured.intervals["ap"]
    assert low <= measured.scores["ap"] + 1e-9 and high >= low
    assert seen[-1][0] == seen[-1][1]
    assert not list((tmp_path / "run").glob(".predictions*"))


def test_nobody_found_scores_zero(trained, settings, images, tmp_path):
    blind = copy.deepcopy(settings)
    blind["model"]["head"]["decoder"]["keypoint_thr"] = 50.0
    measured = evaluate(
        EvaluateRequest(blind, images, trained.weights, tmp_path / "run", num_draws=5)
    )
    assert measured.predictions == [] and measured.scores["ap"] == 0
    assert measured.intervals["ap"] == (0.0, 0.0)


def test_perfect_predictions_score_a_hundred(
    trained, settings, images, tmp_path, monkeypatch
):
    """The way from the network's output to the score, with the truth as output."""
    from mmpose.models.pose_estimators import BottomupPoseEstimator

    path = images / "annotations/person_keypoints_val2017.json"
    people = {}
    for person in read_json(path)["annotations"]:
        if person["num_keypoints"]:
            people.setdefault(person["image_id"], []).append(person["keypoints"])

    def predict(self, inputs, data_samples):
        from mmengine.structures import InstanceData

        for sample in data_samples:
            found = np.array(people.get(sample.img_id, [])).reshape(-1, 17, 3)
            sample.pred_instances = InstanceData(
                keypoints=found[..., :2].astype(np.float32),
                keypoint_scores=np.ones(found.shape[:2], np.float32),
                bbox_scores=np.ones(len(found), np.float32),
            )
        return data_samples

    monkeypatch.setattr(BottomupPoseEstimator, "predict", predict)
    request = EvaluateRequest(
        settings, images, trained.weights, tmp_path / "run", num_draws=5
    )
    assert evaluate(request).scores["ap"] == pytest.approx(100.0)


def test_what_cannot_be_evaluated_is_named(trained, settings, images, tmp_path):
    request = EvaluateRequest(settings, images, trained.weights, tmp_path / "run")
    with pytest.raises(DataError, match="nothing at that path"):
        evaluate(replace(request, checkpoint=tmp_path / "none.pth"))
    with pytest.raises(DataError, match="annotations of test_dataloader"):
        evaluate(replace(request, data_folder=tmp_path))
    other = copy.deepcopy(settings)
    other["model"]["head"]["limbs"] = "coco44"
    other["model"]["head"]["decoder"]["limbs"] = "coco44"
    with pytest.raises(DataError, match="not those of this model"):
        evaluate(replace(request, settings=other))
    without = {k: v for k, v in settings.items() if k != "test_dataloader"}
    with pytest.raises(ConfigError, match="no test set"):
        evaluate(replace(request, settings=without))
    with pytest.raises(InputError, match="draws"):
        evaluate(replace(request, num_draws=0))
