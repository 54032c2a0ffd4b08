"""Batch normalisation over a batch that several processes share.

Every process holds a part of the batch. Normalised by the mean and the variance of
the whole batch, a network computes what it computes in one process, up to the order
of floating-point sums. torch has such a layer for GPUs alone; here is one for the CPU.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function
from torch.nn.modules.batchnorm import _BatchNorm

from mmsia.errors import ConfigError

_KNOWN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class _SumOverProcesses(Function):
    """Adds up what all processes hold; so does its gradient, as each one uses all."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        whole = part.clone()
        distributed.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        whole = gradient.clone()
        distributed.all_reduce(whole)
        return whole


class SharedBatchNorm(_BatchNorm):
    """Batch normalisation whose statistics are those of all processes together.

    Weights, buffers and evaluation are those of torch's batch normalisation.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected two or more dimensions, got {input.dim()}")

    def forward(self, input: Tensor) -> Tensor:
        """Normalise.

        Args:
            input: (B, C, ...) this process's part of the batch.
        """
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)
        others = [dim for dim in range(input.dim()) if dim != 1]
        size = input.new_tensor([input.numel() // input.shape[1]])
        sums = _SumOverProcesses.apply(torch.cat([input.sum(others), size]))
        count = sums[-1].detach()
        shape = (1, -1) + (1,) * (input.dim() - 2)
        mean = sums[:-1] / count
        centred = input - mean.view(shape)
        # From differences: a mean of squares would lose the digits of a small variance.
        variance = _SumOverProcesses.apply(centred.square().sum(others)) / count
        self._track(mean.detach(), variance.detach() * count / (count - 1))
        found = centred * (variance + self.eps).rsqrt().view(shape)
        if self.weight is not None:
            found = found * self.weight.view(shape)
        return found if self.bias is None else found + self.bias.view(shape)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of this batch."""
        if not self.track_running_stats:
            return
        self.num_batches_tracked.add_(1)
        share = self.momentum
        if share is None:
            share = 1.0 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def share_batch_norms(model: nn.Module) -> None:
    """Let the batch normalisation of a network use the batch of all processes.

    Args:
        model: Changed in place; on a GPU its layers become torch's SyncBatchNorm.

    Raises:
        ConfigError: A kind of batch normalisation that has no such form.
    """
    on_gpu = any(parameter.is_cuda for parameter in model.parameters())
    for name, layer in model.named_modules():
        if not isinstance(layer, _BatchNorm):
            continue
        if type(layer) not in _KNOWN:
            raise ConfigError(
                f"{name} cannot be trained on several processes",
                expected="batch normalisation of torch",
                got=type(layer).__name__,
                remedy="Train with one process.",
            )
        # The layer itself stays: others may hold it, and so do its hooks.
        layer.__class__ = nn.SyncBatchNorm if on_gpu else SharedBatchNorm
        layer.process_group = None
