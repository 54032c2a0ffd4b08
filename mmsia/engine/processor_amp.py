"""Mixed precision on a processor: what AmpOptimWrapper is to a GPU.

MMEngine's wrapper refuses a processor, whose scaler of losses it has not; bfloat16 has
the range of float32 and needs none. Parameters, their gradients and the optimizer's
state are float32, so that a checkpoint is one of a training without it: either goes on
from the other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import nn
from torch.optim import Optimizer

from mmsia.errors import ConfigError
from mmsia.log import get_logger

_logger = get_logger(__name__)


@OPTIM_WRAPPERS.register_module()
class ProcessorAmpOptimWrapper(OptimWrapper):
    """Runs the forward pass under autocast to bfloat16; the rest is OptimWrapper's.

    Args:
        optimizer: What steps.
        **options: As OptimWrapper.

    Raises:
        ConfigError: Parameters on another device.
    """

    def __init__(self, optimizer: Optimizer, **options: Any) -> None:
        super().__init__(optimizer, **options)
        groups = self.optimizer.param_groups
        kinds = {part.device.type for group in groups for part in group["params"]}
        if kinds - {"cpu"}:
            raise ConfigError(
                "ProcessorAmpOptimWrapper",
                expected="a network on the processor",
                got=f"parameters on {', '.join(sorted(kinds))}",
                remedy="AmpOptimWrapper is for a GPU; `mmsia train --amp` takes the "
                "one that fits",
            )
        if not has_bfloat16():
            _logger.warning(
                "this processor has no instructions for bfloat16: training with --amp "
                "may take longer than without"
            )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """The context of a forward pass.

        Args:
            model: What is trained.
        """
        with super().optim_context(model), torch.autocast("cpu", torch.bfloat16):
            yield


def has_bfloat16() -> bool:
    """Whether oneDNN has convolutions of bfloat16 for this processor."""
    return bool(
        torch.backends.mkldnn.is_available()
        and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
