"""MMPose's codec of Associative Embedding, with the labels that its loss asks for.

MMPose 1.3.2 encodes where each person's keypoints lie, `keypoint_indices`, but names no
label for them, so that PackPoseInputs leaves them behind; its maintainers say that 1.x
cannot train the method (MMPose, issue 2933). Decoding is MMPose's.
"""

from __future__ import annotations

from mmpose.codecs.associative_embedding import AssociativeEmbedding
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class PackedAssociativeEmbedding(AssociativeEmbedding):
    """AssociativeEmbedding whose targets reach TrainableAssociativeEmbeddingHead."""

    label_mapping_table = {"keypoint_indices": "keypoint_indices"}
