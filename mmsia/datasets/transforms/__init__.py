"""Transforms for MMPose pipelines."""

from mmsia.datasets.transforms.affine import OffsetGuidedAffine
from mmsia.datasets.transforms.colour import ColourJitter
from mmsia.datasets.transforms.hand_square import HandSquare
from mmsia.datasets.transforms.ignore_regions import HeatmapMask, IgnoreRegions
from mmsia.datasets.transforms.jitter import GreyHSVJitter, LabelShift
from mmsia.datasets.transforms.object_square import ObjectSquare, RandomObjectSquare
from mmsia.datasets.transforms.resize import OffsetGuidedResize
from mmsia.datasets.transforms.two_hands import LoadTwoHands, PackTwoHands
from mmsia.datasets.transforms.two_hands_affine import TwoHandsAffine
from mmsia.datasets.transforms.two_hands_colour import GainShiftNoise, LineBlur

__all__ = [
    "ColourJitter",
    "GainShiftNoise",
    "GreyHSVJitter",
    "HandSquare",
    "HeatmapMask",
    "IgnoreRegions",
    "LabelShift",
    "LineBlur",
    "LoadTwoHands",
    "ObjectSquare",
    "OffsetGuidedAffine",
    "OffsetGuidedResize",
    "PackTwoHands",
    "RandomObjectSquare",
    "TwoHandsAffine",
]
