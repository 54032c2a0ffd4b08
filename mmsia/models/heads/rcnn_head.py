"""What the baselines Mask R-CNN share: torchvision's parts under MMPose's interface.

Region proposals and boxes are torchvision's, and so is what is read of each box;
backbone and pyramid are any of MMPose's, so that baseline and method share data and
schedule.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList

from mmsia.errors import ConfigError, InputError

LEVELS = ("0", "1", "2", "3", "pool")
"""Levels of the pyramid by torchvision's names; strides 4 to 64."""

STRIDE = 4
NUM_PROPOSALS = 1000
"""Boxes that torchvision reads in a test before it looks into them."""


class RCNNHead(BaseHead):
    """Proposals and boxes of people from five levels of a pyramid, and what is in them.

    Args:
        parts: Torchvision's network on a `pyramid_of` that width, for two classes.
        in_channels: Channels of every level.
        max_boxes: People an image at most.
        init_cfg: As BaseModule; torchvision's parts start as it has them.
    """

    label_names: tuple[str, ...]
    """Labels that it learns from: of the codec CenterLines."""

    def __init__(
        self,
        parts: FasterRCNN,
        in_channels: int,
        max_boxes: int,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels, self.max_boxes = in_channels, max_boxes
        self.rpn, self.roi_heads = parts.rpn, parts.roi_heads

    @abstractmethod
    def read_boxes(self, features: Tensor) -> Tensor:
        """Maps of boxes (N, K, h, w) from what was read of them (N, C, 14, 14)."""

    @abstractmethod
    def target_of(self, labels: InstanceData, size: tuple[int, int]) -> dict[str, Any]:
        """What torchvision learns from in one image of (height, width) pixels."""

    @abstractmethod
    def instances_of(self, people: Mapping[str, Tensor]) -> InstanceData:
        """What torchvision found in one image, as arrays in pixels of the input."""

    def forward(self, feats: Sequence[Tensor]) -> tuple[list[Tensor], ...]:
        """What is computed of a batch, with as many boxes as a test may have.

        Args:
            feats: (B, C, h / 2^i, w / 2^i) of five levels.

        Returns:
            Objectness and box changes of each level, and in lists of one the boxes'
            classes and changes, and their maps.
        """
        objectness, changes = self.rpn.head(list(feats))
        heads, batch = self.roi_heads, len(feats[0])

        def read(number: int, side: int) -> Tensor:
            return feats[0].new_zeros(batch * number, self.in_channels, side, side)

        classes, boxes = heads.box_predictor(heads.box_head(read(NUM_PROPOSALS, 7)))
        maps = self.read_boxes(read(self.max_boxes, 14))
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

        Raises:
            InputError: Another number of levels, or samples without those labels.
        """
        features, images = self._as_torchvision(feats)
        pairs = zip(batch_data_samples, images.image_sizes, strict=True)
        targets = [self.target_of(self._labels(one), size) for one, size in pairs]
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
                f"{type(self).__name__} has no flip test",
                expected="test_cfg=dict(flip_test=False)",
                got="flip_test=True",
            )
        features, images = self._as_torchvision(feats)
        proposals, _ = self.rpn(images, features)
        found, _ = self.roi_heads(features, proposals, images.image_sizes)
        return [self.instances_of(people) for people in found]

    def _as_torchvision(
        self, feats: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], ImageList]:
        """Levels by name, and images that have a size and no pixels."""
        if len(feats) != len(LEVELS):
            raise InputError(
                f"{type(self).__name__}: levels of the pyramid",
                expected=f"{len(LEVELS)}: num_outs=5 of FPN",
                got=str(len(feats)),
            )
        pairs = zip(LEVELS, feats, strict=True)
        features = {name: level.float() for name, level in pairs}
        batch, _, height, width = feats[0].shape
        size = (STRIDE * height, STRIDE * width)
        pixels = features["0"].new_zeros(1).expand(batch, 3, *size)
        return features, ImageList(pixels, [size] * batch)

    def _labels(self, sample: Any) -> InstanceData:
        labels = sample.gt_instance_labels
        missing = set(self.label_names) - set(labels.keys())
        if missing:
            raise InputError(
                f"{type(self).__name__}: labels of a training sample",
                expected=f"{', '.join(self.label_names)} as GenerateTarget with "
                "CenterLines and PackPoseInputs leave them",
                got=f"no {', '.join(sorted(missing))}",
            )
        return labels


def pyramid_of(channels: int) -> nn.Module:
    """In the place of torchvision's backbone: what it looks at is the width alone.

    Args:
        channels: Of every level.
    """
    pyramid = nn.Identity()
    pyramid.out_channels = channels
    return pyramid
