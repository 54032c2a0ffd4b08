"""Lovasz-Softmax loss, a surrogate of the mean intersection over union.

"The Lovasz-Softmax loss" (Berman et al., 2018), over the classes that are present in
the whole batch. DIR's released code passes raw logits where probabilities belong; the
option `on` has both.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError

_FORMS = ("probabilities", "logits")


@MODELS.register_module()
class LovaszSoftmaxLoss(nn.Module):
    """Mean over present classes of the Lovasz extension of 1 - IoU.

    Args:
        on: "probabilities" (softmax of the output, as defined) or "logits" (the output
            itself, as DIR's code).
        loss_weight: Factor on the result.

    Raises:
        ConfigError: Another form.
    """

    def __init__(self, on: str = "probabilities", loss_weight: float = 1.0) -> None:
        super().__init__()
        if on not in _FORMS:
            raise ConfigError(
                "LovaszSoftmaxLoss: on", expected=" or ".join(_FORMS), got=repr(on)
            )
        self.on, self.loss_weight = on, loss_weight

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Compute the loss of a batch.

        Args:
            logits: (B, C, h, w).
            labels: (B, h, w) integers 0 to C - 1.

        Returns:
            Scalar tensor, float32 or wider; 0 for a batch without pixels.

        Raises:
            InputError: Shapes that do not fit.
        """
        batch, _, *size = logits.shape
        if labels.shape != (batch, *size):
            raise InputError(
                "LovaszSoftmaxLoss: labels do not fit the maps",
                expected=str((batch, *size)),
                got=str(tuple(labels.shape)),
            )
        scores = logits.float() if logits.dtype.itemsize < 4 else logits
        if self.on == "probabilities":
            scores = scores.softmax(dim=1)
        flat = scores.movedim(1, -1).flatten(0, -2)
        return self.loss_weight * lovasz_softmax(flat, labels.flatten())


def lovasz_softmax(scores: Tensor, labels: Tensor) -> Tensor:
    """The loss of pixels, all classes at once.

    Args:
        scores: (N, C), one column a class.
        labels: (N,) integers 0 to C - 1.

    Returns:
        Scalar tensor; 0, and still connected to `scores`, without pixels.
    """
    if not len(scores):
        return scores.sum()
    is_class = F.one_hot(labels.long(), scores.shape[1]).to(scores.dtype)
    errors, order = (is_class - scores).abs().sort(dim=0, descending=True)
    steps = _jaccard_steps(is_class.gather(0, order))
    present = is_class.any(dim=0)
    return (errors * steps).sum(dim=0)[present].mean()


def _jaccard_steps(is_class: Tensor) -> Tensor:
    """How much 1 - IoU grows as pixels, one after the other, are got wrong.

    Args:
        is_class: (N, C) ones and zeros, each column in the order of its errors.
    """
    total = is_class.sum(dim=0)
    kept = total - is_class.cumsum(dim=0)
    union = total + (1 - is_class).cumsum(dim=0)
    lost = 1 - kept / union
    return torch.cat([lost[:1], lost[1:] - lost[:-1]])
