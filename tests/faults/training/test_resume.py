"""P2: k steps, a kill and the rest give the weights of an unbroken training."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
import torch

from mmsia.bench.training import train
from mmsia.files import sha256_file

NUM_STEPS, HALF = 8, 4


def load(path):
    return torch.load(path, weights_only=True)


def leaves(value, place=""):
    """Every tensor and number of a nested state, by its place."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return {place: value}
    return {k: v for n, item in items for k, v in leaves(item, f"{place}/{n}").items()}


def assert_bit_equal(first, second):
    first, second = leaves(first), leaves(second)
    assert first.keys() == second.keys() and first
    for place, value in first.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, second[place]), place
        else:
            assert value == second[place], place


def assert_same_training(folder, unbroken):
    assert sha256_file(folder / "weights.pth") == sha256_file(unbroken / "weights.pth")
    ours, theirs = (load(f / f"iter_{NUM_STEPS}.pth") for f in (folder, unbroken))
    for part in ("state_dict", "optimizer", "param_schedulers"):
        assert_bit_equal(ours[part], theirs[part])
    first, last = load(folder / f"iter_{HALF}.pth"), ours
    assert first["meta"]["iter"] == HALF and last["meta"]["iter"] == NUM_STEPS
    name = next(iter(first["state_dict"]))
    assert not torch.equal(first["state_dict"][name], last["state_dict"][name])


@pytest.mark.parametrize("num_workers", [pytest.param(0, marks=pytest.mark.slow), 2])
def test_killed_inside_a_checkpoints_write(
    num_workers, unbroken, request_for, run_process, tmp_path
):
    """Twice: in the first write, when there is nothing yet, and in the second."""
    request = request_for(tmp_path / "run", num_workers=num_workers)
    folder = request.work_dir
    assert run_process(request, kill=(1, ".iter_")) == -signal.SIGKILL
    assert not list(folder.glob("iter_*.pth"))
    assert len(list(folder.glob(".iter_4.pth.*.tmp"))) == 1
    assert run_process(request, kill=(2, ".iter_")) == -signal.SIGKILL
    assert [path.name for path in folder.glob("iter_*.pth")] == ["iter_4.pth"]
    assert not (folder / "weights.pth").exists()
    assert run_process(request) == 0
    assert not list(folder.glob(".*.tmp")), "what the kills left is cleared away"
    assert_same_training(folder, unbroken)
    assert train(request).curve == train(request_for(unbroken)).curve


@pytest.mark.parametrize(
    "name",
    [
        "last_checkpoint",
        "trained.json",
        pytest.param("training.json", marks=pytest.mark.slow),
        pytest.param("weights.pth", marks=pytest.mark.slow),
    ],
)
def test_killed_inside_any_other_write(
    name, unbroken, request_for, run_process, tmp_path
):
    request = request_for(tmp_path / "run")
    assert run_process(request, kill=(1, f".{name}")) == -signal.SIGKILL
    assert not (request.work_dir / name).exists()
    assert run_process(request) == 0
    assert_same_training(request.work_dir, unbroken)


@pytest.mark.slow
def test_killed_again_and_again(unbroken, request_for, start_process, tmp_path):
    """At moments drawn at random, until it gets through between two of them."""
    request = request_for(tmp_path / "run", num_workers=2, checkpoint_interval=1)
    moments = np.random.default_rng(0).uniform(0.3, 3.0, 40)
    ends = []
    for moment in moments:
        process = start_process(request)
        process.join(timeout=float(moment))
        process.kill()
        process.join()
        ends.append(process.exitcode)
        if process.exitcode == 0:
            break
    assert ends[-1] == 0 and -signal.SIGKILL in ends
    assert sha256_file(request.work_dir / "weights.pth") == sha256_file(
        unbroken / "weights.pth"
    )


def test_killed_from_outside_after_a_checkpoint(
    unbroken, request_for, start_process, run_process, tmp_path
):
    request = request_for(tmp_path / "run", num_workers=2)
    process = start_process(request)
    limit = time.monotonic() + 60
    while not (request.work_dir / "iter_4.pth").exists() and time.monotonic() < limit:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert run_process(request) == 0
    assert_same_training(request.work_dir, unbroken)


def test_a_finished_training_is_not_repeated(unbroken, request_for):
    before = {path: path.stat().st_mtime_ns for path in unbroken.rglob("*")}
    result = train(request_for(unbroken))
    assert result.digest == sha256_file(unbroken / "weights.pth")
    assert result.num_steps == NUM_STEPS and result.seconds > 0
    assert [point.step for point in result.curve] == list(range(1, NUM_STEPS + 1))
    assert {"loss", "loss_kpt", "loss_offset"} <= set(result.curve[0].losses)
    assert before == {path: path.stat().st_mtime_ns for path in unbroken.rglob("*")}


def test_another_seed_gives_other_weights(unbroken, request_for, tmp_path):
    other = train(request_for(tmp_path / "run", seed=6))
    assert other.digest != sha256_file(unbroken / "weights.pth")
