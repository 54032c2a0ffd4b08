"""Network parts, by kind, as in MMPose."""

from mmsia.models import (
    backbones,
    estimators,
    heads,
    layers,
    losses,
    necks,
    roi_heads,
)

__all__ = [
    "backbones",
    "estimators",
    "heads",
    "layers",
    "losses",
    "necks",
    "roi_heads",
]
