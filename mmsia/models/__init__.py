"""Network parts, by kind, as in MMPose."""

from mmsia.models import backbones, estimators, heads, layers, losses, necks

__all__ = ["backbones", "estimators", "heads", "layers", "losses", "necks"]
