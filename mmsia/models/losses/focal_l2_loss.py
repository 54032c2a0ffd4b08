"""Focal L2 loss on keypoint heatmaps.

GOG (Section 2.5) takes it from Simple Pose and gives no constants. What the released
code computes is the default here: exponent 1 (the commands ask for 2, which never
reaches the loss), threshold 0.01, no shifts. ``gamma=2`` is the plain reading of those
commands; ``alpha=0.1, beta=0.02`` are the shifts of Simple Pose.
"""

from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import ConfigError, InputError


@MODELS.register_module()
class FocalL2Loss(nn.Module):
    """Squared error, weighted down where the prediction is already right.

    With prediction s and target s*: p = s - alpha where s* >= threshold, else
    1 - s - beta; the element's loss is 0.5 (s - s*)^2 |1 - p|^gamma. The weight is not
    detached. Elements are summed over cells and channels and divided by the batch size,
    not by their number.

    Args:
        gamma: Exponent of the weight; 0 gives the plain squared error.
        threshold: Target value from which a cell counts as foreground.
        alpha: Shift of foreground predictions.
        beta: Shift of background predictions.
        loss_weight: Factor on the result.
    """

    def __init__(
        self,
        gamma: float = 1.0,
        threshold: float = 0.01,
        alpha: float = 0.0,
        beta: float = 0.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if not (gamma == 0 or gamma >= 1):
            raise ConfigError(
                "FocalL2Loss: gamma has an infinite gradient at right predictions",
                expected="0 or a number from 1 on",
                got=repr(gamma),
            )
        self.gamma = gamma
        self.threshold = threshold
        self.alpha = alpha
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(
        self, output: Tensor, target: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Compute the loss of one stack.

        Args:
            output: (B, K, h, w) predicted heatmaps.
            target: (B, K, h, w) heatmaps in [0, 1].
            mask: (B, 1, h, w) or (B, h, w), true where cells count; all if None.

        Returns:
            Scalar tensor, float32 or wider.

        Raises:
            InputError: Shapes that do not fit.
        """
        if output.shape != target.shape:
            raise InputError(
                "FocalL2Loss: output and target differ in shape",
                expected=str(tuple(target.shape)),
                got=str(tuple(output.shape)),
            )
        # Half precision overflows in sums over a whole map.
        output = output.float() if output.dtype.itemsize < 4 else output
        foreground = target >= self.threshold
        closeness = (output - self.alpha).where(foreground, 1 - output - self.beta)
        loss = 0.5 * (output - target).square()
        loss = loss * (1 - closeness).abs().pow(self.gamma)
        if mask is not None:
            loss = loss * as_cell_mask(mask, output)
        return self.loss_weight * loss.sum() / len(output)


def as_cell_mask(mask: Tensor, output: Tensor) -> Tensor:
    """Bring a mask into a shape that broadcasts over the channels of an output.

    Args:
        mask: (B, 1, h, w) or (B, h, w).
        output: (B, C, h, w).

    Returns:
        (B, 1, h, w) bool.

    Raises:
        InputError: A mask of another size.
    """
    batch, _, height, width = output.shape
    cells = mask if mask.ndim == 4 else mask.unsqueeze(1)
    if cells.shape != (batch, 1, height, width):
        raise InputError(
            "a loss mask does not fit its maps",
            expected=f"({batch}, 1, {height}, {width})",
            got=str(tuple(mask.shape)),
        )
    return cells.bool()
