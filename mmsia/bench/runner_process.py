"""What a training and a test by MMPose's runner share in a child process."""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmsia.errors import ConfigError, MMSIAError, TrainingError
from mmsia.files import read_json


def expect_group(processes: int, what: str) -> None:
    """Refuse a process group of another size: numbers depend on it.

    Args:
        processes: How many make the run together.
        what: The run, for the message.

    Raises:
        ConfigError: More or fewer of them.
    """
    from mmengine.dist import get_world_size

    if get_world_size() != processes:
        group = f"a group of {processes} processes"
        raise ConfigError(
            f"{what} as a run of the engine",
            expected=group if processes > 1 else "one process",
            got=f"a group of {get_world_size()}",
            remedy="`mmsia reproduce --executor torchrun` starts as many as it plans.",
        )


def load_config(
    settings: Mapping[str, Any], overlay: Mapping[str, Any], work_dir: Path
) -> Any:
    """Return a config ready for a runner of its own.

    Args:
        settings: The resolved config as plain values.
        overlay: See `apply_overlay`.
        work_dir: Where the runner writes.

    Raises:
        ConfigError: No network in it, or an overlay that does not fit.
    """
    # By name: registering all parts is the child's work, not the planner's.
    named = (settings.get("custom_imports") or {}).get("imports") or []
    for name in dict.fromkeys(["mmsia.all", *named]):
        importlib.import_module(name)
    from mmengine.config import Config

    from mmsia.engine.overlay import apply_overlay
    from mmsia.engine.overlay_network import dicts_in

    if not isinstance(settings.get("model"), Mapping):
        raise ConfigError(
            "the config describes no network",
            expected="a dict `model`",
            got=", ".join(list(settings)[:6]) or "an empty config",
        )
    given = {key: value for key, value in overlay.items() if value is not None}
    config = apply_overlay(Config(dict(settings)), given)
    config.work_dir = str(work_dir)
    # Runners of one process share their singletons by this name.
    config.experiment_name = f"{work_dir.name}_{secrets.token_hex(4)}"
    config.custom_imports = None
    for part in dicts_in(config._cfg_dict):
        for key in _PAIRS:
            if isinstance(part.get(key), list):
                part[key] = tuple(part[key])
    return config


_PAIRS = ("scale", "img_scale", "crop_size")
"""Settings of MMDetection's transforms that must be tuples, which JSON has none of."""


def without(config: Any, *splits: str) -> None:
    """Drop the loaders, loops and metrics of some splits.

    Args:
        config: Changed in place.
        *splits: `train`, `val` or `test`.
    """
    for split in splits:
        for part in ("dataloader", "cfg", "evaluator"):
            config.pop(f"{split}_{part}", None)
    if "train" in splits:
        for name in ("optim_wrapper", "param_scheduler", "auto_scale_lr"):
            config.pop(name, None)


def images_of(dataset: Any) -> list[int]:
    """Numbers of the images that a test or a validation looks at.

    Where people are cut out by a detector's boxes, an image without any is one where it
    found nobody, not one that was left out.

    Args:
        dataset: It.
    """
    if getattr(dataset, "bbox_file", None):
        return sorted(
            int(image["id"]) for image in read_json(dataset.ann_file)["images"]
        )
    return sorted(
        {int(dataset.get_data_info(i)["img_id"]) for i in range(len(dataset))}
    )


@contextmanager
def threads_of(number: int) -> Iterator[None]:
    """Let torch compute with a number of threads, which numbers depend on.

    Args:
        number: 1 or more.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def naming_the_part(part: str, runner: Any = None) -> Iterator[None]:
    """Turn foreign exceptions into ours, which say where it happened.

    Args:
        part: What is being done.
        runner: The runner, whose step is named.

    Raises:
        TrainingError: Instead of any exception that is not of mmsia.
    """
    try:
        yield
    except MMSIAError:
        raise
    # The border to MMPose, mmengine and torch: they raise what they like.
    except Exception as error:
        step = None if runner is None else int(runner.iter)
        at = "" if step is None else f" after step {step}"
        first = (str(error).splitlines() or [""])[0]
        raise TrainingError(
            f"{part} stopped{at}", step=step, got=f"{type(error).__name__}: {first}"
        ) from error
