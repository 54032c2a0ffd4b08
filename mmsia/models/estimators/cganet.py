"""CGANet: boxes of people and their keypoints in one network (Figure 2, Eq. 9).

An image's features give boxes, which centre lines correct; features of each box give
keypoint maps. All is trained together, keypoints on annotated boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.models.pose_estimators.bottomup import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.annotated_boxes import annotated_boxes
from mmsia.models.heads.center_line_head import DenseMaps
from mmsia.models.heads.flip_test import unmirror_heatmaps
from mmsia.ops.roi_maps import jitter_boxes

DIVISOR = 64
"""Sides of padded images: TNet and FPN need 32, boxes' sizes are given in 64s."""


@dataclass(frozen=True)
class TestFeatures:
    """What a test computes once, whatever boxes are then drawn from it.

    Attributes:
        feats: Features of the images.
        mirrored: Of the mirrored images, for a flip test.
        maps: Dense maps, averaged in a flip test.
        width: Of the padded images, pixels.
    """

    __test__ = False

    feats: tuple[Tensor, ...]
    mirrored: tuple[Tensor, ...] | None
    maps: DenseMaps
    width: int


@MODELS.register_module()
class CGANet(BottomupPoseEstimator):
    """Backbone, dense head and keypoint head of boxes.

    Losses are those of Eq. (9), whose weights belong to the heads' losses. A pose's
    score is its box's score times the mean of its keypoints' scores; CocoMetric takes
    it as it is with `score_mode='bbox'` and `nms_mode='none'`.

    paper silent: in training, boxes are the annotated ones, moved and scaled at random,
    of people with annotated keypoints; a flip test averages what CenterNet averages
    (not the offsets) and the keypoint maps.

    Args:
        backbone: Config of a backbone whose first level has stride 4.
        head: Config of CenterLineHead with a decoder.
        roi_head: Config of ROIGuider or ROIPooler.
        neck: Config of a neck, say FPN.
        jitter: Largest shift and change of a box's side in training, over the side.
        min_iou: Overlap that a jittered box keeps.
        max_rois: Boxes of an image in training, drawn at random if there are more.
        **options: As BottomupPoseEstimator; `test_cfg` may have `flip_test` and
            `boxes="annotated"` with `box_jitter`, to test on annotated boxes that are
            moved at random.

    Raises:
        ConfigError: Options of a test that there is not.
    """

    label_names: tuple[str, ...] = ("keypoints", "keypoint_weights")
    """Labels of a sample that the head of boxes learns from, beside the boxes."""

    def __init__(
        self,
        backbone: dict[str, Any],
        head: dict[str, Any],
        roi_head: dict[str, Any],
        neck: dict[str, Any] | None = None,
        jitter: float = 0.1,
        min_iou: float = 0.6,
        max_rois: int = 64,
        **options: Any,
    ) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, **options)
        if self.test_cfg.get("multiscale_test"):
            raise ConfigError(
                "CGANet has no multi-scale test",
                expected="test_cfg without multiscale_test (the paper is single-scale)",
                got="multiscale_test=True",
            )
        if self.test_cfg.get("boxes", "own") not in ("own", "annotated"):
            raise ConfigError(
                "CGANet: boxes of a test",
                expected="'own' or 'annotated'",
                got=repr(self.test_cfg["boxes"]),
            )
        self.roi_head = MODELS.build(roi_head)
        self.jitter = jitter
        self.min_iou = min_iou
        self.max_rois = max_rois

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Features of images, padded on the right and below to multiples of 64.

        Args:
            inputs: (B, 3, H, W).
        """
        return super().extract_feat(pad_to_divisor(inputs))

    def loss(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> dict[str, Tensor]:
        """Losses of a batch (Eq. 9).

        Args:
            inputs: (B, 3, H, W).
            data_samples: With the fields and labels of the codec CenterLines.

        Raises:
            InputError: Samples without those labels.
        """
        feats = self.extract_feat(inputs)
        losses = dict(self.head.loss(feats, data_samples, train_cfg=self.train_cfg))
        people = [self._draw_people(sample) for sample in data_samples]
        losses.update(self.roi_head.loss(feats, *zip(*people, strict=True)))
        return losses

    def _draw_people(self, sample: PoseDataSample) -> tuple[Tensor, ...]:
        """Jittered boxes (N, 4) of an image's people, and the labels of `label_names`.

        Of keypoints, these are (N, K, 2) pixels and their weights (N, K).
        """
        labels = sample.gt_instance_labels
        missing = {"bboxes", *self.label_names} - set(labels.keys())
        if missing:
            raise InputError(
                f"{type(self).__name__}: labels of a training sample",
                expected=f"bboxes, {', '.join(self.label_names)} as GenerateTarget "
                "with CenterLines and PackPoseInputs leave them",
                got=f"no {', '.join(sorted(missing))}",
            )
        chosen = self._are_annotated(labels).nonzero()[:, 0]
        if len(chosen) > self.max_rois:
            order = torch.randperm(len(chosen), device=chosen.device)
            chosen = chosen[order[: self.max_rois]]
        boxes = jitter_boxes(labels.bboxes[chosen], self.jitter, self.min_iou)
        return boxes, *(labels[name][chosen] for name in self.label_names)

    def _are_annotated(self, labels: InstanceData) -> Tensor:
        """(N,) whether there is something to learn in a person's box."""
        return labels.keypoint_weights.sum(dim=1) > 0

    def predict(
        self, inputs: Tensor, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Find people and their keypoints.

        Args:
            inputs: (B, 3, H, W).
            data_samples: One an image, with `input_size`, `input_center`,
                `input_scale` and, for a flip test, `flip_indices`.

        Returns:
            The samples with `pred_instances` in pixels of the original images:
            `keypoints` (M, K, 2), `keypoint_scores` (M, K), `bboxes` (M, 4) as the
            keypoints were read from them, `bbox_scores` (M,), the poses' scores.
        """
        return self.predict_from(self.extract_for_test(inputs), data_samples)

    def extract_for_test(self, inputs: Tensor) -> TestFeatures:
        """What a test computes of images before it decides on any box.

        Args:
            inputs: (B, 3, H, W).
        """
        inputs = pad_to_divisor(inputs)
        feats = self.extract_feat(inputs)
        maps, mirrored = self.head(feats), None
        if self.test_cfg.get("flip_test"):
            mirrored = self.extract_feat(inputs.flip(-1))
            maps = average_maps(maps, self.head(mirrored))
        return TestFeatures(feats, mirrored, maps, inputs.shape[-1])

    def predict_from(
        self, shared: TestFeatures, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Find boxes and keypoints; what follows is set on the heads' decoders.

        Args:
            shared: What `extract_for_test` returned.
            data_samples: As of `predict`.

        Returns:
            As `predict`.
        """
        found = self._find_boxes(shared, data_samples)
        boxes = [some for some, _ in found]
        keypoint_maps = self._maps_of(shared, boxes, data_samples[0])
        poses = self.roi_head.decode(keypoint_maps, boxes)
        instances = [
            pack_people(*people, *pose)
            for people, pose in zip(found, poses, strict=True)
        ]
        return self.add_pred_to_datasample(instances, None, data_samples)

    def _find_boxes(
        self, shared: TestFeatures, data_samples: list[PoseDataSample]
    ) -> list[tuple[Tensor, Tensor]]:
        """Boxes (M, 4) and scores (M,) of each image, its own or the annotated ones."""
        if self.test_cfg.get("boxes", "own") == "own":
            return self.head.decode(shared.maps)
        jitter = self.test_cfg.get("box_jitter", 0.0)
        return annotated_boxes(data_samples, jitter, shared.maps.center)

    def _maps_of(
        self, shared: TestFeatures, boxes: list[Tensor], sample: PoseDataSample
    ) -> Tensor:
        """Maps (N, K, h, w) of boxes; in a flip test, the mean with the mirrored."""
        maps = self.roi_head.predict(shared.feats, boxes)
        if shared.mirrored is None:
            return maps
        mirrored = [mirror_boxes(some, shared.width) for some in boxes]
        others = self.roi_head.predict(shared.mirrored, mirrored)
        return (maps + unmirror_heatmaps(others, self._mirror_order(sample))) / 2

    def _mirror_order(self, sample: PoseDataSample) -> Sequence[int]:
        """(K,) which map of the mirrored image takes each one's place."""
        return sample.metainfo["flip_indices"]

    def _forward(
        self, inputs: Tensor, data_samples: Any = None
    ) -> tuple[DenseMaps, list[Tensor]]:
        """Dense maps, and keypoint maps as of the most boxes that a test may have.

        Each box is the whole image: what is counted of this is the network's work.
        """
        feats = self.extract_feat(inputs)
        height, width = inputs.shape[-2:]
        most = self.head.decoder.max_boxes if self.head.decoder is not None else 1
        box = inputs.new_tensor([0, 0, width, height])
        image = torch.arange(len(inputs), device=inputs.device, dtype=inputs.dtype)
        rois = torch.cat(
            [
                image.repeat_interleave(most)[:, None],
                box.repeat(most * len(inputs), 1),
            ],
            dim=1,
        )
        return self.head(feats), self.roi_head(feats, rois)


def pad_to_divisor(images: Tensor, divisor: int = DIVISOR) -> Tensor:
    """Add zeros on the right and below.

    Args:
        images: (B, 3, H, W).
        divisor: Of the sides that come out.
    """
    height, width = images.shape[-2:]
    return F.pad(images, (0, -width % divisor, 0, -height % divisor))


def mirror_boxes(boxes: Tensor, width: int) -> Tensor:
    """Boxes (N, 4) as they lie in the mirrored image.

    Args:
        boxes: (N, 4) xyxy pixels.
        width: Of the image.
    """
    x1, y1, x2, y2 = boxes.unbind(dim=1)
    return torch.stack([width - x2, y1, width - x1, y2], dim=1)


def average_maps(maps: DenseMaps, mirrored: DenseMaps) -> DenseMaps:
    """Average the maps of an image and its mirror image; offsets stay as they are.

    Args:
        maps: Of the images.
        mirrored: As predicted on the mirrored images.
    """
    center, sizes, lines = (
        None if ours is None else (ours + theirs.flip(-1)) / 2
        for ours, theirs in (
            (maps.center, mirrored.center),
            (maps.sizes, mirrored.sizes),
            (maps.lines, mirrored.lines),
        )
    )
    return DenseMaps(center, sizes, maps.offsets, lines)


def pack_people(
    boxes: Tensor, box_scores: Tensor, keypoints: Tensor, scores: Tensor
) -> InstanceData:
    """Put the people of one image into an InstanceData of arrays, best first.

    Args:
        boxes: (M, 4) pixels.
        box_scores: (M,).
        keypoints: (M, K, 2) pixels.
        scores: (M, K) of the keypoints.
    """
    total = box_scores * scores.mean(dim=1)
    order = total.argsort(descending=True, stable=True)
    parts = {
        "keypoints": keypoints,
        "keypoint_scores": scores,
        "bboxes": boxes,
        "bbox_scores": total,
    }
    return InstanceData(
        **{name: part[order].detach().cpu().numpy() for name, part in parts.items()}
    )
