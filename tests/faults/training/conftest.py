"""A tiny GOG on simulated images, trained in processes that can be killed for real."""

from __future__ import annotations

import multiprocessing
import runpy
from pathlib import Path

import pytest

from mmsia.bench.training import TrainRequest, train
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.engine.run_config import load_run_config
from mmsia.paths import project_root

CHILD = Path(__file__).with_name("train_child.py")
BACKBONE = {
    "type": "NarrowHourglassNet",
    "downsample_times": 2,
    "num_stacks": 1,
    "stage_channels": [8, 8, 8],
    "stage_blocks": [1, 1, 1],
    "feat_channel": 8,
}
NUM_STEPS, HALF = 8, 4


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A data folder: 6 images to train on, 4 to test on."""
    folder = tmp_path_factory.mktemp("crowds")
    write_crowds(folder, 6, seed=1, split="train2017")
    write_crowds(folder, 4, seed=2, split="val2017")
    return folder


@pytest.fixture(scope="session")
def settings():
    """A row's config as a smoke run has it."""
    config = load_run_config(project_root() / "configs/gog/gog_tiny.py")
    overlay = {"num_steps": NUM_STEPS, "batch_size": 4, "input_size": 128}
    return plain_config(apply_overlay(config, {**overlay, "backbone": BACKBONE}))


@pytest.fixture
def request_for(images, settings):
    """Make the request of a training in a folder."""

    def make(folder, **changes):
        given = {"settings": settings, "data_folder": images, "seed": 5}
        given |= {"work_dir": folder, "checkpoint_interval": HALF}
        return TrainRequest(**(given | changes))

    return make


@pytest.fixture(scope="session")
def unbroken(images, settings, tmp_path_factory):
    """The folder of a training that nobody disturbed."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    train(TrainRequest(settings, images, folder, 5, checkpoint_interval=HALF))
    return folder


@pytest.fixture(scope="session")
def start_process():
    """Start a training in a fresh process that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mmsia.all", "mmsia.bench.training"])

    def start(request, kill=None):
        process = context.Process(
            target=runpy.run_path,
            args=(str(CHILD),),
            kwargs={"init_globals": {"REQUEST": request, "KILL": kill}},
        )
        process.start()
        return process

    return start


@pytest.fixture
def run_process(start_process):
    """Train in a process of its own; returns how it ended."""

    def run(request, kill=None):
        process = start_process(request, kill)
        process.join(timeout=120)
        assert process.exitcode is not None
        return process.exitcode

    return run
