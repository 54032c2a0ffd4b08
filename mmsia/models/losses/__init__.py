"""Losses."""

from mmsia.models.losses.center_line_loss import CenterLineLoss
from mmsia.models.losses.focal_l2_loss import FocalL2Loss
from mmsia.models.losses.guiding_offset_loss import GuidingOffsetLoss
from mmsia.models.losses.lovasz_softmax_loss import LovaszSoftmaxLoss
from mmsia.models.losses.two_hands_loss import TwoHandsLoss

__all__ = [
    "CenterLineLoss",
    "FocalL2Loss",
    "GuidingOffsetLoss",
    "LovaszSoftmaxLoss",
    "TwoHandsLoss",
]
