"""Mask R-CNN for keypoints, the baseline of CGANet's Table 3, on torchvision's parts.

Region proposals, boxes and keypoint maps are torchvision's `KeypointRCNN`; backbone and
pyramid are any of MMPose's, so that baseline and method share data and schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.models.detection import KeypointRCNN
from torchvision.models.detection.image_list import ImageList

from mmsia.errors import ConfigError, InputError

LEVELS = ("0", "1", "2", "3", "pool")
"""Levels of the pyramid by torchvision's names; strides 4 to 64."""

STRIDE = 4
NUM_PROPOSALS = 1000
"""Boxes that torchvision reads in a test before it looks at keypoints."""


@MODELS.register_module()
class KeypointRCNNHead(BaseHead):
    """Proposals, boxes and keypoints of people from five levels of a pyramid.

    Trained by the labels `bboxes`, `keypoints` and `keypoint_weights` of the codec
    CenterLines, in BottomupPoseEstimator. A pose's score is its box's.

    Args:
        in_channels: Channels of every level.
        num_keypoints: Keypoint types K.
        max_boxes: People an image at most.
        score_thr: Boxes at or below it are dropped.
        layers: Widths of the keypoint branch's 3 x 3 convolutions.
        init_cfg: As BaseModule; torchvision's parts start as it has them.
    """

    def __init__(
        self,
        in_channels: int = 256,
        num_keypoints: int = 17,
        max_boxes: int = 20,
        score_thr: float = 0.05,
        layers: Sequence[int] = (512,) * 8,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        from torchvision.models.detection.keypoint_rcnn import (
            KeypointRCNNHeads,
            KeypointRCNNPredictor,
        )

        pyramid = nn.Identity()
        pyramid.out_channels = in_channels
        parts = KeypointRCNN(
            pyramid,
            num_classes=2,
            keypoint_head=KeypointRCNNHeads(in_channels, layers),
            keypoint_predictor=KeypointRCNNPredictor(layers[-1], num_keypoints),
            box_detections_per_img=max_boxes,
            box_score_thresh=score_thr,
        )
        self.in_channels, self.max_boxes = in_channels, max_boxes
        self.rpn, self.roi_heads = parts.rpn, parts.roi_heads

    def forward(self, feats: Sequence[Tensor]) -> tuple[list[Tensor], ...]:
        """What is computed of a batch, with as many boxes as a test may have.

        Args:
            feats: (B, C, h / 2^i, w / 2^i) of five levels.

        Returns:
            Objectness and box changes of each level, and in lists of one the boxes'
            classes and changes, and the keypoint maps.
        """
        objectness, changes = self.rpn.head(list(feats))
        heads, batch = self.roi_heads, len(feats[0])

        def read(number: int, side: int) -> Tensor:
            return feats[0].new_zeros(batch * number, self.in_channels, side, side)

        classes, boxes = heads.box_predictor(heads.box_head(read(NUM_PROPOSALS, 7)))
        maps = heads.keypoint_predictor(heads.keypoint_head(read(self.max_boxes, 14)))
        return objectness, changes, [classes], [boxes], [maps]

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Torchvision's five losses.

        Args:
            feats: (B, C, h / 2^i, w / 2^i) of five levels.
            batch_data_samples: B samples with the labels named above.
            train_cfg: Unused; part of MMPose's interface.
        """
        targets = [_target(sample) for sample in batch_data_samples]
        features, images = _as_torchvision(feats)
        proposals, losses = self.rpn(images, features, targets)
        _, others = self.roi_heads(features, proposals, images.image_sizes, targets)
        return {**losses, **others}

    def predict(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: Sequence[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[InstanceData]:
        """Find people, best first, in pixels of the input.

        Args:
            feats: (B, C, h / 2^i, w / 2^i) of five levels.
            batch_data_samples: Unused; part of MMPose's interface.
            test_cfg: Without `flip_test`: Mask R-CNN has none.

        Raises:
            ConfigError: With `flip_test`.
        """
        if (test_cfg or {}).get("flip_test"):
            raise ConfigError(
                "KeypointRCNNHead has no flip test",
                expected="test_cfg=dict(flip_test=False)",
                got="flip_test=True",
            )
        features, images = _as_torchvision(feats)
        proposals, _ = self.rpn(images, features)
        found, _ = self.roi_heads(features, proposals, images.image_sizes)
        return [_as_instances(people) for people in found]


def _as_torchvision(
    feats: Sequence[Tensor],
) -> tuple[dict[str, Tensor], ImageList]:
    """Levels by name, and images that have a size and no pixels."""
    if len(feats) != len(LEVELS):
        raise InputError(
            "KeypointRCNNHead: levels of the pyramid",
            expected=f"{len(LEVELS)}: num_outs=5 of FPN",
            got=str(len(feats)),
        )
    features = {name: level.float() for name, level in zip(LEVELS, feats, strict=True)}
    batch, _, height, width = feats[0].shape
    size = (STRIDE * height, STRIDE * width)
    pixels = features["0"].new_zeros(1).expand(batch, 3, *size)
    return features, ImageList(pixels, [size] * batch)


def _target(sample: Any) -> dict[str, Tensor]:
    labels = sample.gt_instance_labels
    missing = {"bboxes", "keypoints", "keypoint_weights"} - set(labels.keys())
    if missing:
        raise InputError(
            "KeypointRCNNHead: labels of a training sample",
            expected="boxes and keypoints as GenerateTarget with CenterLines and "
            "PackPoseInputs leave them",
            got=f"no {', '.join(sorted(missing))}",
        )
    weights = labels.keypoint_weights
    keypoints = torch.cat([labels.keypoints, (weights > 0)[..., None]], dim=-1)
    return {
        "boxes": labels.bboxes.float(),
        "labels": torch.ones(len(weights), dtype=torch.int64, device=weights.device),
        "keypoints": keypoints.float(),
    }


def _as_instances(people: dict[str, Tensor]) -> InstanceData:
    parts = {
        "keypoints": people["keypoints"][..., :2],
        # of maps before a softmax over their cells
        "keypoint_scores": people["keypoints_scores"].sigmoid(),
        "bboxes": people["boxes"],
        "bbox_scores": people["scores"],
    }
    return InstanceData(
        **{name: part.detach().cpu().numpy() for name, part in parts.items()}
    )
