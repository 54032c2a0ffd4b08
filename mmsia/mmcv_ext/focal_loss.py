"""Sigmoid focal loss of `mmcv._ext`, which MMDetection calls on CUDA tensors.

By torchvision's formula on one-hot targets; the gradient is autograd's.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torchvision.ops import sigmoid_focal_loss

from mmsia.errors import InputError


def sigmoid_focal_loss_forward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    output: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Write the loss of every sample and class to `output`.

    Args:
        input: (N, C) logits.
        target: (N,) class indices; C means background.
        weight: (C,) weight of a sample by its class, or empty.
        output: (N, C), written.
        gamma: Exponent of the modulating factor.
        alpha: Weight of the positives; negatives have 1 - alpha.

    Raises:
        InputError: If class weights come with background samples.
    """
    output.copy_(_loss(input, target, weight, gamma, alpha))


def sigmoid_focal_loss_backward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    grad_input: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Write the derivative of every loss by its own logit to `grad_input`.

    Args:
        input: (N, C) logits.
        target: (N,) class indices; C means background.
        weight: (C,) weight of a sample by its class, or empty.
        grad_input: (N, C), written.
        gamma: Exponent of the modulating factor.
        alpha: Weight of the positives.

    Raises:
        InputError: If class weights come with background samples.
    """
    with torch.enable_grad():
        logits = input.detach().requires_grad_()
        total = _loss(logits, target, weight, gamma, alpha).sum()
    grad_input.copy_(torch.autograd.grad(total, logits)[0])


def _loss(
    logits: Tensor, target: Tensor, weight: Tensor, gamma: float, alpha: float
) -> Tensor:
    num_classes = logits.size(1)
    positive = one_hot(target, num_classes + 1)[:, :num_classes].to(logits.dtype)
    loss = sigmoid_focal_loss(logits, positive, alpha=alpha, gamma=gamma)
    if weight.numel() == 0:
        return loss
    if bool((target >= num_classes).any()):
        raise InputError(
            "sigmoid_focal_loss with class weights",
            expected=f"targets below {num_classes}, the number of weights",
            got=f"target {int(target.max())}",
            remedy="Leave background samples out or pass no weights.",
        )
    return loss * weight[target].to(logits.dtype)[:, None]
