"""Network parts, by kind, as in MMPose."""

from mmsia.models import backbones, heads, layers, losses

__all__ = ["backbones", "heads", "layers", "losses"]
