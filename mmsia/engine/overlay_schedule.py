"""The schedule of an overlay: the row's own, run through in a number of steps."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

_FEW = 100
"""Steps that are sooner made again than kept in a checkpoint."""

_MOMENTS = ("begin", "end", "T_max", "step_size", "total_steps", "warmup_iters")


def set_num_steps(config: Config, num_steps: int) -> None:
    """Train by steps; what rates and hooks do on the way keeps its share of the whole.

    Args:
        config: Changed in place; not validated on the way.
        num_steps: Training steps.
    """
    before = config.get("train_cfg") or {}
    whole = before.get("max_epochs") or before.get("max_iters") or num_steps
    config.train_cfg = {"type": "IterBasedTrainLoop", "max_iters": num_steps}
    config.train_cfg["val_interval"] = num_steps
    _train_without_end(config)
    schedulers = config.get("param_scheduler")
    if schedulers is not None:
        many = schedulers if isinstance(schedulers, list | tuple) else [schedulers]
        config.param_scheduler = [_in_steps(s, num_steps, whole) for s in many]
    for hook in config.get("custom_hooks") or []:
        if hook.get("begin") is not None:
            hook.begin = round(hook.begin * num_steps / whole)
            hook.by_epoch = False
    hooks = config.get("default_hooks") or {}
    if hooks.get("checkpoint") is not None:
        interval = max(num_steps // 4, min(num_steps, _FEW))
        hooks.checkpoint.update(by_epoch=False, interval=interval)
    if hooks.get("logger") is not None:
        hooks.logger.interval = max(1, min(50, num_steps // 10))
    if config.get("log_processor") is not None:
        config.log_processor.by_epoch = False


def _train_without_end(config: Config) -> None:
    loader = config.train_dataloader
    shuffle = (loader.get("sampler") or {}).get("shuffle", True)
    loader.sampler = {"type": "InfiniteSampler", "shuffle": shuffle}
    # The last batch of a pass is filled up by the next one.
    loader.pop("drop_last", None)


def _in_steps(scheduler: Any, num_steps: int, whole: int) -> dict[str, Any]:
    """One scheduler, its moments moved from [0, whole] to [0, num_steps].

    A warm-up that is counted in steps while the rest is counted in epochs would not
    fit: it gets at most a tenth of the training.
    """
    changed = dict(scheduler)
    in_steps = changed.get("by_epoch", True) is False
    for key in _MOMENTS:
        if changed.get(key) is not None:
            moved = round(changed[key] * num_steps / whole)
            kept = min(changed[key], max(1, num_steps // 10))
            changed[key] = kept if in_steps and changed[key] > whole else moved
    if changed.get("end") is not None:
        changed["end"] = max(changed["end"], changed.get("begin", 0) + 1)
    if changed.get("milestones") is not None:
        moved = [round(m * num_steps / whole) for m in changed["milestones"]]
        changed["milestones"] = sorted({max(1, m) for m in moved})
    changed["by_epoch"] = False
    changed.pop("convert_to_iter_based", None)
    return changed
