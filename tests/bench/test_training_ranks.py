"""Trainings that two processes share: the same as one, up to the order of sums."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsia.bench.training import TrainRequest, train
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.engine.run_config import load_run_config
from mmsia.errors import ConfigError
from mmsia.paths import project_root
from tests.bench.rank_group import run_ranks
from tests.bench.small_nets import NUM_FEATURES, train_small

NUM_STEPS, BATCH = 8, 4
ROUNDING = 2.0**-53
"""Of float64, which the small networks compute in."""

RATE = 1 / NUM_FEATURES
SIZE = np.sqrt(NUM_FEATURES)
"""Longest vector of features, all of which lie in [0, 1]."""

# LinearNet by gradient descent at a rate below 1 / (largest curvature), at most 48, so
# that no step makes two weights more different than they were. From 0, a row of W
# grows by at most RATE * SIZE = 0.15 a step, to 1.2: |W x| <= 8.4, an error of the
# network is below 9.4. A sum of n products is off by at most 1.01 n ROUNDING times the
# sum of their sizes: 49 for the error of an image, 6 for the mean over 4 images, each
# times 9.4, in each of 48 components. The update rounds twice, numbers below 1.2 +
# RATE * SIZE * 9.4 = 2.6. All of that once for one process and once for two.
STEP_ERROR = RATE * SIZE * 9.4 * 1.01 * (49 + 6) + 2 * 2.6
BOUND = 2 * NUM_STEPS * STEP_ERROR * ROUNDING


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowds")
    write_crowds(folder, 7, seed=1, split="train2017")
    return folder


@pytest.fixture(scope="module")
def request_for(images, tmp_path_factory):
    """Make the request of a training of a small network in a new folder."""

    def make(model, processes=1, **changes):
        config = load_run_config(project_root() / "configs/gog/gog_tiny.py")
        overlay = {"num_steps": NUM_STEPS, "batch_size": BATCH, "input_size": 64}
        settings = plain_config(apply_overlay(config, overlay))
        pixels = {"type": "PoseDataPreprocessor", "mean": [0] * 3, "std": [255] * 3}
        settings["model"] = {"type": model, "data_preprocessor": pixels}
        settings["optim_wrapper"] = {"optimizer": {"type": "SGD", "lr": RATE}}
        settings["param_scheduler"] = []
        folder = tmp_path_factory.mktemp("work") / "run"
        request = TrainRequest(settings, images, folder, 5, processes=processes)
        return replace(request, **changes)

    return make


def _train(request):
    answers = run_ranks(train_small, request, processes=request.processes)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    assert len({result.digest for result, _ in answers}) == 1
    return answers[0]


@pytest.fixture(scope="module")
def alone(request_for):
    return _train(request_for("LinearNet"))


def test_gradients_are_those_of_one_process(alone, request_for):
    result, weights = _train(request_for("LinearNet", processes=2))
    one, two = alone[1]["weight"], weights["weight"]
    assert (one - two).norm(dim=1).max() <= BOUND < 1e-12
    assert one.norm() > 0.01
    assert result.num_steps == NUM_STEPS
    # The mean over the parts of a batch is the loss of the batch.
    for point, other in zip(alone[0].curve, result.curve, strict=True):
        assert point.step == other.step
        assert point.losses == pytest.approx(other.losses, rel=1e-12)


@pytest.mark.slow
def test_the_bound_tells_other_trainings_apart(alone, request_for):
    for change in ({"seed": 6}, {"batch": 2}):
        request = request_for("LinearNet")
        settings = copy.deepcopy(dict(request.settings))
        settings["train_dataloader"]["batch_size"] = change.pop("batch", BATCH)
        _, weights = _train(replace(request, settings=settings, **change))
        assert (alone[1]["weight"] - weights["weight"]).norm() > 1e6 * BOUND


def test_batch_normalisation_is_over_the_whole_batch(request_for):
    (one, first), (two, second) = (
        _train(request_for("NormedNet", processes=number)) for number in (1, 2)
    )
    assert first.keys() == second.keys()
    assert first["norm.num_batches_tracked"] == NUM_STEPS
    torch.testing.assert_close(second, first)
    assert one.digest != two.digest, "sums in another order differ somewhere"


def _by_epoch(request, drop_last):
    settings = copy.deepcopy(dict(request.settings))
    settings["train_cfg"] = {"type": "EpochBasedTrainLoop", "max_epochs": 3}
    settings["train_dataloader"]["drop_last"] = drop_last
    settings["train_dataloader"]["sampler"] = {"type": "DefaultSampler"}
    settings["log_processor"] = {"by_epoch": True}
    settings["default_hooks"]["checkpoint"] = {"interval": 1}
    return replace(request, settings=settings)


@pytest.mark.slow
def test_epochs_are_shared_as_well(request_for):
    """Seven images in batches of four: three of each epoch are left out."""
    (one, first), (two, second) = (
        _train(_by_epoch(request_for("LinearNet", processes=number), True))
        for number in (1, 2)
    )
    assert one.num_steps == two.num_steps == 3
    assert (first["weight"] - second["weight"]).norm(dim=1).max() <= BOUND
    answers = run_ranks(train_small, _by_epoch(request_for("LinearNet", 2), False))
    for error in answers:
        assert isinstance(error, ConfigError)
        assert "multiple of 2 samples in the data set, got 7" in str(error)


def test_another_number_of_processes_is_another_training(request_for):
    request = request_for("LinearNet")
    assert "processes" not in request.identity()
    assert replace(request, processes=2).identity()["processes"] == 2
    with pytest.raises(ConfigError, match="expected a group of 2 processes, got"):
        train(replace(request, processes=2))
    _train(request)
    shared = run_ranks(train_small, replace(request, processes=2))
    for error in shared:
        assert isinstance(error, ConfigError)
        assert "belongs to another training" in str(error)
        assert "got other processes" in str(error)


def test_a_batch_that_does_not_divide_is_refused(request_for):
    request = request_for("LinearNet", processes=2)
    settings = copy.deepcopy(dict(request.settings))
    settings["train_dataloader"]["batch_size"] = 3
    answers = run_ranks(train_small, replace(request, settings=settings))
    for error in answers:
        assert isinstance(error, ConfigError)
        assert "expected a multiple of 2" in str(error) and "got 3" in str(error)
        assert "processes=N" in str(error)
