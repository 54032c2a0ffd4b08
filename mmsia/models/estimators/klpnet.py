"""KLPNet: keypoints without identity, their parts, links, and LIS (Figure 2).

Crops of a detector's or of annotated boxes come in, as in MMPose's top-down way; CKLM
finds keypoints, a bank of training features says which part each is, LIS hands those
out again where boxes of one category overlap, and CLPGM predicts the links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import ConfigError
from mmsia.models.estimators.klpnet_instances import (
    UNKNOWN,
    add_links,
    check_images,
    guess_labels,
    label_of,
    name_parts,
    pad_keypoints,
    settle_images,
)
from mmsia.models.estimators.klpnet_nodes import annotated_nodes
from mmsia.models.layers.object_templates import ObjectTemplates


@MODELS.register_module()
class KLPNet(TopdownPoseEstimator):
    """Finds keypoints and links of objects of many categories in their crops.

    Samples say their category's number as `category_id` and, for training links, its
    `skeleton_links`; ObjectKeypointDataset does. A test batch with LIS holds all crops
    of an image (WholeImageBatchSampler). What LearnTemplatesHook learns in the end of
    training is part of the weights.

    Args:
        backbone: Config of CKLM, or of what gives features as it does.
        num_classes: Categories.
        num_parts: Parts of the category that has most.
        head: Config of CKLMHead; its channels and stages are the backbone's.
        link_head: Config of CLPGM, if links are wanted; categories and channels follow.
        joint: Whether the losses of links train CKLM, too (Eq. 8); without it, both
            parts are trained on their own, at once.
        keypoint_weight: Alpha of Eq. (8).
        link_weight: Beta of Eq. (8).
        test_cfg: `flip_test`, `output_heatmaps`; `lis`, whether the location
            instability strategy is used; `pad_keypoints`, whether instances of a batch
            get as many keypoints, the last ones with a score of 0, as MMPose's
            inferencers want them.
        **options: As TopdownPoseEstimator.

    Raises:
        ConfigError: Sizes below 1.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        num_classes: int,
        num_parts: int,
        head: dict[str, Any],
        link_head: dict[str, Any] | None = None,
        joint: bool = False,
        keypoint_weight: float = 1.0,
        link_weight: float = 1.0,
        test_cfg: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if num_classes < 1 or num_parts < 1:
            raise ConfigError(
                "KLPNet",
                expected="num_classes and num_parts of 1 or more",
                got=f"{num_classes} and {num_parts}",
            )
        channels = backbone.get("channels", 256)
        own = {"in_channels": channels, "num_stages": backbone.get("num_stages", 3)}
        super().__init__(backbone, head={**own, **head}, test_cfg=test_cfg, **options)
        self.num_classes = num_classes
        self.templates = ObjectTemplates(num_classes, num_parts, channels)
        self.link_head = None
        if link_head is not None:
            sizes = {"num_classes": num_classes, "feature_dim": channels}
            self.link_head = MODELS.build({**link_head, **sizes})
        self.joint = joint
        self.keypoint_weight, self.link_weight = keypoint_weight, link_weight
        self.lis = bool(self.test_cfg.get("lis", False))

    def loss(
        self, inputs: Tensor, data_samples: list[PoseDataSample]
    ) -> dict[str, Tensor]:
        """Losses of keypoints (Eq. 1) and links (Eq. 8).

        Nodes of the links are the annotated keypoints.

        Args:
            inputs: (B, 3, H, W).
            data_samples: With the codec's `gt_fields`, `transformed_keypoints` in
                `gt_instances`, `category_id` and `skeleton_links`.
        """
        feats = self.extract_feat(inputs)
        found = self.head.loss(feats, data_samples, train_cfg=self.train_cfg)
        losses = {name: self.keypoint_weight * loss for name, loss in found.items()}
        if self.link_head is not None:
            finest = feats[-1][-1] if self.joint else feats[-1][-1].detach()
            nodes = annotated_nodes(finest, data_samples, self.head.decoder)
            for name, loss in self.link_head.loss(*nodes.to_links()).items():
                losses[name] = self.link_weight * loss
        return losses

    def predict(
        self, inputs: Tensor, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Find keypoints, parts and links of each crop's object.

        Args:
            inputs: (B, 3, H, W).
            data_samples: With `category_id` (without it, CLPGM's guess is taken),
                `input_size`, `input_center`, `input_scale` and `gt_instances.bboxes`.

        Returns:
            The samples with `pred_instances` of one object each: `keypoints` (1, P, 2)
            pixels of the image, `keypoint_scores` (1, P), `keypoint_features`
            (1, P, C), `keypoint_parts` (1, P), the part of each, and `part_peaks`
            (1, K), the keypoint of each part, -1 for none; `labels` (1,); `links` and
            `link_scores`, lists of one array, (L, 2) numbers of keypoints and (L,).

        Raises:
            ConfigError: LIS on a part of an image's objects.
        """
        return self.predict_from(self.extract_for_test(inputs), data_samples)

    def extract_for_test(self, inputs: Tensor) -> Any:
        """Features of the crops, and of the mirrored ones in a flip test.

        Args:
            inputs: (B, 3, H, W).
        """
        feats = self.extract_feat(inputs)
        if self.test_cfg.get("flip_test", False):
            return [feats, self.extract_feat(inputs.flip(-1))]
        return feats

    def predict_from(
        self, shared: Any, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Find keypoints, parts and links; `lis` says whether LIS is used.

        Args:
            shared: What `extract_for_test` returned.
            data_samples: As of `predict`.
        """
        if self.lis:
            check_images(data_samples)
        found = self.head.predict(shared, data_samples, test_cfg=self.test_cfg)
        parts = found if isinstance(found, tuple) else (found, None)
        samples = self.add_pred_to_datasample(*parts, data_samples)
        labels = self._labels(samples)
        name_parts(samples, labels, self.templates.bank)
        if self.lis:
            settle_images(samples, labels, self.templates)
        if self.link_head is not None:
            add_links(samples, labels, self.link_head)
        if self.test_cfg.get("pad_keypoints"):
            pad_keypoints(samples)
        return samples

    def _labels(self, samples: Sequence[PoseDataSample]) -> list[int]:
        """Category of each object; -1 where nothing tells it."""
        labels = [label_of(sample.metainfo, self.num_classes) for sample in samples]
        if UNKNOWN in labels and self.link_head is not None:
            return guess_labels(samples, labels, self.link_head)
        return labels
