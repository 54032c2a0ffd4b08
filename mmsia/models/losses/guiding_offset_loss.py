"""Loss on guiding offsets (and on refinement offsets).

GOG, Section 2.5: L1 close to start keypoints, normalised by individual scales. The
released code takes the square root of that error, averages over the supervised
components and divides by the batch size once more; this is the default. The paper's
plain form is ``sqrt=False, divide_by_batch=False``.
"""

from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import InputError
from mmsia.models.losses.focal_l2_loss import as_cell_mask


@MODELS.register_module()
class GuidingOffsetLoss(nn.Module):
    """Scale-normalised error of offsets where they are supervised.

    With e = |prediction - target| / scale of each component, x and y on their own:
    loss = sum(sqrt(e)) / (1 + count) over components with e >= min_error.

    Args:
        sqrt: Whether the square root of the error is taken (code) or not (paper).
        min_error: Errors below it are dropped; the root's slope has no bound at 0.
        divide_by_batch: Whether the mean is also divided by the batch size, as in the
            code. Off, the loss does not depend on how a batch is split over devices.
        loss_weight: Factor on the result.
    """

    def __init__(
        self,
        sqrt: bool = True,
        min_error: float = 1e-5,
        divide_by_batch: bool = True,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.sqrt = sqrt
        self.min_error = min_error
        self.divide_by_batch = divide_by_batch
        self.loss_weight = loss_weight

    def forward(
        self,
        output: Tensor,
        target: Tensor,
        scales: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Compute the loss of one stack.

        Args:
            output: (B, 2L, h, w) predicted offsets, pixels; channel 2l x, 2l + 1 y.
            target: (B, 2L, h, w) offsets, pixels; infinite or NaN where unsupervised.
            scales: (B, L, h, w) root of the person's box area, pixels; 1 if None.
            mask: (B, 1, h, w) or (B, h, w), true where cells count; all if None.

        Returns:
            Scalar tensor; 0, and still connected to `output`, with nothing supervised.

        Raises:
            InputError: Shapes that do not fit.
        """
        self._check(output, target, scales)
        supervised = target.isfinite()
        if mask is not None:
            supervised &= as_cell_mask(mask, output)
        # Selecting first: inf * 0 in a masked sum would be NaN, in gradients too.
        prediction = output[supervised]
        if prediction.dtype.itemsize < 4:
            prediction = prediction.float()
        error = (prediction - target[supervised]).abs()
        if scales is not None:
            error = error / scales.repeat_interleave(2, dim=1)[supervised]
        # Not `>=`: that would drop the NaN of a diverged network without a word.
        error = error[~(error < self.min_error)]
        loss = (error.sqrt() if self.sqrt else error).sum() / (1 + error.numel())
        if self.divide_by_batch:
            loss = loss / len(output)
        return self.loss_weight * loss

    @staticmethod
    def _check(output: Tensor, target: Tensor, scales: Tensor | None) -> None:
        if output.shape != target.shape:
            raise InputError(
                "GuidingOffsetLoss: output and target differ in shape",
                expected=str(tuple(target.shape)),
                got=str(tuple(output.shape)),
                remedy="The head's limb set must be the codec's.",
            )
        batch, channels, *size = output.shape
        expected = torch.Size((batch, channels // 2, *size))
        if scales is not None and scales.shape != expected:
            raise InputError(
                "GuidingOffsetLoss: scales do not fit the offsets",
                expected=str(tuple(expected)),
                got=str(tuple(scales.shape)),
            )
