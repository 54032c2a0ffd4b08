"""Keypoints <-> training targets and network outputs, one file a codec."""

from mmsia.codecs.category_implicit_heatmap import CategoryImplicitHeatmap
from mmsia.codecs.center_lines import CenterLines
from mmsia.codecs.centernet_pose import CenterNetPose
from mmsia.codecs.offset_guided_heatmap import OffsetGuidedHeatmap
from mmsia.codecs.packed_associative_embedding import PackedAssociativeEmbedding

__all__ = [
    "CategoryImplicitHeatmap",
    "CenterLines",
    "CenterNetPose",
    "OffsetGuidedHeatmap",
    "PackedAssociativeEmbedding",
]
