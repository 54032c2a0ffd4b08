"""Checkpoints become safetensors once; hostile ones are refused and leave no trace."""

from __future__ import annotations

import json
import os
import sys
import types

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from mmsia.errors import DataError, UnsafeFileError
from mmsia.files import sha256_file
from mmsia.models.weights.conversion import convert_weights, record_path


class Trap:
    """Pickles to code that leaves a folder behind when it is loaded."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone, self.head = nn.Linear(3, 2), nn.Linear(2, 1)


STATE = {
    "backbone.weight": torch.arange(6.0).reshape(2, 3),
    "backbone.bias": torch.tensor([0.5, -0.5]),
    "head.weight": torch.tensor([[1.0, 2.0]]),
    "head.bias": torch.tensor([3.0]),
}


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "hostile.pth"
    extra = {"hook": Trap(tmp_path / "mark"), "meta": {"epoch": 3}}
    torch.save({"state_dict": STATE, **extra}, path)
    return path


def test_weights_and_record_are_written(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "out" / "a.safetensors"
    torch.save({"state_dict": STATE, "meta": {"epoch": 3}}, path)
    done = convert_weights(path, target)
    found = load_file(target)
    assert set(found) == set(STATE)
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)
    record = json.loads(record_path(target).read_text())
    assert record == done.record
    assert record["source"] == {
        "file": "a.pth",
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "trusted": False,
        "names": "mmsia",
    }
    assert record["result"]["sha256"] == sha256_file(target)
    assert (record["result"]["num_weights"], record["result"]["num_numbers"]) == (4, 11)
    assert record["not_weights"] == ["meta"]
    before = target.read_bytes()
    convert_weights(path, target)
    assert target.read_bytes() == before


def test_shared_and_strided_weights_become_their_own(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    whole = torch.arange(12.0).reshape(3, 4)
    state = {"kps.a": whole.T, "kps.b": whole[1:, ::2], "kps.c": whole}
    torch.save(state, path)
    assert convert_weights(path, target).record["source"]["names"] == "centernet"
    found = load_file(target)
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_a_hostile_file_is_refused_and_leaves_no_trace(hostile, tmp_path):
    target = tmp_path / "out" / "a.safetensors"
    with pytest.raises(UnsafeFileError, match=r"posix\.mkdir.*--trust"):
        convert_weights(hostile, target)
    assert not (tmp_path / "mark").exists() and not target.parent.exists()


def test_with_trust_it_is_read_once_and_safe_from_then_on(hostile, tmp_path):
    target = tmp_path / "a.safetensors"
    record = convert_weights(hostile, target, trust=True).record
    assert (tmp_path / "mark").exists()
    assert record["source"]["trusted"] and record["not_weights"] == ["hook", "meta"]
    (tmp_path / "mark").rmdir()
    convert_weights(target, tmp_path / "again.safetensors")
    assert not (tmp_path / "mark").exists()
    assert sha256_file(target) == sha256_file(tmp_path / "again.safetensors")


def test_classes_that_are_not_here_are_named(tmp_path, monkeypatch):
    path = tmp_path / "a.pth"
    module = types.ModuleType("networks_of_others")
    module.Net = type("Net", (), {"__module__": "networks_of_others"})
    monkeypatch.setitem(sys.modules, "networks_of_others", module)
    torch.save({"state_dict": STATE, "net_itself": module.Net()}, path)
    monkeypatch.delitem(sys.modules, "networks_of_others")
    with pytest.raises(UnsafeFileError, match=r"networks_of_others\.Net"):
        convert_weights(path, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match=r"code that is not here.*networks_of_others"):
        convert_weights(path, tmp_path / "a.safetensors", trust=True)


def test_against_a_model_the_names_are_its_own(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    old = {name.replace("head.", "keypoint_head."): t for name, t in STATE.items()}
    torch.save({**old, "data_preprocessor.mean": torch.zeros(3)}, path)
    record = convert_weights(path, target, model=Model()).record
    assert set(load_file(target)) == set(STATE)
    assert record["dropped"] == ["data_preprocessor.mean"]


def test_weights_of_another_network_are_refused_with_names(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    state = {n: t for n, t in STATE.items() if n != "head.bias"}
    state["backbone.more"] = torch.zeros(1)
    state["backbone.bias"] = torch.zeros(3)
    torch.save(state, path)
    with pytest.raises(DataError) as caught:
        convert_weights(path, target, model=Model())
    for text in (
        "1 missing: head.bias",
        "1 left over: backbone.more",
        "backbone.bias (3,) for (2,)",
    ):
        assert text in str(caught.value)
    assert not target.exists() and not record_path(target).exists()


def test_a_part_that_is_missing_whole_is_told_where_a_training_starts(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    torch.save({n: t for n, t in STATE.items() if "head" not in n}, path)
    with pytest.raises(DataError, match=r"2 missing: head"):
        convert_weights(path, target, model=Model())
    record = convert_weights(path, target, model=Model(), start=True).record
    assert record["missing"] == ["head."]


def test_targets_that_cannot_be(tmp_path):
    path = tmp_path / "a.safetensors"
    torch.save(STATE, tmp_path / "a.pth")
    with pytest.raises(DataError, match=r"suffix '\.pth'"):
        convert_weights(tmp_path / "a.pth", tmp_path / "b.pth")
    convert_weights(tmp_path / "a.pth", path)
    with pytest.raises(DataError, match="the file itself"):
        convert_weights(path, path)
    sparse = {"backbone.a": torch.eye(2).to_sparse()}
    torch.save(sparse, tmp_path / "sparse.pth")
    with pytest.raises(DataError, match=r"dense tensors|cannot be read"):
        convert_weights(tmp_path / "sparse.pth", tmp_path / "s.safetensors")
    assert not (tmp_path / "s.safetensors").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    path = tmp_path / "a.pth"
    torch.save(STATE, path)
    with pytest.raises(DataError, match="cannot write"):
        convert_weights(path, path / "a.safetensors")
    assert list(tmp_path.iterdir()) == [path]
