"""Loss on centre line maps (CGANet, Eq. 3)."""

from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError


@MODELS.register_module()
class CenterLineLoss(nn.Module):
    """Squared error, weighted down where the prediction is already right.

    With prediction m and target t: m^alpha (m - t)^2 where t < thr, elsewhere
    (1 - m)^alpha (m - t)^2; summed, over the number of cells with t >= thr.

    paper silent: the gradient also flows through the weights, as in the losses that it
    names. The paper calls N "the number of easy positive samples".

    Args:
        alpha: Exponent of the weights; 0 gives the plain squared error.
        thr: Target from which a cell counts as a line.
        loss_weight: Factor on the result.

    Raises:
        ConfigError: An exponent whose gradient is infinite.
    """

    def __init__(
        self, alpha: float = 1.0, thr: float = 0.1, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        if not (alpha == 0 or alpha >= 1):
            raise ConfigError(
                "CenterLineLoss: alpha has an infinite gradient at right predictions",
                expected="0 or a number from 1 on",
                got=repr(alpha),
            )
        self.alpha, self.thr, self.loss_weight = alpha, thr, loss_weight

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Compute the loss of one direction.

        Args:
            output: (B, 1, h, w) predictions after the sigmoid.
            target: (B, 1, h, w) in [0, 1].

        Returns:
            Scalar tensor, float32 or wider.

        Raises:
            InputError: Shapes that do not fit.
        """
        if output.shape != target.shape:
            raise InputError(
                "CenterLineLoss: output and target differ in shape",
                expected=str(tuple(target.shape)),
                got=str(tuple(output.shape)),
            )
        # half precision overflows in sums over a whole map
        output = output.float() if output.dtype.itemsize < 4 else output
        on_line = target >= self.thr
        weight = (1 - output).where(on_line, output).pow(self.alpha)
        loss = (weight * (output - target).square()).sum()
        return self.loss_weight * loss / on_line.sum().clamp(min=1)
