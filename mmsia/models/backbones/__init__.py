"""Backbones."""

from mmsia.models.backbones.narrow_hourglass import NarrowHourglassNet

__all__ = ["NarrowHourglassNet"]
