"""Losses."""

from mmsia.models.losses.center_line_loss import CenterLineLoss
from mmsia.models.losses.focal_l2_loss import FocalL2Loss
from mmsia.models.losses.guiding_offset_loss import GuidingOffsetLoss

__all__ = ["CenterLineLoss", "FocalL2Loss", "GuidingOffsetLoss"]
