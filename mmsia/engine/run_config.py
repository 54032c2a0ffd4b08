"""Configs made ready to run: read, overridden, and checked before the first step."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict, DictAction

from mmsia.errors import ConfigError

# Keys that mmengine's Runner takes although a config need not have them.
_RUNNER_KEYS = {
    "auto_scale_lr",
    "compile",
    "experiment_name",
    "launcher",
    "randomness",
    "work_dir",
}
_COCO = "coco"
_AMP_WRAPPERS = {"cuda": "AmpOptimWrapper", "cpu": "ProcessorAmpOptimWrapper"}
_SCALER_OPTIONS = ("loss_scale", "dtype", "use_fsdp")


def load_run_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a config of a network and apply overrides.

    Args:
        path: Config file.
        overrides: `key.of.setting=value`, values in MMPose's --cfg-options syntax.

    Returns:
        The config, with a `work_dir` and an `experiment_name` of its own.

    Raises:
        ConfigError: No such file, one that cannot be read, one without a network, or an
            override that names nothing.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError(
            f"there is no config {path}",
            expected="a config file, such as configs/gog/gog_tiny.py",
            got=_near_files(path),
        )
    try:
        config = Config.fromfile(path)
    # A config is Python code: anything can go wrong in it.
    except Exception as error:
        raise ConfigError(
            f"{path} cannot be read as a config",
            expected="an mmengine config",
            got=f"{type(error).__name__}: {error}",
        ) from error
    if "model" not in config:
        raise ConfigError(
            f"{path} describes no network",
            expected="a config with `model` and data loaders",
            got=", ".join(list(config)[:6]),
            remedy="Rows without a network are computed by `mmsia reproduce`.",
        )
    config.merge_from_dict(parse_overrides(overrides, config))
    config.setdefault("work_dir", str(Path("work_dirs") / path.stem))
    # Runners of one process share their singletons by name. A visualizer without one
    # takes the experiment's; by a fixed one it would log into an earlier run's folder.
    config.setdefault("experiment_name", f"{path.stem}_{secrets.token_hex(4)}")
    if "visualizer" in config:
        config.visualizer.pop("name", None)
    return config


def _near_files(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"no folder {folder}"
    names = [file.name for file in folder.glob("*.py")]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"nothing there; did you mean {folder / near[0]}?" if near else "nothing"


def parse_overrides(overrides: Sequence[str], config: Config) -> dict[str, Any]:
    """Parse `--cfg-options`, refusing keys whose first part the config lacks.

    Args:
        overrides: `key.of.setting=value` each.
        config: What they change.

    Raises:
        ConfigError: No `=`, or an unknown first part of the key.
    """
    parsed = {}
    known = set(config) | _RUNNER_KEYS
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigError(
                "--cfg-options takes settings",
                expected="key.of.setting=value",
                got=repr(text),
            )
        first = key.partition(".")[0]
        if first not in known:
            near = difflib.get_close_matches(first, known, n=1)
            raise ConfigError(
                f"--cfg-options names {first!r}, which the config does not have",
                expected=f"{near[0]!r}?" if near else ", ".join(sorted(config)),
                got=text,
            )
        parsed[key] = DictAction._parse_iterable(value)
    return parsed


def set_data_root(config: Config, data_root: str | Path) -> None:
    """Point all data sets and metrics of a config to a data root.

    Args:
        config: Changed in place.
        data_root: Folder with the folders of data sets in it (`coco`, `panoptic`), as
            `--data-root` means it.
    """
    old = config.get("data_root", "")
    new = f"{Path(data_root) / (Path(old).name or _COCO)}/"
    for split in ("train", "val", "test"):
        loader = config.get(f"{split}_dataloader")
        if loader is not None:
            dataset = inner_dataset(loader.dataset)
            dataset.data_root = new
            boxes = dataset.get("bbox_file")
            if boxes and old and boxes.startswith(old):
                dataset.bbox_file = new + boxes.removeprefix(old)
        for evaluator in _as_list(config.get(f"{split}_evaluator")):
            file = evaluator.get("ann_file")
            if file is not None and old and file.startswith(old):
                evaluator.ann_file = new + file.removeprefix(old)
    config.data_root = new
    set_hand_models(config, Path(new), Path(data_root))


def set_hand_models(config: Config, *folders: Path) -> None:
    """Have all of a config use the hand models that lie beside its data.

    Args:
        config: Changed in place: every `hands` in it.
        folders: The first with both models in its `mano` counts; none changes nothing.
    """
    from mmsia.datasets.hand_models import FILES, FOLDER
    from mmsia.engine.overlay_network import dicts_in

    for folder in (above / FOLDER for above in folders):
        if all((folder / name).is_file() for name in FILES.values()):
            for part in dicts_in(config._cfg_dict):
                if "hands" in part:
                    part["hands"] = str(folder)
            return


def inner_dataset(dataset: Any) -> Any:
    """The config of the data set that reads annotations, inside any wrappers.

    Args:
        dataset: Config of a data set or of a wrapper with one under `dataset`.
    """
    while "ann_file" not in dataset and isinstance(dataset.get("dataset"), dict):
        dataset = dataset["dataset"]
    return dataset


def _as_list(value: Any) -> list[ConfigDict]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def use_channels_last(config: Config) -> None:
    """Switch a config's convolutions to channels-last memory.

    Args:
        config: Changed in place.
    """
    config.custom_hooks = [
        *config.get("custom_hooks", []),
        {"type": "ChannelsLastHook"},
    ]


def use_amp(config: Config) -> None:
    """Switch a config to mixed precision training.

    On a GPU this is float16 with a scale of the losses, on a processor bfloat16.

    Args:
        config: Changed in place.

    Raises:
        ConfigError: Another device here, or an optimizer wrapper of another kind.
    """
    from mmengine.device import get_device

    device = get_device()
    if device not in _AMP_WRAPPERS:
        raise ConfigError(
            "--amp trains on a GPU or a processor",
            expected=" or ".join(_AMP_WRAPPERS),
            got=device,
        )
    wrapper = config.optim_wrapper.get("type", "OptimWrapper")
    if wrapper not in ("OptimWrapper", *_AMP_WRAPPERS.values()):
        raise ConfigError(
            "--amp cannot change this optimizer wrapper",
            expected="OptimWrapper",
            got=str(wrapper),
        )
    config.optim_wrapper.type = _AMP_WRAPPERS[device]
    if device == "cuda":
        config.optim_wrapper.setdefault("loss_scale", "dynamic")
    else:
        for name in _SCALER_OPTIONS:
            config.optim_wrapper.pop(name, None)
