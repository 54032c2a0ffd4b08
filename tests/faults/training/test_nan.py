"""P5: a loss that is not a number stops that training alone, with step and parts."""

from __future__ import annotations

import copy
import math
import pickle

import pytest

from mmsia.bench.training import train
from mmsia.engine.sealed_files import find_damage
from mmsia.errors import TrainingError


def test_the_step_and_the_parts_are_named(settings, request_for, unbroken, tmp_path):
    wild = copy.deepcopy(settings)
    wild["optim_wrapper"]["optimizer"]["lr"] = 1e30
    request = request_for(tmp_path / "wild", settings=wild, checkpoint_interval=1)
    with pytest.raises(TrainingError, match=r"step \d: .*loss.*not finite") as caught:
        train(request)
    error = caught.value
    assert error.step is not None and 2 <= error.step <= 4
    assert {"loss", "loss_kpt", "loss_offset"} <= set(error.parts)
    assert not math.isfinite(error.parts["loss"])
    for name in ("loss_kpt", "loss_offset"):
        assert name in str(error)
    # What came before is whole; the step that failed left nothing.
    kept = sorted(path.name for path in request.work_dir.glob("*.pth"))
    assert kept == [f"iter_{step}.pth" for step in range(1, error.step)]
    assert all(find_damage(request.work_dir / name) is None for name in kept)
    assert not (request.work_dir / "trained.json").exists()
    other = train(request_for(tmp_path / "other"))
    assert other.digest == train(request_for(unbroken)).digest


def test_the_error_travels_between_processes():
    error = TrainingError("step 3", step=3, parts={"loss": math.inf}, got="inf")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301, made by the test
    assert (again.step, again.parts, str(again)) == (3, error.parts, str(error))
