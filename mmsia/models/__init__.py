"""Network parts, by kind, as in MMPose."""

from mmsia.models import heads, losses

__all__ = ["heads", "losses"]
