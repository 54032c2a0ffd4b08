from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.hooks import CheckpointHook
from mmengine.logging import MessageHub
from mmengine.registry import HOOKS
from mmengine.runner import save_checkpoint

from mmsia.engine.atomic_checkpoints import (
    BACKEND,
    AtomicCheckpointHook,
    find_last_checkpoint,
)
from mmsia.engine.sealed_files import find_damage
from mmsia.errors import ConfigError, DataError


class FakeRunner(SimpleNamespace):
    """The part of a runner that the hook talks to."""

    def save_checkpoint(self, out_dir, filename, backend_args=None, **options):
        path = os.path.join(out_dir, filename)
        save_checkpoint({"iter": self.iter}, path, backend_args=backend_args)


@pytest.fixture
def runner(tmp_path):
    hub = MessageHub(f"hub_{tmp_path.name}")
    logger = SimpleNamespace(info=lambda *a: None, warning=lambda *a: None)
    return FakeRunner(
        work_dir=str(tmp_path), message_hub=hub, logger=logger, iter=0, epoch=0
    )


def make_hook(runner, **options):
    hook = AtomicCheckpointHook(by_epoch=False, interval=1, **options)
    hook.before_train(runner)
    return hook


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refuse(monkeypatch, text):
    sync = os.fsync

    def fsync(descriptor):
        if text in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


def test_configs_can_name_it():
    hook = HOOKS.build({"type": "AtomicCheckpointHook", "interval": 3})
    assert isinstance(hook, CheckpointHook) and hook.interval == 3
    for elsewhere in ({"backend": "petrel"}, {"backend": "local"}):
        with pytest.raises(ConfigError, match="local files"):
            AtomicCheckpointHook(backend_args=elsewhere)


def test_the_oldest_goes_when_the_newest_is_there(runner, tmp_path, monkeypatch):
    hook = make_hook(runner, max_keep_ckpts=1)
    hook._save_checkpoint(runner)
    assert names(tmp_path) == ["iter_1.pth", "last_checkpoint"]
    runner.iter = 1
    with monkeypatch.context() as patch:
        refuse(patch, "iter_2.pth")
        with pytest.raises(DataError, match=r"iter_2\.pth"):
            hook._save_checkpoint(runner)
    assert names(tmp_path) == ["iter_1.pth", "last_checkpoint"]
    assert (tmp_path / "last_checkpoint").read_text().endswith("iter_1.pth")
    runner.iter = 2
    hook = make_hook(runner, max_keep_ckpts=1)
    hook.keep_ckpt_ids.clear()
    hook.keep_ckpt_ids.append(1)
    hook._save_checkpoint(runner)
    assert names(tmp_path) == ["iter_3.pth", "last_checkpoint"]
    assert (tmp_path / "last_checkpoint").read_text().endswith("iter_3.pth")
    assert find_damage(tmp_path / "iter_3.pth") is None


def test_the_best_goes_when_the_better_one_is_there(runner, tmp_path, monkeypatch):
    hook = make_hook(runner, save_best="AP", rule="greater")
    runner.iter = 1
    hook._save_best_checkpoint(runner, {"AP": 0.5})
    assert names(tmp_path) == ["best_AP_iter_1.pth"]
    runner.iter = 2
    hook._save_best_checkpoint(runner, {"AP": 0.4})
    assert names(tmp_path) == ["best_AP_iter_1.pth"]
    with monkeypatch.context() as patch:
        refuse(patch, "best_AP_iter_2")
        with pytest.raises(DataError, match="cannot write"):
            hook._save_best_checkpoint(runner, {"AP": 0.6})
    assert names(tmp_path) == ["best_AP_iter_1.pth"]
    hook.best_ckpt_path = str(tmp_path / "best_AP_iter_1.pth")
    runner.iter = 3
    hook._save_best_checkpoint(runner, {"AP": 0.7})
    assert names(tmp_path) == ["best_AP_iter_3.pth"]


def test_the_newest_is_found_by_its_number(tmp_path):
    for name in ("iter_9.pth", "iter_10.pth", "best_AP_iter_11.pth", "other.pth"):
        save_checkpoint(
            {"a": 1}, str(tmp_path / name), backend_args={"backend": BACKEND}
        )
    assert find_last_checkpoint(tmp_path) == tmp_path / "iter_10.pth"
    assert find_last_checkpoint(tmp_path / "nowhere") is None
    assert find_last_checkpoint(tmp_path, "best_AP_iter_{}.pth").name.endswith("11.pth")


def test_checkpoints_of_mmengine_are_taken_if_they_can_be_read(tmp_path):
    torch.save({"a": 1}, tmp_path / "iter_1.pth")
    torch.save([1, 2], tmp_path / "iter_2.pth")
    assert find_last_checkpoint(tmp_path) == tmp_path / "iter_1.pth"
    assert (tmp_path / "iter_2.pth.corrupt").is_file()


def test_the_backend_writes_texts_whole(tmp_path):
    backend = get_file_backend(str(tmp_path), backend_args={"backend": BACKEND})
    backend.put_text("ü", str(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_text("utf-8") == "ü"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("there", [True, False])
def test_resuming_starts_from_what_is_there(runner, tmp_path, there):
    if there:
        torch.save({"a": 1}, tmp_path / "iter_1.pth")
    (tmp_path / ".iter_2.pth.17.0123abcd.tmp").touch()
    (tmp_path / "last_checkpoint").write_text("/gone/iter_2.pth")
    runner._resume, runner._load_from = True, None
    AtomicCheckpointHook(by_epoch=False).before_run(runner)
    expected = str(tmp_path / "iter_1.pth") if there else None
    assert (runner._resume, runner._load_from) == (there, expected)
    assert not list(tmp_path.glob(".*"))
    runner._resume, runner._load_from = True, "given.pth"
    AtomicCheckpointHook(by_epoch=False).before_run(runner)
    assert runner._load_from == "given.pth"
