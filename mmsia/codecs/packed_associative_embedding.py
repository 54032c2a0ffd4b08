"""MMPose's codec of Associative Embedding, with targets that its head can learn from.

MMPose 1.3.2 encodes where each person's keypoints lie, `keypoint_indices`, but names no
label for them, so that PackPoseInputs leaves them behind; its maintainers say that 1.x
cannot train the method (MMPose, issue 2933). It also rounds keypoints to cells, where
version 0.x, whose weights are the public ones, cut them: its decoding, unchanged here,
fits the cut ones and is 1.8 pixels (of 4 a cell) off for the rounded.
"""

from __future__ import annotations

import numpy as np
from mmpose.codecs.associative_embedding import AssociativeEmbedding
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class PackedAssociativeEmbedding(AssociativeEmbedding):
    """AssociativeEmbedding whose targets reach TrainableAssociativeEmbeddingHead."""

    label_mapping_table = {"keypoint_indices": "keypoint_indices"}

    def encode(
        self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Draw the training targets of one image, see AssociativeEmbedding.

        Args:
            keypoints: (N, K, 2) input pixels, xy.
            keypoints_visible: (N, K), above 0 where annotated; None means all are.
        """
        # Half a cell less, rounded, is cut.
        return super().encode(keypoints - self.scale_factor / 2, keypoints_visible)
