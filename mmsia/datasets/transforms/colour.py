"""CenterNet's changes of colour in training, by torchvision.

The released code draws factors of 0.6 to 1.4 for brightness, contrast and saturation
and applies them in a random order; its shift along the principal components of RGB,
of some two levels of 255, is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS
from torchvision.transforms import ColorJitter


@TRANSFORMS.register_module()
class ColourJitter(BaseTransform):
    """Change brightness, contrast and saturation of an image.

    Args:
        strength: Largest change of each factor from 1.
    """

    def __init__(self, strength: float = 0.4) -> None:
        super().__init__()
        self.jitter = ColorJitter(strength, strength, strength)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change the colours of `img`; torch's generator draws.

        Args:
            results: Of the pipeline, with `img` (h, w, 3) uint8 BGR.
        """
        rgb = np.ascontiguousarray(results["img"][..., ::-1].transpose(2, 0, 1))
        changed = self.jitter(torch.from_numpy(rgb)).numpy()
        results["img"] = np.ascontiguousarray(changed.transpose(1, 2, 0)[..., ::-1])
        return results
