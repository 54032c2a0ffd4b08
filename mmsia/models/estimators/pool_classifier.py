"""A classifier of images, to pre-train TNet (CGANet, Implementation Details).

"For the pre-training TNet, we only modify the prediction layer to accommodate the
classification problem on the ImageNet dataset." MMPretrain, which the stack does not
include, is not needed: a backbone, an average over each level, one linear layer.

A pose network starts with the trained backbone by `init_cfg=dict(type="Pretrained",
checkpoint=PATH, prefix="backbone.")` in the backbone's config.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmsia.errors import InputError


@MODELS.register_module()
class PoolClassifier(BaseModel):
    """Averages of all levels of a backbone, side by side, and a linear layer.

    paper silent: which levels the prediction layer sees; all, so that every block is
    trained: `out_indices=(0, 1, 2, 3)` of TNet.

    Args:
        backbone: Config of a backbone with `out_channels` of the levels it returns.
        num_classes: Classes.
        label_smoothing: Share of the target that all classes get alike.
        data_preprocessor: As BaseModel.
        init_cfg: As BaseModule.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        num_classes: int = 1000,
        label_smoothing: float = 0.0,
        data_preprocessor: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.backbone = MODELS.build(backbone)
        self.linear = nn.Linear(sum(self.backbone.out_channels), num_classes)
        self.label_smoothing = label_smoothing

    def forward(
        self,
        inputs: Tensor | Sequence[Tensor],
        data_samples: Sequence[BaseDataElement] | None = None,
        mode: str = "tensor",
    ) -> Any:
        """Classify images.

        Args:
            inputs: (N, 3, H, W), or N images of one size.
            data_samples: N samples; with `gt_label`, a number, for the loss.
            mode: `'tensor'`, `'loss'` or `'predict'`.

        Returns:
            Logits (N, num_classes); `loss` and `accuracy`; or the samples with
            `pred_score` (num_classes,) and `pred_label`.

        Raises:
            InputError: Another mode, or samples without labels.
        """
        images = inputs if isinstance(inputs, Tensor) else torch.stack(list(inputs))
        levels = self.backbone(images)
        averages = [level.float().mean(dim=(-2, -1)) for level in levels]
        logits = self.linear(torch.cat(averages, dim=1))
        if mode == "tensor":
            return logits
        if mode == "loss":
            return self._loss(logits, data_samples)
        if mode == "predict":
            samples = data_samples or [BaseDataElement() for _ in logits]
            for sample, scores in zip(samples, logits.softmax(dim=1), strict=True):
                sample.set_data({"pred_score": scores, "pred_label": scores.argmax()})
            return list(samples)
        raise InputError(
            "PoolClassifier: mode", expected="tensor, loss or predict", got=repr(mode)
        )

    def _loss(
        self, logits: Tensor, samples: Sequence[BaseDataElement] | None
    ) -> dict[str, Tensor]:
        if samples is None or any("gt_label" not in sample for sample in samples):
            raise InputError(
                "PoolClassifier: samples to train with",
                expected="`gt_label`, a number, in each",
                got="no samples" if samples is None else "samples without it",
            )
        labels = [torch.as_tensor(sample.gt_label).reshape(()) for sample in samples]
        target = torch.stack(labels).to(logits.device)
        loss = F.cross_entropy(logits, target, label_smoothing=self.label_smoothing)
        accuracy = (logits.argmax(dim=1) == target).float().mean()
        return {"loss": loss, "accuracy": accuracy}
