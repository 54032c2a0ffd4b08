"""Which weights a training chooses does not depend on when it was killed."""

from __future__ import annotations

import copy
import math
import signal
from dataclasses import replace
from functools import lru_cache

import pytest
import torch

from mmsia.bench.selection import Selected, Selection
from mmsia.bench.training import TrainRequest, train
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import ConfigError, DataError, TrainingError
from mmsia.files import read_json, sha256_file
from tests.bench.counting_net import CountingNet, ToldScore
from tests.bench.rank_group import run_ranks
from tests.faults.training.rank_tasks import train_and_count_in

EPOCH, NUM_EPOCHS = 3, 5
TOLD = {"3": 0.2, "6": 0.7, "9": 0.7, "12": 0.1, "15": 0.4}
"""Score after 3, 6, ... steps: epochs 2 and 3 tie for the highest, 4 has the lowest."""

HIGHEST, LOWEST = Selection("told", "greater"), Selection("told", "less")
VALIDATION = "annotations/person_keypoints_val2017.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six images to train on, four to validate on, two to test on."""
    folder = tmp_path_factory.mktemp("crowds")
    write_crowds(folder, 6, seed=1, split="train2017")
    write_crowds(folder, 4, seed=2, split="val2017")
    write_crowds(folder, 2, seed=3, split="test2017")
    return folder


def request_of(settings, folder, work_dir, scores=TOLD, by_step=None, **changes):
    """The request of a training of fifteen steps, by default five epochs of three."""
    changed = copy.deepcopy(dict(settings))
    pixels = {"type": "PoseDataPreprocessor", "mean": [0] * 3, "std": [255] * 3}
    changed["model"] = {"type": "CountingNet", "data_preprocessor": pixels}
    changed["custom_imports"] = {"imports": ["tests.bench.counting_net"]}
    # A copy: the config's loaders are one and the same.
    changed["test_dataloader"] = copy.deepcopy(changed["val_dataloader"])
    changed["test_dataloader"]["dataset"] |= {
        "ann_file": VALIDATION.replace("val2017", "test2017"),
        "data_prefix": {"img": "test2017/"},
    }
    changed["val_evaluator"] = {"type": "ToldScore", "scores": dict(scores)}
    changed["optim_wrapper"] = {"optimizer": {"type": "SGD", "lr": 0.1}}
    changed["param_scheduler"] = []
    changed["train_dataloader"]["batch_size"] = 2
    checkpoint = {"interval": 1, "max_keep_ckpts": 2, "save_best": "told"}
    if by_step is None:
        loop = {"type": "EpochBasedTrainLoop", "max_epochs": NUM_EPOCHS}
        changed["train_dataloader"]["sampler"] = {"type": "DefaultSampler"}
    else:
        loop = {"type": "IterBasedTrainLoop", "max_iters": 15} | by_step
        checkpoint |= {"interval": 4, "by_epoch": False}
    changed["train_cfg"] = loop
    changed["log_processor"] = {"by_epoch": by_step is None}
    changed["default_hooks"]["checkpoint"] = checkpoint
    request = TrainRequest(changed, folder, work_dir, seed=5, selection=HIGHEST)
    return replace(request, **changes)


@pytest.fixture
def make(settings, folder, tmp_path):
    """Make a request with a folder of its own below the test's."""

    def make(name="run", **changes):
        return request_of(settings, folder, tmp_path / name, **changes)

    return make


@pytest.fixture(scope="module")
def unbroken(settings, folder, tmp_path_factory):
    """What a training that nobody disturbed leaves, made once a rule and loop."""

    @lru_cache
    def trained(rule=HIGHEST, val_interval=None):
        by_step = None if val_interval is None else {"val_interval": val_interval}
        work_dir = tmp_path_factory.mktemp("unbroken") / "run"
        changes = {"by_step": by_step, "selection": rule}
        return train(request_of(settings, folder, work_dir, **changes))

    return trained


def steps_of(result):
    """How many steps the weights that a training left were trained."""
    stored = torch.load(result.weights, weights_only=True)
    assert list(stored) == ["state_dict"]
    return int(stored["state_dict"]["steps"])


def assert_same(result, unbroken):
    """The same choice and the same bytes."""
    assert result.selected == unbroken.selected
    assert result.digest == unbroken.digest == sha256_file(result.weights)


def test_the_best_weights_count_and_ties_keep_the_earlier(make):
    result = train(make())
    assert steps_of(result) == 6
    assert result.selected == Selected("told", "greater", 0.7, 6, 2, 5, 4)
    assert result.num_steps == 15 and len(result.curve) == 15
    assert result.digest == sha256_file(result.weights)
    assert train(make()) == result, "as it is read back"
    assert read_json(result.weights.with_name("trained.json"))["selected"]["step"] == 6


def test_the_other_rule_and_none(make, unbroken):
    lowest = unbroken(LOWEST)
    assert steps_of(lowest) == lowest.selected.step == 12
    last = train(make("last", selection=None))
    assert steps_of(last) == 15 and last.selected is None
    # Nothing is validated that nobody asks for.
    assert train(make("unseen", scores={}, selection=None)).digest == last.digest


def test_the_choice_is_among_the_validations_of_the_schedule(make):
    """By steps, validated after 6, 12 and, being the last, 15; checkpoints between."""
    result = train(make(by_step={"val_interval": 6}))
    assert steps_of(result) == 6
    assert result.selected == Selected("told", "greater", 0.7, 6, None, 3, 4)


@pytest.mark.slow
def test_validations_that_begin_late_or_never(make):
    late = train(make("late", by_step={"val_interval": 6, "val_begin": 7}))
    assert steps_of(late) == 15 and late.selected.num_validations == 2
    with pytest.raises(TrainingError, match="nothing to choose the best weights by"):
        train(make("never", by_step={"val_interval": 6, "val_begin": 16}))


@pytest.mark.parametrize(
    ("epoch", "rule"),
    [
        (2, HIGHEST),
        *(pytest.param(n, HIGHEST, marks=pytest.mark.slow) for n in (1, 3, 4, 5)),
        *(pytest.param(n, LOWEST, marks=pytest.mark.slow) for n in (1, 2, 3, 4, 5)),
    ],
)
def test_stopped_in_any_validation(make, unbroken, monkeypatch, epoch, rule):
    """The validation that a checkpoint does not know yet is made again."""
    told, seen = ToldScore.compute_metrics, []

    def stop_once(self, results):
        steps = results[0][1]
        seen.append(steps)
        if steps == epoch * EPOCH and seen.count(steps) == 1:
            raise RuntimeError("pulled the plug")
        return told(self, results)

    monkeypatch.setattr(ToldScore, "compute_metrics", stop_once)
    with pytest.raises(TrainingError, match="pulled the plug"):
        train(make(selection=rule))
    result = train(make(selection=rule))
    assert seen.count(epoch * EPOCH) == 2
    assert_same(result, unbroken(rule))


@pytest.mark.parametrize(
    ("step", "val_interval"),
    [
        *(pytest.param(n, None, marks=pytest.mark.slow) for n in (4, 5, 8, 14)),
        *(pytest.param(n, 3, marks=pytest.mark.slow) for n in (4, 5, 7, 8, 14)),
    ],
)
def test_stopped_in_a_step(make, unbroken, monkeypatch, step, val_interval):
    """Between a validation and the next checkpoint, by epochs and by steps."""
    forward = CountingNet.forward

    def stop(self, inputs, data_samples=None, mode="loss"):
        if mode == "loss" and int(self.steps) == step - 1:
            raise RuntimeError("pulled the plug")
        return forward(self, inputs, data_samples, mode)

    by_step = None if val_interval is None else {"val_interval": val_interval}
    with monkeypatch.context() as patched:
        patched.setattr(CountingNet, "forward", stop)
        with pytest.raises(TrainingError, match="pulled the plug"):
            train(make(by_step=by_step))
    assert_same(train(make(by_step=by_step)), unbroken(val_interval=val_interval))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kill",
    [
        *((number, ".epoch_") for number in (1, 3, 5)),
        (2, ".last_checkpoint"),
        (1, ".weights.pth"),
        (1, ".trained.json"),
    ],
    ids=str,
)
def test_killed_in_a_write(make, unbroken, run_process, kill):
    assert run_process(make(), kill=kill) == -signal.SIGKILL
    assert run_process(make()) == 0
    assert_same(train(make()), unbroken())


@pytest.mark.slow
def test_a_damaged_checkpoint_costs_no_validation(make, unbroken):
    """The one before it knows less, and what it does not know is made again."""
    request = make(selection=LOWEST)
    train(request)
    for name in ("trained.json", "weights.pth"):
        (request.work_dir / name).unlink()
    (request.work_dir / "epoch_5.pth").write_bytes(b"torn")
    result = train(request)
    assert (request.work_dir / "epoch_5.pth").is_file()
    assert_same(result, unbroken(LOWEST))


@pytest.mark.parametrize(
    "score", [math.nan, pytest.param(None, marks=pytest.mark.slow)]
)
def test_a_missing_score_stops_the_training_each_time(make, score):
    scores = {**TOLD, "9": score}
    for _ in range(2):
        with pytest.raises(TrainingError, match="after step 9 cannot be selected on"):
            train(make(scores=scores))
    assert not (make().work_dir / "weights.pth").exists()


def test_a_folder_belongs_to_one_choice(make):
    train(make())
    for other in (LOWEST, None):
        with pytest.raises(ConfigError, match=r"another training.*other selection"):
            train(make(selection=other))


def test_missing_validation_images_are_named_before_the_first_step(make, folder):
    (folder / VALIDATION).rename(folder / "away.json")
    try:
        with pytest.raises(DataError, match="annotations of val_dataloader"):
            train(make())
    finally:
        (folder / "away.json").rename(folder / VALIDATION)


def test_images_that_are_tested_on_are_refused(make):
    """Whatever the plan thinks of the files' names."""
    request = make()
    same = {**request.settings, "test_dataloader": request.settings["val_dataloader"]}
    with pytest.raises(DataError, match="got 4 that are tested on"):
        train(replace(request, settings=same))


@pytest.mark.slow
def test_two_processes_choose_alike_and_one_writes(make, unbroken, tmp_path):
    (first, written), (second, none) = run_ranks(
        train_and_count_in, tmp_path, make(processes=2), processes=2
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run"], "and nothing beside"
    assert first == second and first.selected == unbroken().selected
    assert steps_of(first) == 6
    # Five checkpoints with a note each, the folder's owner, the weights, the result.
    assert (written, none) == (13, 0)
