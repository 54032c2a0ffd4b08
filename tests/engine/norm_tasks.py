"""What processes do together in the tests of shared batch normalisation and losses."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from mmengine.dist import get_rank
from torch import nn

from mmsia.engine.mean_losses import MeanLossHook
from mmsia.engine.several_processes import on_first
from mmsia.engine.shared_norms import share_batch_norms


def normalise(batch: torch.Tensor, shares: list[int]) -> dict[str, torch.Tensor]:
    """Normalise a share of a batch twice, and differentiate what comes out."""
    layer = nn.Sequential(nn.BatchNorm2d(batch.shape[1]).double())
    nn.init.constant_(layer[0].weight, 1.5)
    if len(shares) > 1:
        share_batch_norms(layer)
    part = batch.split(shares)[get_rank()].clone().requires_grad_()
    found = layer(layer(part))
    # Neither linear nor the same for every image.
    (found**3).sum().backward()
    state = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    grads = {name: p.grad for name, p in layer.named_parameters()}
    evaluated = layer.eval()(part)
    return {
        "found": found.detach(),
        "input_grad": part.grad,
        "evaluated": evaluated.detach(),
        **{f"grad_{name}": grad for name, grad in grads.items()},
        **{f"state_{name}": tensor for name, tensor in state.items()},
    }


def mean_of(losses: list[dict[str, float]]) -> dict[str, float]:
    """Each process's losses as the hook leaves them."""
    mine = {name: torch.tensor(value) for name, value in losses[get_rank()].items()}
    MeanLossHook().after_train_iter(SimpleNamespace(iter=6), 0, None, mine)
    return mine


def ask_first(fails: bool) -> int:
    """What the first process found, or raised."""

    def make() -> int:
        if fails:
            raise ValueError(f"in process {get_rank()}")
        return 10 + get_rank()

    return on_first(make)
