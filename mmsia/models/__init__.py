"""Network parts, by kind, as in MMPose."""

from mmsia.models import backbones, heads, losses

__all__ = ["backbones", "heads", "losses"]
