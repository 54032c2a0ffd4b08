"""P2, P5 and P8 with two processes that share a training (CPU, gloo)."""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import replace

import pytest
import torch

from mmsia.bench.data import coco_source
from mmsia.bench.executors.job import Job
from mmsia.bench.executors.torchrun import TorchrunExecutor
from mmsia.bench.measurement import Request
from mmsia.bench.outcome import FailureKind
from mmsia.bench.processes import process_start
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.errors import ConfigError, TrainingError
from mmsia.files import sha256_file
from mmsia.paths import project_root
from tests.bench.rank_group import run_ranks
from tests.faults.training.rank_tasks import (
    evaluate_on,
    train_and_count,
    train_on,
    train_until_killed,
    train_with_nan,
)

NUM_STEPS, HALF = 8, 4
WEIGHTS = "weights.pth"


@pytest.fixture(scope="module")
def shared(images, settings, tmp_path_factory):
    """The digest of a training that two processes share and nobody disturbs."""
    from mmsia.bench.training import TrainRequest

    folder = tmp_path_factory.mktemp("shared") / "run"
    request = TrainRequest(
        settings, images, folder, 5, processes=2, checkpoint_interval=HALF
    )
    (first, written), (second, none) = run_ranks(train_and_count, request)
    # Two checkpoints with a note each, the folder's owner, the weights and the result:
    # by the first process alone.
    assert (written, none) == (7, 0)
    assert first == second and first.num_steps == NUM_STEPS
    assert first.digest == sha256_file(folder / WEIGHTS)
    return first


@pytest.mark.parametrize(
    ("num_workers", "ranks"),
    [
        (0, [1]),
        (2, [0, 1]),
        pytest.param(0, [0], marks=pytest.mark.slow),
        pytest.param(2, [1], marks=pytest.mark.slow),
    ],
)
def test_the_break_leaves_no_trace(shared, request_for, tmp_path, num_workers, ranks):
    request = request_for(tmp_path / "run", processes=2, num_workers=num_workers)
    answers = run_ranks(train_until_killed, request, HALF + 2, ranks)
    for rank, answer in enumerate(answers):
        if rank in ranks:
            assert answer == -signal.SIGKILL
        else:
            assert isinstance(answer, TrainingError), "it does not wait for the other"
    assert [path.name for path in request.work_dir.glob("*.pth")] == ["iter_4.pth"]
    again, _ = run_ranks(train_on, request)
    assert again.digest == shared.digest
    assert again.curve == shared.curve
    assert sha256_file(request.work_dir / WEIGHTS) == shared.digest


@pytest.mark.slow
def test_four_processes_sum_in_the_same_order_again(request_for, tmp_path):
    whole = request_for(tmp_path / "whole", processes=4)
    expected = run_ranks(train_on, whole, processes=4)[0]
    request = request_for(tmp_path / "run", processes=4)
    answers = run_ranks(train_until_killed, request, HALF + 2, [2], processes=4)
    assert answers[2] == -signal.SIGKILL
    again = run_ranks(train_on, request, processes=4)[0]
    assert again.digest == expected.digest and again.curve == expected.curve


def test_an_evaluation_is_made_by_one_process(images, settings, shared, tmp_path):
    from mmsia.bench.inference import EvaluateRequest

    request = EvaluateRequest(
        settings, images, shared.weights, tmp_path / "run", num_draws=5
    )
    for error in run_ranks(evaluate_on, request):
        assert isinstance(error, ConfigError)
        assert "an evaluation" in str(error) and "expected one process" in str(error)
    (measured,) = run_ranks(evaluate_on, request, processes=1)
    assert measured.counts["num_images"] == 4


def test_one_process_alone_gives_other_bits(shared, unbroken):
    """Its sums are in another order: the number of processes belongs to the key."""
    assert sha256_file(unbroken / WEIGHTS) != shared.digest


def test_a_loss_that_is_not_a_number_in_one_stops_both(request_for, tmp_path):
    request = request_for(tmp_path / "run", processes=2, checkpoint_interval=2)
    for error in run_ranks(train_with_nan, request, 3, 1):
        assert isinstance(error, TrainingError) and error.step == 3
        assert math.isnan(error.parts["loss_offset"])
        assert math.isfinite(error.parts["loss_kpt"])
        assert "step 3: loss, loss_offset of the training is not finite" in str(error)
    stored = torch.load(request.work_dir / "iter_2.pth", weights_only=True)
    assert all(
        tensor.isfinite().all()
        for tensor in stored["state_dict"].values()
        if tensor.is_floating_point()
    )
    assert len(list(request.work_dir.glob("iter_*.pth"))) == 1


@pytest.fixture
def job(images, tmp_path, monkeypatch):
    """A shared training as the engine makes it, long enough to be hit."""
    monkeypatch.setenv("PYTHONPATH", str(project_root()))
    annotations = images / "annotations/person_keypoints_val2017.json"
    truth = load_coco_keypoints(annotations)
    data = coco_source(truth, simulated=True, folder=images)
    backbone = {
        "type": "NarrowHourglassNet",
        "downsample_times": 2,
        "num_stacks": 1,
        "stage_channels": [8, 8, 8],
        "stage_blocks": [1, 1, 1],
        "feat_channel": 8,
    }
    overlay = {"num_steps": 150, "batch_size": 4, "input_size": 128}
    spec = RunSpec(
        measure="training",
        evidence=Evidence.TRAINING,
        settings={
            "config": "configs/gog/gog_tiny.py",
            "overlay": {**overlay, "backbone": backbone},
        },
        scale=Scale.SMOKE,
        seed=5,
        num_draws=0,
        data_digest="a" * 64,
        sources_digest="b" * 64,
        config="configs/gog/gog_tiny.py",
        threads=1,
        processes=2,
    )
    request = Request(spec.settings, data, 5, 0, 1, folder=tmp_path / "run", threads=1)
    return Job(spec, request, "c", tmp_path / "run", threads=1)


def _finish(executor):
    while True:
        for end in executor.events(0.2):
            return end


def _below(pid):
    """Every process that descends from one, by number."""
    found = []
    for child in os.listdir("/proc"):
        try:
            fields = open(f"/proc/{child}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            found += [int(child), *_below(child)]
    return found


@pytest.mark.slow
def test_a_killed_rank_is_one_failed_run_and_the_same_command_goes_on(job, tmp_path):
    whole = replace(job, folder=tmp_path / "whole")
    whole = replace(whole, request=replace(job.request, folder=tmp_path / "whole"))
    with TorchrunExecutor(timeout=200, processes=2) as executor:
        executor.start(whole)
        end = _finish(executor)
        assert end.status is Status.DONE, end.error
        executor.start(job)
        launcher = executor._running[job.spec.key][0].pid
        while not list(job.folder.glob("iter_*.pth")):
            assert executor.events(0.01) == []
        everybody = _below(launcher)
        ranks = [pid for pid in everybody if os.getpgid(pid) == pid]
        assert len(ranks) == 2 and len(everybody) > 2, "with what loads data"
        os.kill(max(ranks), signal.SIGKILL)
        broken = _finish(executor)
        assert broken.status is Status.FAILED
        assert broken.kind is FailureKind.KILLED, broken.error
        assert "process 2 of its 2 was ended by SIGKILL" in broken.error
        deadline = time.monotonic() + 15
        while any(process_start(pid) for pid in everybody):
            assert time.monotonic() < deadline, "nothing is left running"
            time.sleep(0.1)
        executor.start(job)
        again = _finish(executor)
    assert again.status is Status.DONE, again.error
    assert again.result["weights"] == end.result["weights"]
    assert again.result["curves"] == end.result["curves"]
    assert again.provenance["processes"] == 2
