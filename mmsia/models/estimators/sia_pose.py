"""SiaPose (SIA-GCN, Section 3.3): maps of an estimator, refined on the hand's graph.

A preliminary estimator gives maps at each of its stages. Several heads of SIA-GCN
refine those of the last; a pointer network looks at the image and weighs the heads
(Eq. 3); the estimator's stages and the weighted sum are supervised, the heads by it
alone (Eq. 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmengine.structures import PixelData
from mmpose.evaluation.functional import pose_pck_accuracy
from mmpose.models.pose_estimators.topdown import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.sia_regressor import ImageRegressor

# paper silent: Eq. (4) sums over cells; the mean times 30, as in the authors' earlier
# code, differs by a factor that Adam does not see
LOSS = {"type": "KeypointMSELoss", "use_target_weight": True, "loss_weight": 30.0}


class Refined(NamedTuple):
    """What the network makes of images.

    Attributes:
        stages: Maps of every stage of the estimator, T times (N, K, h, w).
        fused: The refined ones, (N, K, h, w).
        weights: Of the heads, (N, M), which sum to one; None without a pointer.
    """

    stages: list[Tensor]
    fused: Tensor
    weights: Tensor | None


@MODELS.register_module()
class SiaPose(TopdownPoseEstimator):
    """Preliminary estimator, SIA-GCN, pointer network and their loss.

    paper silent: the maps go to the graph as they are, neither clamped nor scaled, and
    gradients flow back to the estimator; the pointer's weights are a softmax, and it
    sees what the estimator sees; images are not flipped in testing.

    Args:
        backbone: Config of the estimator's backbone.
        head: Config of a head that gives maps (N, K, h, w) for each stage (MMPose's
            CPMHead); its decoder reads the refined maps.
        graph: Config of SIAGCN.
        pointer: Options of ImageRegressor; none for a single head, which needs no
            weights.
        loss: Config of the loss of one set of maps.
        stage_weight: alpha of Eq. (4); `StageWeightHook` lowers it.
        stage_mean: Divide the first term by the number of stages.
        **options: As TopdownPoseEstimator.

    Raises:
        ConfigError: A pointer for one head, none for several, or a flip test.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        head: dict[str, Any],
        graph: dict[str, Any],
        pointer: dict[str, Any] | None = None,
        loss: dict[str, Any] | None = None,
        stage_weight: float = 1.0,
        stage_mean: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(backbone=backbone, head=head, **options)
        self.graph = MODELS.build(graph)
        heads = self.graph.num_heads
        if (pointer is None) != (heads == 1) or self.test_cfg.get("flip_test"):
            raise ConfigError(
                "SiaPose",
                expected="a pointer for several heads, none for one; no flip_test",
                got=f"{heads} heads, pointer {pointer}, test_cfg {self.test_cfg}",
            )
        self.pointer = None
        if pointer is not None:
            self.pointer = ImageRegressor(heads, **pointer)
        self.loss_module = MODELS.build(loss or LOSS)
        self.stage_weight, self.stage_mean = stage_weight, stage_mean

    def compute_maps(self, image: Tensor) -> Refined:
        """Maps of every stage, the refined ones, and how the heads were weighed.

        Args:
            image: (N, 3, H, W).

        Raises:
            InputError: A head that gives no maps of stages.
        """
        stages = self.head(self.extract_feat(image))
        _check_stages(stages)
        refined = self.graph(stages[-1])
        if self.pointer is None:
            return Refined(list(stages), refined[:, 0], None)
        weights = self.pointer(image).float().softmax(dim=1)
        # Eq. (3)
        fused = (weights[:, :, None, None, None] * refined).sum(dim=1)
        return Refined(list(stages), fused, weights)

    def loss(
        self, inputs: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> dict[str, Tensor]:
        """Losses of a batch (Eq. 4), and the accuracy that MMPose logs.

        Args:
            inputs: (N, 3, H, W).
            data_samples: With target maps and weights.

        Raises:
            InputError: Targets of another size than the maps.
        """
        return self.losses_of(self.compute_maps(inputs), data_samples)

    def losses_of(
        self, maps: Refined, data_samples: Sequence[PoseDataSample]
    ) -> dict[str, Tensor]:
        """As `loss`, from maps that are there already."""
        stages, fused, _ = maps
        target, weights = targets_of(data_samples)
        if target.shape != fused.shape:
            raise InputError(
                "SiaPose: target maps",
                expected=str(tuple(fused.shape)),
                got=str(tuple(target.shape)),
                remedy="The codec's heatmap_size must be that of the estimator's maps",
            )
        first = sum(self.loss_module(maps, target, weights) for maps in stages)
        if self.stage_mean:
            first = first / len(stages)
        _, accuracy, _ = pose_pck_accuracy(
            output=fused.detach().float().cpu().numpy(),
            target=target.cpu().numpy(),
            mask=weights.cpu().numpy() > 0,
        )
        return {
            "loss_stages": self.stage_weight * first,
            "loss_fused": self.loss_module(fused, target, weights),
            "acc_pose": target.new_tensor(accuracy),
        }

    def predict(
        self, inputs: Tensor, data_samples: list[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Decode the refined maps; `pred_instances` tell how heads were weighed.

        `head_weights` is (1, M) numbers, absent where there is no pointer.

        Args:
            inputs: (N, 3, H, W).
            data_samples: One an image.
        """
        _, fused, weights = self.compute_maps(inputs)
        fields = None
        if self.test_cfg.get("output_heatmaps"):
            fields = [PixelData(heatmaps=maps) for maps in fused.detach()]
        found = self.head.decode(fused)
        if weights is not None:
            for instances, own in zip(found, weights.detach().cpu(), strict=True):
                instances.head_weights = own.numpy()[None]
        return self.add_pred_to_datasample(found, fields, data_samples)

    def _forward(self, inputs: Tensor, data_samples: Any = None) -> Tensor:
        return self.compute_maps(inputs).fused


def targets_of(data_samples: Sequence[PoseDataSample]) -> tuple[Tensor, Tensor]:
    """Target maps (N, K, h, w) and weights of the keypoints (N, K) of a batch."""
    maps = torch.stack([sample.gt_fields.heatmaps for sample in data_samples])
    labels = [sample.gt_instance_labels.keypoint_weights for sample in data_samples]
    return maps, torch.cat(labels)


def _check_stages(stages: Any) -> None:
    if isinstance(stages, list | tuple) and stages:
        shapes = {getattr(maps, "shape", None) for maps in stages}
        if len(shapes) == 1 and len(next(iter(shapes)) or ()) == 4:
            return
    raise InputError(
        "SiaPose: what the preliminary estimator's head gives",
        expected="a list of maps (N, K, h, w), one a stage",
        got=f"{type(stages).__name__} of "
        f"{[tuple(getattr(part, 'shape', ())) for part in stages][:3]}",
        remedy="CPMHead gives such a list",
    )
