"""Weights from a file into a model: safely, and never partly without a word."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mmsia.errors import DataError, UnsafeFileError
from mmsia.log import get_logger
from mmsia.models.weights.hourglass_names import has_pose_branches
from mmsia.models.weights.names import find_source, rename_weights
from mmsia.models.weights.pickles import names_in_pickles
from mmsia.models.weights.torchvision_names import fit_trunk

# Of MMEngine and most others; of GOG's authors; of DIR's.
_CONTAINERS = ("state_dict", "model_state_dict", "net")
_LISTED = 6
# How a bare pickle begins.
_PICKLE = re.compile(rb"\x80[\x02-\x05]")


def read_checkpoint(path: str | Path, *, trust: bool = False) -> dict[str, Any]:
    """Read a checkpoint file without running anything that it holds.

    Args:
        path: `.safetensors`, or what `torch.save` wrote.
        trust: Read it as a pickle, which runs code that the file may bring along.

    Returns:
        The stored dict, tensors on the CPU.

    Raises:
        DataError: No such file or a damaged one.
        UnsafeFileError: One that holds more than weights.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"cannot read {path}",
            expected="a file of weights",
            got="a folder" if path.is_dir() else "nothing at that path",
            remedy="Check the path.",
        )
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        stored = torch.load(path, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        names = _code_in(path)
        raise (_unsafe(path, names) if names else _damaged(path, error)) from error
    except (ImportError, AttributeError) as error:
        raise (_foreign(path, error) if trust else _damaged(path, error)) from error
    # The readers raise what they like on damaged files: RuntimeError, EOFError, ...
    except Exception as error:
        raise _damaged(path, error) from error
    if not isinstance(stored, Mapping):
        raise DataError(
            f"{path} holds no weights", expected="a dict", got=type(stored).__name__
        )
    return dict(stored)


def _code_in(path: Path) -> list[str]:
    """Names of what a file would call or make; none for one that is only damaged."""
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            is_pickle = _PICKLE.match(file.read(2)) is not None
        return names_in_pickles(path) or (["pickled objects"] if is_pickle else [])
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # a damaged file has no readable list of globals
        return []


def _unsafe(path: Path, names: list[str]) -> UnsafeFileError:
    return UnsafeFileError(
        f"{path} holds more than weights",
        expected="tensors, numbers and strings alone",
        got=", ".join(names[:_LISTED]) + (" ..." if len(names) > _LISTED else ""),
        remedy="Reading it runs code from the file. If you trust where it came from, "
        "add --trust; `mmsia convert FILE --trust` does so once and keeps the weights.",
    )


def _foreign(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} holds objects of code that is not here",
        expected="tensors, numbers and strings, or classes that can be imported",
        got=f"{type(error).__name__}: {error}",
        remedy="Where its authors' code can be imported, save the state dict alone.",
    )


def _damaged(path: Path, error: Exception) -> DataError:
    first = (str(error).splitlines() or [""])[0][:200]
    return DataError(
        f"{path} cannot be read as weights",
        expected="a whole .pth or .safetensors file",
        got=f"{type(error).__name__}: {first}",
        remedy="The file is damaged or incomplete: fetch or make it again.",
    )


def find_state_dict(stored: Mapping[str, Any], path: str | Path) -> dict[str, Tensor]:
    """Find the weights in a stored dict.

    MMEngine has those that are to be tested with under `state_dict`: where a training
    averages them, the averaged ones.

    Args:
        stored: What `read_checkpoint` returned.
        path: Where it came from, for the message.

    Raises:
        DataError: No tensors in it.
    """
    while inner := [n for n in _CONTAINERS if isinstance(stored.get(n), Mapping)]:
        stored = stored[inner[0]]
    tensors = {k: v for k, v in stored.items() if isinstance(v, Tensor)}
    if not tensors:
        raise DataError(
            f"{path} holds no weights",
            expected=f"tensors, or a dict of them under {' or '.join(_CONTAINERS)}",
            got=", ".join(map(str, list(stored)[:_LISTED])) or "an empty dict",
        )
    return tensors


def check_weights(
    state: Mapping[str, Tensor],
    model: nn.Module,
    path: str | Path,
    *,
    may_miss: Sequence[str] = (),
) -> None:
    """Check names and shapes of weights against a model.

    Args:
        state: Our name -> tensor.
        model: Where they shall go.
        path: Where they came from, for the message.
        may_miss: Prefixes of model parts that the weights need not have.

    Raises:
        DataError: Something is missing, left over or of another shape; lists which.
    """
    wanted = model.state_dict()
    missing = [
        name
        for name in wanted
        if name not in state
        and not name.startswith(tuple(may_miss))
        # Counters of BatchNorm: unused here, absent from files of old torch versions.
        and not name.endswith("num_batches_tracked")
    ]
    left_over = [name for name in state if name not in wanted]
    shapes = [
        f"{name} {tuple(state[name].shape)} for {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in state and state[name].shape != tensor.shape
    ]
    if not (missing or left_over or shapes):
        return
    parts = (("missing", missing), ("left over", left_over), ("other shape", shapes))
    raise DataError(
        f"the weights in {path} are not those of this model",
        expected=f"its {len(wanted)} names and shapes",
        got="; ".join(
            f"{len(names)} {kind}: {', '.join(names[:_LISTED])}"
            + (" ..." if len(names) > _LISTED else "")
            for kind, names in parts
            if names
        ),
        remedy="Use the config that the weights were trained with.",
    )


class Fitted(NamedTuple):
    """Weights under the names of a model, checked against it.

    Attributes:
        state: Our name -> tensor.
        source: Whose naming the file follows, as `find_source`.
        dropped: Names of the file that have no place in the model.
        missing: Parts of the model of which the file has nothing.
    """

    state: dict[str, Tensor]
    source: str
    dropped: tuple[str, ...]
    missing: tuple[str, ...]


def fit_weights(
    stored: Mapping[str, Any],
    model: nn.Module,
    path: str | Path,
    *,
    start: bool = False,
) -> Fitted:
    """Rename what a file holds for a model, and check every name and shape.

    Args:
        stored: What `read_checkpoint` returned.
        model: An estimator; its tensors are not looked into.
        path: Where the weights came from, for messages.
        start: As `load_weights`.

    Raises:
        DataError: See `rename_weights` and `check_weights`.
    """
    state = find_state_dict(stored, path)
    source = find_source(state)
    branches = has_pose_branches(state) and _is_centernet(model)
    renamed, dropped = rename_weights(state, source, with_branches=branches)
    if source == "torchvision":
        renamed, beyond = fit_trunk(renamed, model.state_dict())
        dropped = (*dropped, *beyond)
    if start:
        foreign = _names_of_other_parts(renamed, model)
        renamed = {name: renamed[name] for name in renamed if name not in foreign}
        dropped = (*dropped, *sorted(foreign))
    missing = _parts_without(renamed, model) if start else []
    check_weights(renamed, model, path, may_miss=missing)
    return Fitted(renamed, source, dropped, tuple(missing))


def load_weights(
    model: nn.Module, path: str | Path, *, trust: bool = False, start: bool = False
) -> str:
    """Load weights of ours or of a source that `find_source` knows into a model.

    Args:
        model: A pose estimator.
        path: File of weights.
        trust: See `read_checkpoint`.
        start: Whether a training starts from them: parts of the model of which the
            file has nothing (a head, another network beside) then stay as they are,
            and parts of the file that the model has not (a classifier's last layer) are
            not needed. The backbone must be there.

    Returns:
        Whose naming the file follows, as `find_source`.

    Raises:
        DataError: See `read_checkpoint` and `fit_weights`.
    """
    fitted = fit_weights(read_checkpoint(path, trust=trust), model, path, start=start)
    model.load_state_dict(fitted.state, strict=False)
    get_logger(__name__).info(
        "loaded %d weights from %s (names of %s, %d not needed)",
        len(fitted.state),
        path,
        fitted.source,
        len(fitted.dropped),
    )
    return fitted.source


def _is_centernet(model: nn.Module) -> bool:
    from mmsia.models.heads.centernet_pose_head import CenterNetPoseHead

    return isinstance(getattr(model, "head", None), CenterNetPoseHead)


def _names_of_other_parts(state: Mapping[str, Tensor], model: nn.Module) -> set[str]:
    """Names of weights in parts of which the model has not a single name.

    A part that it does not have, or another one that is called alike: a classifier's
    head. The backbone is never one.
    """
    wanted = model.state_dict()
    shared = {name.partition(".")[0] for name in state if name in wanted} | {"backbone"}
    return {name for name in state if name.partition(".")[0] not in shared}


def _parts_without(state: Mapping[str, Tensor], model: nn.Module) -> list[str]:
    """Prefixes of the model's parts, but the backbone's, that some weights lack whole.

    Of a backbone that is built on a trunk, the trunk is what must be there.
    """
    parts = [f"{name}." for name, _ in model.named_children() if name != "backbone"]
    if hasattr(getattr(model, "backbone", None), "trunk"):
        inner = (name for name, _ in model.backbone.named_children() if name != "trunk")
        parts += [f"backbone.{name}." for name in inner]
    wanted = model.state_dict()
    return [
        part
        for part in parts
        if any(key.startswith(part) for key in wanted)
        and not any(key.startswith(part) for key in state)
    ]
