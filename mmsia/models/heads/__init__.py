"""Heads."""

from mmsia.models.heads.center_line_head import CenterLineHead
from mmsia.models.heads.centernet_pose_head import CenterNetPoseHead
from mmsia.models.heads.cklm_head import CKLMHead
from mmsia.models.heads.clpgm import CLPGM
from mmsia.models.heads.keypoint_rcnn_head import KeypointRCNNHead
from mmsia.models.heads.mask_rcnn_head import MaskRCNNHead
from mmsia.models.heads.offset_guided_head import OffsetGuidedHead
from mmsia.models.heads.roi_guider import ROIGuider
from mmsia.models.heads.roi_mask_guider import ROIMaskGuider
from mmsia.models.heads.roi_pooler import ROIPooler
from mmsia.models.heads.trainable_associative_embedding_head import (
    TrainableAssociativeEmbeddingHead,
)
from mmsia.models.heads.two_hands_head import TwoHandsHead

__all__ = [
    "CLPGM",
    "CKLMHead",
    "CenterLineHead",
    "CenterNetPoseHead",
    "KeypointRCNNHead",
    "MaskRCNNHead",
    "OffsetGuidedHead",
    "ROIGuider",
    "ROIMaskGuider",
    "ROIPooler",
    "TrainableAssociativeEmbeddingHead",
    "TwoHandsHead",
]
