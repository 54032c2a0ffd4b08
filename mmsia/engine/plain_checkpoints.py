"""Checkpoints that hold plain data alone, so that they load without running code.

mmengine stores its log history and some settings as pickled objects; reading those back
means running whatever a file says. Here they become dicts, lists and tensors when a
checkpoint is written, and what they were when it is read.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.registry import HOOKS
from mmengine.runner import CheckpointLoader, checkpoint
from torch import Tensor
from torch.hub import load_state_dict_from_url

from mmsia.errors import UnsafeFileError
from mmsia.models.weights.loading import read_checkpoint

_TAG = "__mmsia_kind__"
_PLAIN = (str, int, float, bool, type(None), Tensor)


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Writes checkpoints as plain data, and rebuilds mmengine's objects on resuming."""

    # After every other hook has added what it stores.
    priority = "LOWEST"

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Replace objects by plain data, in place.

        Args:
            runner: The runner that saves.
            checkpoint: What is about to be written.
        """
        for key in checkpoint:
            if key != "state_dict":
                checkpoint[key] = to_plain(checkpoint[key])

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Rebuild the objects, in place.

        Args:
            runner: The runner that loads.
            checkpoint: What was read.
        """
        for key in checkpoint:
            if key != "state_dict":
                checkpoint[key] = from_plain(checkpoint[key])


def to_plain(obj: Any) -> Any:
    """Turn nested settings and log history into what `weights_only` loading accepts.

    Args:
        obj: Dicts, lists, tuples, numbers, strings, arrays, tensors, HistoryBuffers;
            anything else is stored as its `repr`.
    """
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, HistoryBuffer):
        log, count = (torch.as_tensor(np.asarray(part)) for part in obj.data)
        # What the loss history is read back with; its class cannot be named in a file.
        return {_TAG: "history", "log": log, "count": count, "length": obj.max_length}
    if isinstance(obj, np.ndarray):
        if obj.dtype.kind in "biuf":
            return {_TAG: "array", "data": torch.as_tensor(np.ascontiguousarray(obj))}
        return to_plain(obj.tolist())
    if isinstance(obj, (Counter, OrderedDict)):
        return type(obj)({to_plain(k): to_plain(v) for k, v in obj.items()})
    if isinstance(obj, Mapping):
        return {to_plain(k): to_plain(v) for k, v in obj.items()}
    if isinstance(obj, (list, tuple)):
        plain = [to_plain(item) for item in obj]
        return tuple(plain) if isinstance(obj, tuple) else plain
    if isinstance(obj, set):
        return {to_plain(item) for item in obj}
    return obj if isinstance(obj, _PLAIN) else repr(obj)


def from_plain(obj: Any) -> Any:
    """Undo `to_plain`.

    Args:
        obj: What `to_plain` returned.
    """
    if isinstance(obj, Mapping):
        kind = obj.get(_TAG)
        if kind == "history":
            log, count = obj["log"].cpu().numpy(), obj["count"].cpu().numpy()
            return HistoryBuffer(log, count, obj["length"])
        if kind == "array":
            return obj["data"].cpu().numpy()
        items = {from_plain(k): from_plain(v) for k, v in obj.items()}
        return type(obj)(items) if isinstance(obj, (Counter, OrderedDict)) else items
    if isinstance(obj, (list, tuple)):
        plain = [from_plain(item) for item in obj]
        return tuple(plain) if isinstance(obj, tuple) else plain
    return obj


def install_safe_loading() -> None:
    """Let mmengine never run what a checkpoint brings along, local or downloaded.

    On its own, it falls back to running a file's pickle where safe loading fails, and
    runs a downloaded one at once.
    """
    CheckpointLoader.register_scheme("", _load_from_local, force=True)
    # All of mmengine's remote schemes fetch by this name.
    checkpoint.load_url = _load_url


def _load_from_local(
    filename: str, map_location: Any = None, trust: bool = False
) -> dict[str, Any]:
    stored = read_checkpoint(Path(filename).expanduser(), trust=trust)
    return _move(stored, map_location)


def _load_url(url: str, *args: Any, **options: Any) -> dict[str, Any]:
    try:
        return load_state_dict_from_url(url, *args, **options, weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFileError(
            f"{url} holds more than weights",
            expected="tensors, numbers and strings alone",
            got=str(error).splitlines()[0][:200],
            remedy="Download it; `mmsia train --weights FILE --trust` reads it if you "
            "trust where it came from.",
        ) from error


@contextmanager
def safe_checkpoint_loading(*, trust: bool = False) -> Iterator[None]:
    """Make mmengine read local checkpoints by `read_checkpoint` while this is active.

    Without trust this is what `mmsia.all` has installed already.

    Args:
        trust: See `read_checkpoint`.
    """

    def load_from_local(filename: str, map_location: Any = None) -> dict[str, Any]:
        return _load_from_local(filename, map_location, trust)

    before = CheckpointLoader._schemes[""]
    CheckpointLoader.register_scheme("", load_from_local, force=True)
    try:
        yield
    finally:
        CheckpointLoader.register_scheme("", before, force=True)


def _move(obj: Any, device: Any) -> Any:
    if isinstance(obj, Tensor):
        return obj if device is None else obj.to(device)
    if isinstance(obj, Mapping):
        moved = {key: _move(value, device) for key, value in obj.items()}
        return type(obj)(moved) if isinstance(obj, (Counter, OrderedDict)) else moved
    if isinstance(obj, (list, tuple)):
        return type(obj)(_move(item, device) for item in obj)
    return obj
