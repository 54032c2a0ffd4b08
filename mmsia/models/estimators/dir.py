"""DIR: two interacting hands from a crop that shows both.

An encoder's maps go to TwoHandsHead, which estimates and refines. The network has a
camera for each hand: what it says of the hands' places from each other is the offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.pose_estimators.base import BasePoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import DataError, InputError
from mmsia.models.heads.two_hands_head import TwoHands
from mmsia.ops.hand_sets import LENGTH_UNIT, HandMaps, HandSet, true_set

STRIDE = 32
"""Of the encoder's last map."""
RESNET50 = {"type": "ResNet", "depth": 50, "out_indices": (1, 2, 3)}
"""MMPose's; all of it is trained, norms too. `init_cfg` may name ImageNet's weights."""


@MODELS.register_module()
class DIR(BasePoseEstimator):
    """Encoder and TwoHandsHead.

    A sample to train with has `camera` (3, 3), the crop's intrinsics in pixels, and
    `gt_instances.vertices` (2, 778, 3), metres in the camera's frame, left hand first.
    Where the head has auxiliary maps, `gt_fields` has `classes` (1, H, W), numbers of
    background, left and right hand, and `dense` (3, H, W).

    Args:
        backbone: Config; default `RESNET50`.
        head: Config; default TwoHandsHead.
        **options: As BasePoseEstimator.
    """

    def __init__(
        self,
        backbone: dict[str, Any] | None = None,
        head: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        head = head or {"type": "TwoHandsHead"}
        super().__init__(backbone or dict(RESNET50), head=head, **options)

    def loss(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> dict[str, Tensor]:
        """Terms of the loss, as TwoHandsLoss.

        Args:
            inputs: (B, 3, S, S).
            data_samples: B samples.

        Raises:
            DataError: A sample without both hands, its camera or its maps.
            InputError: As `_forward`.
        """
        levels = self._levels(inputs)
        truth = self._truth(inputs, data_samples)
        maps = None
        if self.head.maps is not None:
            maps = _true_maps(inputs, data_samples)
        return self.head.loss(levels, truth, maps)

    def predict(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Estimate hands.

        Args:
            inputs: (B, 3, S, S).
            data_samples: B samples, changed in place.

        Returns:
            The samples. `pred_instances` has, left hand first, `vertices` (2, 778, 3),
            `joints` (2, 21, 3) and `roots` (2, 3), metres from the left root with the
            camera's axes; `keypoints` (2, 21, 2), pixels; and `camera` (2, 3), which
            takes places from a hand's own root to the image, see
            `mmsia.ops.hand_sets.project`. `parameters` (2, 64) are the numbers that all
            comes from, `root` names the joint. Earlier estimates are in `pred_initial`
            and so on; `pred_fields` has `classes` and `dense` if there are maps.
        """
        found = self._forward(inputs)
        names = list(found.estimates)
        for number, sample in enumerate(data_samples):
            for name in names:
                instances = _instances(found, name, number, inputs.shape[-1])
                instances.set_metainfo({"root": self.head.decode.root})
                field = "pred_instances" if name == names[-1] else f"pred_{name}"
                sample.set_data({field: instances})
            if found.maps is not None:
                sample.pred_fields = PixelData(
                    classes=found.maps.classes[number].argmax(dim=0, keepdim=True),
                    dense=found.maps.dense[number],
                )
        return list(data_samples)

    def _forward(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample] | None = None
    ) -> TwoHands:
        """All estimates and maps of images (B, 3, S, S).

        Raises:
            InputError: Images that are not square, or not of a multiple of 32 pixels.
        """
        return self.head(self._levels(inputs))

    def _levels(self, inputs: Tensor) -> Sequence[Tensor]:
        height, width = inputs.shape[-2:]
        if height != width or height % STRIDE:
            raise InputError(
                "DIR: images",
                expected=f"square ones, the side a multiple of {STRIDE} pixels",
                got=f"{width} x {height}",
            )
        return self.backbone(inputs)

    def _truth(self, inputs: Tensor, samples: Sequence[PoseDataSample]) -> HandSet:
        decode = self.head.decode
        vertices = torch.stack([_meshes(sample) for sample in samples])
        cameras = torch.stack([_camera(sample) for sample in samples])
        return true_set(
            vertices.to(decode.joint_weights),
            cameras.to(decode.joint_weights),
            decode.joint_weights,
            root=decode.root,
            size=inputs.shape[-1],
        )


def _instances(found: TwoHands, name: str, number: int, size: int) -> InstanceData:
    estimate = found.estimates[name]
    hands = HandSet(*(each[number] for each in estimate.hands))
    right = hands.offset * LENGTH_UNIT
    roots = torch.stack([torch.zeros_like(right), right])
    return InstanceData(
        vertices=hands.vertices + roots[:, None],
        joints=hands.joints + roots[:, None],
        roots=roots,
        keypoints=(hands.keypoints + 1) * (size / 2),
        camera=estimate.camera[number],
        parameters=estimate.parameters[number],
    )


def _meshes(sample: PoseDataSample) -> Tensor:
    instances = sample.get("gt_instances", {})
    shape = tuple(instances.vertices.shape) if "vertices" in instances else None
    if shape != (2, 778, 3):
        raise DataError(
            f"true hands of image {sample.get('id')}",
            expected="gt_instances.vertices of shape (2, 778, 3), left hand first",
            got="none" if shape is None else f"shape {shape}",
            remedy="Leave frames with one hand out.",
        )
    return torch.as_tensor(instances.vertices)


def _camera(sample: PoseDataSample) -> Tensor:
    camera = torch.as_tensor(sample.get("camera", ()))
    if tuple(camera.shape) != (3, 3):
        raise DataError(
            f"the camera of image {sample.get('id')}",
            expected="`camera`, intrinsics of the crop of shape (3, 3)",
            got=f"shape {tuple(camera.shape)}",
        )
    return camera


def _true_maps(inputs: Tensor, samples: Sequence[PoseDataSample]) -> HandMaps:
    for sample in samples:
        fields = sample.get("gt_fields", {})
        missing = [name for name in ("classes", "dense") if name not in fields]
        if missing:
            raise DataError(
                f"true maps of image {sample.get('id')}",
                expected="gt_fields with classes (1, H, W) and dense (3, H, W)",
                got=f"no {' and no '.join(missing)}",
                remedy="Pack them, or train a head with maps=False.",
            )
    classes = torch.cat([sample.gt_fields.classes for sample in samples])
    dense = torch.stack([sample.gt_fields.dense for sample in samples])
    return HandMaps(classes.to(inputs.device), dense.to(inputs))
