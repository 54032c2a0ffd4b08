"""One training by several processes: the batches of one process, dealt out.

The batch of a config is that of the whole training. Each process takes its share of
every batch, with the draws that one process would have made, and gradients are
averaged: the same training, up to the order of floating-point sums and to what a
network computes over the batch other than means and batch normalisation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mmengine.config import Config
from mmengine.dist import broadcast_object_list, get_world_size, is_main_process
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn
from torch.utils.data import DataLoader

from mmsia.engine.draws import EpochDrawSampler
from mmsia.engine.resumable import add_hooks
from mmsia.engine.shared_norms import share_batch_norms
from mmsia.errors import ConfigError

T = TypeVar("T")
_WRAPPER = "WholeBatchDataParallel"
_REMEDY = (
    "Choose a number of processes that divides it (`--executor-option processes=N`)"
)


@MODEL_WRAPPERS.register_module(name=_WRAPPER)
class WholeBatchDataParallel(MMDistributedDataParallel):
    """MMEngine's data parallel network, with batch normalisation over the whole batch.

    Args:
        module: The network, on its device.
        device_ids: Its GPU, as mmengine's runner names it; not used on the CPU.

    Raises:
        ConfigError: A network with a training step of its own, which would be passed
            over, or with a batch normalisation that cannot be shared.
    """

    def __init__(self, module: nn.Module, device_ids: list[int] | None = None) -> None:
        if getattr(type(module), "train_step", None) is not BaseModel.train_step:
            raise ConfigError(
                "a network with a training step of its own on several processes",
                expected="the train_step of mmengine's BaseModel",
                got=type(module).__name__,
                remedy="Train with one process.",
            )
        share_batch_norms(module)
        on_gpu = next(module.parameters()).is_cuda
        super().__init__(
            module,
            device_ids=device_ids if on_gpu else None,
            # Rows of a table switch parts of a head off.
            find_unused_parameters=True,
        )


def deal_out(config: Config, processes: int) -> None:
    """Change a training's config to one process's part of it.

    Args:
        config: Made resumable (`make_resumable`); changed in place.
        processes: How many share the training.

    Raises:
        ConfigError: Batches that cannot be dealt out evenly.
    """
    loader = config.train_dataloader
    kind = (loader.get("sampler") or {}).get("type")
    if kind not in ("DrawSampler", "EpochDrawSampler") or loader.get("batch_sampler"):
        raise ConfigError(
            f"batches for {processes} processes",
            expected="DefaultSampler or InfiniteSampler, whose order can be shared",
            got="a batch_sampler" if loader.get("batch_sampler") else repr(kind),
            remedy="Train with one process.",
        )
    if loader.batch_size % processes:
        raise ConfigError(
            f"train_dataloader.batch_size for {processes} processes",
            expected=f"a multiple of {processes}: the batch is that of the training",
            got=f"{loader.batch_size}",
            remedy=f"{_REMEDY}; another batch would be another training.",
        )
    loader.batch_size //= processes
    if kind == "EpochDrawSampler":
        loader.sampler.round_up = False
    config.launcher = "pytorch"
    config.model_wrapper_cfg = {"type": _WRAPPER}
    add_hooks(config, {"type": "MeanLossHook"})


def check_epoch(loader: DataLoader, processes: int) -> None:
    """Check that the last batch of an epoch can be dealt out as well.

    Args:
        loader: Of one process.
        processes: How many share the training.

    Raises:
        ConfigError: It cannot.
    """
    size = len(loader.dataset)
    by_epoch = isinstance(loader.sampler, EpochDrawSampler)
    if by_epoch and size % processes and not loader.drop_last:
        raise ConfigError(
            f"the last batch of an epoch for {processes} processes",
            expected=f"a multiple of {processes} samples in the data set",
            got=f"{size}",
            remedy=f"{_REMEDY}, leave the last batch out "
            "(train_dataloader.drop_last=True), or train by steps (num_steps).",
        )


def on_first(make: Callable[[], T]) -> T:
    """Let the first process do something that all need the result of.

    Args:
        make: What to do; its result can be pickled.

    Returns:
        The result, in every process.

    Raises:
        Exception: Whatever it raised, in every process.
    """
    if get_world_size() == 1:
        return make()
    told: list[Any] = [None, None]
    if is_main_process():
        try:
            told[0] = make()
        # It is raised below: the others must not wait for a result.
        except Exception as error:
            told[1] = error
    broadcast_object_list(told)
    if told[1] is not None:
        raise told[1]
    return told[0]
