"""Overlays: what a scale changes in a row's config, as plain keys.

The row's own choices (limbs, test size, flip, losses) stay: two rows that differ in the
paper differ at every scale.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from mmsia.datasets.layouts import layout_of
from mmsia.engine.kinds import kind_of
from mmsia.engine.overlay_network import (
    drop_downloads,
    replace_parts,
    set_backbone,
    set_input_size,
)
from mmsia.engine.overlay_schedule import set_num_steps
from mmsia.engine.run_config import inner_dataset, set_hand_models
from mmsia.errors import ConfigError

SPLITS = {"train": "train_split", "val": "val_split", "test": "val_split"}
_OF_THE_RUN = {"data_folder", "num_workers", "seed"}
"""What leaves an experiment the paper's: the weights that it starts from stay, too."""


def apply_overlay(config: Config, overlay: Mapping[str, Any]) -> Config:
    """Apply an overlay to a copy of a config.

    Args:
        config: A row's config, resolved.
        overlay: Any of `data_folder` (holds `annotations/` and the splits' images),
            `train_split`, `val_split`, `num_steps` (then trained by steps),
            `batch_size`, `num_workers`, `backbone` (a config that replaces it, or
            settings of it), `replace` (dotted path below `model` -> value, where a row
            has such a part),
            `input_size` (pixels, or (w, h)), `classes` (names, in which the data sets
            and metrics of a detector or of objects count) and `seed`.

    Returns:
        The new config. Weights that would be downloaded are in it only if nothing but
        `data_folder`, `num_workers` and `seed` was said: at scale `paper` a training
        starts from what its config names.

    Raises:
        ConfigError: An unknown key, or a value that the key does not take.
    """
    unknown = [key for key in overlay if key not in _KEYS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], _KEYS, n=1)
        raise ConfigError(
            f"overlay key {unknown[0]!r}",
            expected=f"{near[0]!r}?" if near else f"one of {', '.join(_KEYS)}",
            got="no such key",
        )
    changed = Config(config.to_dict())
    if not set(overlay) <= _OF_THE_RUN:
        drop_downloads(changed)
    for key, setter in _KEYS.items():
        if overlay.get(key) is not None:
            setter(changed, overlay[key])
    return changed


def plain_config(config: Config) -> dict[str, Any]:
    """The config as dicts, lists and plain values, which JSON can hold.

    Args:
        config: A resolved config.

    Raises:
        ConfigError: Something in it has no plain form; its place is named.
    """
    return {key: _plain(value, key) for key, value in config.to_dict().items()}


def _plain(value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v, f"{place}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}.{n}") for n, item in enumerate(value)]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ConfigError(
        f"{place} of the config",
        expected="text, a number, a list or a dict",
        got=f"{value!r:.60} of type {type(value).__name__}",
    )


def count(value: Any, key: str, least: int) -> int:
    """Check a whole number of an overlay.

    Args:
        value: What stands there.
        key: Its key, for the message.
        least: Smallest one that is fine.

    Raises:
        ConfigError: Something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(
            f"overlay key {key!r}",
            expected=f"a whole number of {least} or more",
            got=repr(value),
        )
    return value


def _loaders(config: Config) -> list[tuple[str, ConfigDict]]:
    named = [(split, config.get(f"{split}_dataloader")) for split in SPLITS]
    return [(split, loader) for split, loader in named if loader is not None]


def _set_data_folder(config: Config, folder: Any) -> None:
    root = f"{Path(folder)}/"
    old = config.get("data_root", "")
    config.data_root = root
    set_hand_models(config, Path(folder))
    for split, loader in _loaders(config):
        dataset = inner_dataset(loader.dataset)
        dataset.data_root = root
        # Unlike annotations, MMPose reads these where they say.
        boxes = dataset.get("bbox_file")
        if boxes and old and boxes.startswith(old):
            dataset.bbox_file = root + boxes.removeprefix(old)
        for evaluator in _evaluators(config, split):
            file = evaluator.get("ann_file")
            if file is not None and old and file.startswith(old):
                evaluator.ann_file = root + file.removeprefix(old)


def _evaluators(config: Config, split: str) -> list[ConfigDict]:
    value = config.get(f"{split}_evaluator")
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _split_setter(key: str) -> Callable[[Config, Any], None]:
    def set_split(config: Config, name: Any) -> None:
        for split, loader in _loaders(config):
            if SPLITS[split] == key:
                dataset = inner_dataset(loader.dataset)
                layout = layout_of(kind_of(dataset, config))
                file = dataset.ann_file = layout.annotation_file(name)
                dataset.data_prefix = {"img": layout.image_prefix(name)}
                # All of the file: it is the part. Its people are cut out by their own
                # boxes: a detector's are of the images that the row names.
                for other in ("split_file", "bbox_file"):
                    dataset.pop(other, None)
                for evaluator in _evaluators(config, split):
                    if evaluator.get("ann_file") is not None:
                        evaluator.ann_file = config.data_root + file

    return set_split


def _set_classes(config: Config, names: Any) -> None:
    fine = isinstance(names, list | tuple) and all(isinstance(n, str) for n in names)
    if not fine or not names:
        raise ConfigError(
            "overlay key 'classes'", expected="a list of names", got=repr(names)
        )
    for split, loader in _loaders(config):
        dataset = inner_dataset(loader.dataset)
        if kind_of(dataset, config) == "mmdet.CocoDataset":
            dataset.metainfo = {**dataset.get("metainfo", {}), "classes": list(names)}
        elif "classes" in dataset:
            dataset.classes = list(names)
        for evaluator in _evaluators(config, split):
            if "classes" in evaluator:
                evaluator.classes = list(names)


def _set_batch_size(config: Config, size: Any) -> None:
    for _, loader in _loaders(config):
        loader.batch_size = count(size, "batch_size", 1)


def _set_num_workers(config: Config, number: Any) -> None:
    for _, loader in _loaders(config):
        loader.num_workers = count(number, "num_workers", 0)
        loader.persistent_workers = number > 0


def _set_seed(config: Config, seed: Any) -> None:
    old = config.get("randomness") or {}
    config.randomness = {**old, "seed": count(seed, "seed", 0)}


_KEYS: dict[str, Callable[[Config, Any], None]] = {
    "data_folder": _set_data_folder,
    "train_split": _split_setter("train_split"),
    "val_split": _split_setter("val_split"),
    "num_steps": lambda config, steps: set_num_steps(
        config, count(steps, "num_steps", 1)
    ),
    "batch_size": _set_batch_size,
    "num_workers": _set_num_workers,
    "backbone": set_backbone,
    "replace": replace_parts,
    "input_size": set_input_size,
    "classes": _set_classes,
    "seed": _set_seed,
}
