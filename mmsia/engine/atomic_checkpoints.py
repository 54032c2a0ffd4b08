"""Checkpoints that are whole or absent, and resuming from the newest whole one.

MMEngine writes checkpoints in place, deletes the oldest before the newest is there, and
resumes from whatever `last_checkpoint` names. Here each file is written beside its
place and moved there with its digest inside, older ones go last, and a damaged newest
one is set aside.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS

from mmsia.engine.sealed_files import find_damage, seal
from mmsia.errors import ConfigError, DataError, UnsafeFileError
from mmsia.files import (
    remove_leftovers,
    set_aside,
    write_parts_atomic,
    write_text_atomic,
)
from mmsia.log import get_logger
from mmsia.models.weights.loading import read_checkpoint

BACKEND = "mmsia_atomic"
_PATTERNS = ("iter_{}.pth", "epoch_{}.pth")

_logger = get_logger(__name__)


@register_backend(BACKEND, force=True)
class AtomicBackend(LocalBackend):
    """Local files, checkpoints written atomically and with their digest inside."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write a checkpoint.

        Args:
            obj: What `torch.save` wrote.
            filepath: Where to.

        Raises:
            DataError: If the file system refuses; what stood there stays intact.
        """
        write_parts_atomic(filepath, seal(obj))

    def put_text(self, obj: str, filepath: str | Path, encoding: str = "utf-8") -> None:
        """Write a text as UTF-8.

        Args:
            obj: The text.
            filepath: Where to.
            encoding: UTF-8.
        """
        write_text_atomic(filepath, obj)


class _LateRemovals(AtomicBackend):
    """Remembers what shall be removed until what replaces it has been written."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def remove(self, filepath: str | Path) -> None:
        """Remember a file."""
        self.waiting.append(str(filepath))


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook with atomic writes and careful resuming.

    Args:
        *args: As CheckpointHook.
        **options: As CheckpointHook; files are local.

    Raises:
        ConfigError: Another backend for files.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        asked = options.pop("backend_args", None) or options.get("file_client_args")
        if asked not in (None, {"backend": BACKEND}):
            raise ConfigError(
                "AtomicCheckpointHook writes local files",
                expected="no backend_args",
                got=repr(asked),
                remedy="CheckpointHook writes elsewhere, without these guarantees.",
            )
        super().__init__(*args, backend_args={"backend": BACKEND}, **options)

    def before_run(self, runner: Any) -> None:
        """Choose the checkpoint that a resumed training goes on from.

        Args:
            runner: The runner; it has not loaded anything yet.
        """
        if not runner._resume or runner._load_from is not None:
            return
        found = [None]
        if is_main_process():
            remove_leftovers(self._folder(runner), "*.pth.*")
            path = find_last_checkpoint(self._folder(runner), self.filename_tmpl)
            found = [None if path is None else str(path)]
        broadcast_object_list(found)
        runner._load_from = found[0]
        if found[0] is None:
            runner.logger.info("No checkpoint to go on from: the training begins.")
            runner._resume = False

    def _folder(self, runner: Any) -> Path:
        if self.out_dir is None:
            return Path(runner.work_dir)
        return Path(self.out_dir) / Path(runner.work_dir).name

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: Any) -> None:
        """As MMEngine's, but the outdated checkpoint goes when the new one is there."""
        outdated = self._outdated(runner, step)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info("last_ckpt", self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            last = os.path.join(runner.work_dir, "last_checkpoint")
            write_text_atomic(last, self.last_ckpt)
            if outdated is not None:
                Path(outdated).unlink(missing_ok=True)

    def _outdated(self, runner: Any, step: int) -> str | None:
        """Path of the checkpoint that gives way to this step's, if one does."""
        if self.max_keep_ckpts <= 0 or list(self.keep_ckpt_ids)[-1:] == [step]:
            return None
        full = len(self.keep_ckpt_ids) == self.max_keep_ckpts
        old = self.keep_ckpt_ids.popleft() if full else None
        self.keep_ckpt_ids.append(step)
        runner.message_hub.update_info("keep_ckpt_ids", list(self.keep_ckpt_ids))
        if old is None:
            return None
        return self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old))

    def _save_best_checkpoint(self, runner: Any, metrics: dict[str, Any]) -> None:
        """As MMEngine's, but the former best goes when the new one is there."""
        backend, late = self.file_backend, _LateRemovals()
        self.file_backend = late
        try:
            super()._save_best_checkpoint(runner, metrics)
        finally:
            self.file_backend = backend
        best = {getattr(self, "best_ckpt_path", None)}
        best |= set(getattr(self, "best_ckpt_path_dict", {}).values())
        for path in set(late.waiting) - best:
            Path(path).unlink(missing_ok=True)


def find_last_checkpoint(folder: str | os.PathLike[str], *patterns: str) -> Path | None:
    """Find the newest checkpoint that is whole; damaged ones are set aside.

    Args:
        folder: Where checkpoints lie.
        *patterns: Names with `{}` for the step; MMEngine's own if none are given.

    Returns:
        Its path, or None if there is none.

    Raises:
        UnsafeFileError: One that is whole but holds more than plain data.
    """
    found = []
    for pattern in patterns or _PATTERNS:
        before, after = (re.escape(part) for part in pattern.split("{}"))
        name = re.compile(f"{before}(\\d+){after}")
        for path in Path(folder).glob(pattern.format("*")):
            if match := name.fullmatch(path.name):
                found.append((int(match[1]), path))
    for _, path in sorted(found, reverse=True):
        damage = find_damage(path) or _unreadable(path)
        if damage is None:
            return path
        moved = set_aside(path)
        _logger.warning("damaged checkpoint set aside as %s: %s", moved, damage)
    return None


def _unreadable(path: Path) -> str | None:
    """Why a file whose bytes are as written cannot be read, or None."""
    try:
        read_checkpoint(path)
    except UnsafeFileError:
        raise
    except DataError as error:
        return error.got
    return None
