"""Heads."""

from mmsia.models.heads.offset_guided_head import OffsetGuidedHead

__all__ = ["OffsetGuidedHead"]
