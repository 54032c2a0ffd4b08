"""Networks by name, with what is timed of them: forward, and forward with backward.

Networks are untrained and see noise: their maps are computed, not decoded. Detectors
work on a fixed number of boxes, so that none is faster for finding nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

FORWARD, BOTH = "forward", "forward + backward"
STEPS = (FORWARD, BOTH)
NUM_BOXES = 20
"""Boxes of an image whose keypoints are computed."""

KEYPOINT_RCNN = "torchvision keypointrcnn_resnet50_fpn"


@dataclass(frozen=True)
class Network:
    """A network that is timed.

    Attributes:
        config: Below configs/, one of MMPose's (`mmpose::...`), or `KEYPOINT_RCNN`.
        changes: Dotted path below `model` -> value.
    """

    config: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What a network is given, one image, and what it does with it.

    Attributes:
        size: (w, h) of the image, pixels.
        step: One of `STEPS`.
        kind: `cpu` or `cuda`.
    """

    size: tuple[int, int]
    step: str
    kind: str


def network_call(
    network: Network,
    task: Task,
    change: Callable[[nn.Module], nn.Module] = lambda model: model,
) -> Callable[[], object]:
    """Build a network; return what is timed of it.

    Args:
        network: The network.
        task: What it does.
        change: Made to the model before it is used.
    """
    torch.manual_seed(0)
    width, height = task.size
    images = torch.randn(1, 3, height, width, device=task.kind)
    if network.config == KEYPOINT_RCNN:
        return _detector_call(images, task)
    model = change(_build(network).to(task.kind).train(task.step == BOTH))

    def run() -> object:
        return model(images, None, mode="tensor")

    return _call(model, run, task.step)


def _build(network: Network) -> nn.Module:
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    from mmsia.engine.overlay import apply_overlay

    init_default_scope("mmpose")
    config = apply_overlay(_config(network.config), {"replace": dict(network.changes)})
    model: nn.Module = MODELS.build(config.model)
    return model


def _config(name: str) -> Any:
    from mmengine.hub import get_config

    from mmsia.engine.run_config import load_run_config
    from mmsia.paths import project_root

    if name.startswith("mmpose::"):
        return get_config(name)
    return load_run_config(project_root() / "configs" / f"{name}.py")


def _call(
    model: nn.Module, run: Callable[[], object], step: str
) -> Callable[[], object]:
    if step == FORWARD:
        return torch.no_grad()(run)

    def both() -> None:
        model.zero_grad(set_to_none=True)
        parts = [part.float().mean() for part in tensors_of(run()) if part.grad_fn]
        torch.stack(parts).sum().backward()

    return both


def tensors_of(output: Any) -> list[Tensor]:
    """All tensors in what a network put out.

    Args:
        output: Tensors, in tuples, lists, dicts and dataclasses.
    """
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, Mapping):
        output = list(output.values())
    elif hasattr(output, "__dataclass_fields__"):
        output = [getattr(output, name) for name in output.__dataclass_fields__]
    if isinstance(output, list | tuple):
        return [part for each in output for part in tensors_of(each)]
    return []


def _detector_call(images: Tensor, task: Task) -> Callable[[], object]:
    """Keypoint R-CNN with as many boxes as ours; its loss stands for the maps."""
    from torchvision.models.detection import keypointrcnn_resnet50_fpn

    side = min(task.size)
    model = keypointrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        min_size=side,
        max_size=max(task.size),
        box_score_thresh=0.0,
        box_nms_thresh=1.0,
        box_detections_per_img=NUM_BOXES,
        # A quarter of what is trained on are people, whose keypoints are computed.
        box_batch_size_per_image=4 * NUM_BOXES,
        box_positive_fraction=0.25,
    )
    model = model.to(task.kind).train(task.step == BOTH)
    if task.step == FORWARD:
        return _call(model, lambda: model(list(images)), FORWARD)
    corner = torch.rand(NUM_BOXES, 2, device=task.kind) * side / 2
    keypoints = corner[:, None] + torch.rand(NUM_BOXES, 17, 2, device=task.kind) * (
        side / 3
    )
    seen = torch.ones(NUM_BOXES, 17, 1, device=task.kind)
    target = {
        "boxes": torch.cat([corner, corner + side / 3], dim=1),
        "labels": torch.ones(NUM_BOXES, dtype=torch.int64, device=task.kind),
        "keypoints": torch.cat([keypoints, seen], dim=2),
    }
    return _call(model, lambda: model(list(images), [target]), BOTH)
