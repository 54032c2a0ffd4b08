"""P9: no pickle from outside runs, whichever way it comes in."""

from __future__ import annotations

import os
import pickle
import shutil

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader, Runner

from mmsia.bench.inference import EvaluateRequest, evaluate
from mmsia.bench.training import train
from mmsia.errors import UnsafeFileError


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def zipped(stored, path):
    torch.save(stored, path)


def old_format(stored, path):
    torch.save(stored, path, _use_new_zipfile_serialization=False)


def bare_pickle(stored, path):
    path.write_bytes(pickle.dumps(stored))


@pytest.fixture(params=[zipped, old_format, bare_pickle])
def hostile(request, tmp_path):
    """A file of weights that would leave a mark, and the mark."""
    path, mark = tmp_path / "hostile.pth", tmp_path / "mark"
    stored = {"state_dict": {"backbone.x": torch.ones(1)}, "x": Trap(mark)}
    request.param(stored, path)
    return path, mark


def test_the_trap_works(hostile):
    path, mark = hostile
    if path.read_bytes()[:2] == b"\x80\x04":
        pickle.loads(path.read_bytes())  # noqa: S301, made by the test
    else:
        torch.load(path, weights_only=False)
    assert mark.is_dir()


def refused():
    return pytest.raises(UnsafeFileError, match=r"posix\.mkdir.*--trust")


@pytest.fixture
def half_done(unbroken, tmp_path):
    """The checkpoints of a training that is not finished."""
    folder = tmp_path / "run"
    shutil.copytree(unbroken, folder)
    (folder / "trained.json").unlink()
    return folder


def test_as_the_newest_checkpoint_of_a_training(half_done, request_for, tmp_path):
    mark = tmp_path / "mark"
    zipped({"state_dict": {}, "x": Trap(mark)}, half_done / "iter_9.pth")
    with refused():
        train(request_for(half_done))
    assert not mark.exists()
    assert (half_done / "iter_9.pth").exists(), "it is not ours to set aside"


@pytest.mark.parametrize("write", [old_format, bare_pickle])
def test_what_is_no_archive_counts_as_damaged(
    write, half_done, unbroken, request_for, tmp_path
):
    mark = tmp_path / "mark"
    write({"state_dict": {}, "x": Trap(mark)}, half_done / "iter_9.pth")
    assert train(request_for(half_done)).digest == train(request_for(unbroken)).digest
    assert (half_done / "iter_9.pth.corrupt").exists() and not mark.exists()


def test_as_weights_to_start_from(hostile, request_for, tmp_path):
    path, mark = hostile
    with refused():
        train(request_for(tmp_path / "run", init_checkpoint=path))
    assert not mark.exists()


def test_as_weights_to_evaluate(hostile, images, settings, tmp_path):
    path, mark = hostile
    with refused():
        evaluate(EvaluateRequest(settings, images, path, tmp_path / "run"))
    assert not mark.exists()


def test_in_mmpose_and_mmengine_themselves(hostile):
    path, mark = hostile
    with refused():
        CheckpointLoader.load_checkpoint(str(path), map_location="cpu")
    config = Config({"type": "Linear", "in_features": 1, "out_features": 1})
    runner = Runner.__new__(Runner)
    runner.cfg, runner._hooks, runner.model = config, [], torch.nn.Linear(1, 1)
    with refused():
        runner.load_checkpoint(str(path))
    assert not mark.exists()


def test_when_it_is_downloaded(hostile, tmp_path):
    """Remote checkpoints are fetched by torch; a file's address needs no network."""
    path, mark = hostile
    from mmengine.runner import checkpoint

    folder = tmp_path / "cache"
    with pytest.raises(UnsafeFileError, match="holds more than weights"):
        checkpoint.load_url(path.as_uri(), model_dir=str(folder), progress=False)
    assert (folder / path.name).is_file() and not mark.exists()
