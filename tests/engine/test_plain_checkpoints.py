from __future__ import annotations

import pickle
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader

from mmsia.engine.plain_checkpoints import (
    PlainCheckpointHook,
    from_plain,
    safe_checkpoint_loading,
    to_plain,
)
from mmsia.errors import DataError


def checkpoint():
    history = HistoryBuffer([0.5, 0.25], [1, 2], max_length=10)
    return {
        "state_dict": OrderedDict(weight=torch.arange(3.0)),
        "message_hub": {
            "log_scalars": OrderedDict(loss=history),
            "runtime_info": OrderedDict(best=np.float64(0.5), epoch=3),
        },
        "meta": {
            "sigmas": np.array([0.1, 0.2], np.float32),
            "names": np.array(["nose", "eye"]),
            "ids": {3, 4},
            "none": None,
        },
        "param_schedulers": [{"milestones": Counter({100: 1}), "last": (1, 2.0)}],
    }


def test_survives_saving_and_strict_loading(tmp_path):
    stored, hook = checkpoint(), PlainCheckpointHook()
    hook.before_save_checkpoint(None, stored)
    torch.save(stored, tmp_path / "a.pth")
    loaded = torch.load(tmp_path / "a.pth", weights_only=True)
    hook.after_load_checkpoint(None, loaded)
    history = loaded["message_hub"]["log_scalars"]["loss"]
    assert isinstance(history, HistoryBuffer)
    assert history.max_length == 10
    assert [part.tolist() for part in history.data] == [[0.5, 0.25], [1, 2]]
    history.update(1.0)
    assert history.statistics("mean") == pytest.approx(1.75 / 4)
    assert loaded["message_hub"]["runtime_info"] == {"best": 0.5, "epoch": 3}
    np.testing.assert_array_equal(
        loaded["meta"]["sigmas"], np.array([0.1, 0.2], np.float32)
    )
    assert loaded["meta"]["names"] == ["nose", "eye"]
    assert loaded["meta"]["ids"] == {3, 4} and loaded["meta"]["none"] is None
    schedule = loaded["param_schedulers"][0]
    assert schedule == {"milestones": Counter({100: 1}), "last": (1, 2.0)}
    assert isinstance(schedule["milestones"], Counter)
    torch.testing.assert_close(loaded["state_dict"]["weight"], torch.arange(3.0))


def test_plain_data_stays_what_it_is():
    plain = {"a": [1, 2.5, "x", None, True], "b": torch.ones(2)}
    assert to_plain(plain)["a"] == plain["a"]
    assert from_plain(to_plain(plain))["b"] is plain["b"]


def test_what_has_no_plain_form_is_stored_as_text():
    assert to_plain({"range": range(3)}) == {"range": "range(0, 3)"}


def test_hostile_checkpoints_are_refused_only_while_asked(tmp_path):
    path, mark = tmp_path / "hostile.pth", tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return open, (str(mark), "w")

    torch.save({"state_dict": {}, "x": Trap()}, path)
    before = CheckpointLoader._schemes[""]
    with safe_checkpoint_loading(), pytest.raises(DataError, match="--trust"):
        CheckpointLoader.load_checkpoint(str(path), map_location="cpu")
    assert not mark.exists()
    assert CheckpointLoader._schemes[""] is before
    with safe_checkpoint_loading(trust=True):
        CheckpointLoader.load_checkpoint(str(path), map_location="cpu")
    assert mark.exists()


def test_loading_moves_tensors_and_keeps_kinds(tmp_path):
    stored = {"optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "lr": (1, 2)}}
    stored["state_dict"] = OrderedDict(weight=torch.ones(2))
    torch.save(stored, tmp_path / "a.pth")
    with safe_checkpoint_loading():
        loaded = CheckpointLoader.load_checkpoint(str(tmp_path / "a.pth"), "meta")
    assert loaded["optimizer"]["state"][0]["step"].device.type == "meta"
    assert loaded["optimizer"]["lr"] == (1, 2)
    assert isinstance(loaded["state_dict"], OrderedDict)


def test_a_history_buffer_itself_would_not_load(tmp_path):
    """The reason for the hook: mmengine's own form needs an unsafe load."""
    torch.save({"history": HistoryBuffer([1.0], [1])}, tmp_path / "a.pth")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pth", weights_only=True)
