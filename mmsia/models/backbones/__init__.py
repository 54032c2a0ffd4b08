"""Backbones."""

from mmsia.models.backbones.cklm import CKLM
from mmsia.models.backbones.cpm_on_vgg import CPMOnVGG
from mmsia.models.backbones.narrow_hourglass import NarrowHourglassNet
from mmsia.models.backbones.stacked_hourglass import StackedHourglass
from mmsia.models.backbones.tnet import TNet

__all__ = ["CKLM", "CPMOnVGG", "NarrowHourglassNet", "StackedHourglass", "TNet"]
