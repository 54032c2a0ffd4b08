"""Make any config's training one that can be killed and goes on to the bit."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config, ConfigDict

from mmsia.engine.workers import watch_workers
from mmsia.log import get_logger

DEFAULT_SEED = 0
_HOOKS = ("PlainCheckpointHook", "StepSeedHook", "FiniteLossHook")
_SAMPLERS = ("DefaultSampler", "InfiniteSampler")
_COUNTING = ("EpochDrawSampler", "DrawSampler")

_logger = get_logger(__name__)


def make_resumable(config: Config) -> None:
    """Add the hooks, the sampler and the data set wrapper that exact resuming needs.

    What a config already has stays; a config without a seed gets seed 0. Trainings by
    epochs go on from their last whole epoch, others from their last checkpoint.

    Args:
        config: Changed in place.
    """
    config.setdefault("randomness", ConfigDict())
    if config.randomness.get("seed") is None:
        config.randomness.seed = DEFAULT_SEED
    hooks = config.setdefault("default_hooks", ConfigDict())
    checkpoint = hooks.get("checkpoint", {"interval": 1, "by_epoch": by_epoch(config)})
    if checkpoint is not None and checkpoint.get("type") in (None, "CheckpointHook"):
        hooks.checkpoint = {**checkpoint, "type": "AtomicCheckpointHook"}
    add_hooks(config, *({"type": name} for name in _HOOKS))
    _count_draws(config)
    watch_workers(config)


def add_hooks(config: Config, *hooks: dict[str, Any]) -> None:
    """Append custom hooks of kinds that a config does not have yet.

    Args:
        config: Changed in place.
        *hooks: Configs of hooks.
    """
    present = list(config.get("custom_hooks") or [])
    kinds = {hook.get("type") for hook in present if isinstance(hook, dict)}
    config.custom_hooks = present + [h for h in hooks if h["type"] not in kinds]


def by_epoch(config: Config) -> bool:
    """Whether a config trains by epochs.

    Args:
        config: With `train_cfg`.
    """
    loop = config.get("train_cfg") or {}
    return loop.get("type", "EpochBasedTrainLoop") != "IterBasedTrainLoop"


def _count_draws(config: Config) -> None:
    loader = config.get("train_dataloader")
    if loader is None:
        return
    sampler = loader.get("sampler") or {}
    kind = sampler.get("type")
    if kind not in (*_SAMPLERS, *_COUNTING) or loader.get("batch_sampler") is not None:
        _logger.warning(
            "draws by %s are not counted: a resumed training will differ in its data",
            kind if loader.get("batch_sampler") is None else "a batch_sampler",
        )
        return
    new = _COUNTING[0] if by_epoch(config) else _COUNTING[1]
    loader.sampler = {**sampler, "type": new}
    # DefaultSampler's own option.
    loader.sampler.pop("round_up", None)
    if loader.dataset.get("type") != "DrawDataset":
        loader.dataset = {"type": "DrawDataset", "dataset": loader.dataset}
