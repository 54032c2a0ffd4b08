"""Network parts, by kind, as in MMPose."""

from mmsia.models import backbones, estimators, heads, layers, losses

__all__ = ["backbones", "estimators", "heads", "layers", "losses"]
