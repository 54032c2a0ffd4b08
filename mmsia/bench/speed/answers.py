"""What a network would say of an image that it knows: maps made from annotations.

An untrained network finds nobody, so that what follows it has nothing to do. Here every
part of a network computes what it always does, and then hands over what annotations
say in place of its result. A network that is tested on the mirrored image as well says
it of that one, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmsia.bench.speed.answers_bottomup import of_centernet, of_gog
from mmsia.bench.speed.known_people import Answers, constant, people_of, sized
from mmsia.codecs import CenterLines
from mmsia.models.estimators.cganet import CGANet, pad_to_divisor
from mmsia.models.heads.center_line_head import DenseMaps
from mmsia.models.heads.centernet_pose_head import CenterNetPoseHead
from mmsia.models.heads.flip_test import unmirror_heatmaps
from mmsia.models.heads.offset_guided_head import OffsetGuidedHead
from mmsia.models.heads.roi_mask_guider import ROIMaskGuider
from mmsia.ops.roi_maps import draw_roi_maps, jitter_boxes, keypoints_to_cells

_PROPOSALS = 5
"""Of each person, among a thousand of nobody."""
_JITTER = 0.05
_SURE = 5.0
_RCNN = tuple(
    f"{kind}_{part}"
    for kind in ("box", "mask", "keypoint")
    for part in ("roi_pool", "head", "predictor")
)
"""Torchvision's names of the parts that read boxes."""


def answers_to(model: Any, sample: Any, inputs: Tensor) -> Answers:
    """The answers of a network to one image.

    Args:
        model: The network.
        sample: The image's data sample with annotated people.
        inputs: (3, H, W) the input that it describes.

    Returns:
        None of a network that is not known: it hands over what it computes.
    """
    if isinstance(model, CGANet):
        return _of_cganet(model, sample, inputs)
    if _is_rcnn(model.head):
        return _of_rcnn(model.head, sample, inputs)
    if isinstance(model.head, OffsetGuidedHead):
        return of_gog(model, sample, inputs)
    if isinstance(model.head, CenterNetPoseHead):
        return of_centernet(model, sample, inputs)
    return {}


def network_parts(model: Any) -> list[nn.Module]:
    """The parts whose work is the network's; all else comes before or after it.

    Args:
        model: The network.
    """
    head = model.head
    if _is_rcnn(head):
        heads = [head.rpn.head, *(getattr(head.roi_heads, n, None) for n in _RCNN)]
    else:
        heads = [head, getattr(model, "roi_head", None)]
    parts = [model.backbone, getattr(model, "neck", None), *heads]
    return [part for part in parts if part is not None]


def _of_cganet(model: CGANet, sample: Any, inputs: Tensor) -> Answers:
    boxes, keypoints, visible = people_of(sample)
    padded = pad_to_divisor(inputs[None])
    codec = sized(model.head.decoder, padded)
    drawn = CenterLines.encode(codec, keypoints, visible, boxes)
    device = next(model.parameters()).device
    names = ("center_heatmap", "box_sizes", "box_offsets", "center_lines")
    maps = [torch.as_tensor(drawn[n], device=device)[None] for n in names]
    # A flip test takes offsets from the image itself.
    center, sizes, offsets, lines = maps
    if model.head.line_convs is None:
        said = [DenseMaps(center, sizes, offsets, None)]
    else:
        said = [DenseMaps(center, sizes, offsets, lines)]
    said.append(
        DenseMaps(
            center.flip(-1),
            sizes.flip(-1),
            offsets,
            None if said[0].lines is None else lines.flip(-1),
        )
    )
    with torch.no_grad():
        ((found, _),) = model.head.decode(said[0])
    own = _roi_maps(model.roi_head, found, drawn)
    flip = sample.metainfo["flip_indices"] if own.shape[1] > 1 else (0,)
    roi = [_logits(own), _logits(unmirror_heatmaps(own, flip))]
    # Both are asked once an image, or twice in a flip test.
    times = 2 if model.test_cfg.get("flip_test") else 1
    return {
        model.head: [constant(maps) for maps in said[:times]],
        model.roi_head: [constant([logits]) for logits in roi[:times]],
    }


def _roi_maps(head: Any, boxes: Tensor, drawn: dict[str, np.ndarray]) -> Tensor:
    """Maps of found boxes (N, 4): each of the annotated person that it is of."""
    labels = {
        name: torch.as_tensor(drawn[name], device=boxes.device)
        for name in ("box_labels", "keypoint_labels", "keypoint_weights")
    }
    middles = boxes.reshape(-1, 2, 2).mean(dim=1)
    own = labels["box_labels"].reshape(-1, 2, 2).mean(dim=1)
    person = torch.cdist(middles, own).argmin(dim=1)
    if isinstance(head, ROIMaskGuider):
        # An ellipse in the middle: how many cells there are decides, not which.
        axes = [torch.linspace(-1, 1, side, device=boxes.device) for side in _hw(head)]
        inside = axes[0][:, None] ** 2 + axes[1] ** 2 < 1
        return inside.float().expand(len(boxes), 1, *_hw(head)).clone()
    cells = keypoints_to_cells(labels["keypoint_labels"][person], boxes, head.map_size)
    weights = labels["keypoint_weights"][person]
    return draw_roi_maps(cells, weights, head.map_size, head.sigma)[0]


def _hw(head: Any) -> tuple[int, int]:
    return head.map_size[1], head.map_size[0]


def _logits(maps: Tensor) -> Tensor:
    return maps.clamp(1e-4, 1 - 1e-4).logit()


def _is_rcnn(head: Any) -> bool:
    """Whether torchvision's Mask R-CNN is inside."""
    return hasattr(head, "rpn") and hasattr(head, "roi_heads")


def _of_rcnn(head: Any, sample: Any, inputs: Tensor) -> Answers:
    """Proposals around the annotated people, which alone are taken for people.

    How long keypoints and masks take to be read does not depend on what they are: these
    stay the network's own.
    """
    boxes = torch.as_tensor(people_of(sample)[0]).to(next(head.parameters()))
    height, width = inputs.shape[-2:]
    boxes = boxes.clamp(min=0).minimum(boxes.new_tensor([width, height] * 2))
    generator = torch.Generator().manual_seed(0)
    near = jitter_boxes(
        boxes.repeat(_PROPOSALS, 1).cpu(), _JITTER, min_iou=0.5, generator=generator
    ).to(boxes)

    def propose(own: tuple[list[Tensor], Any]) -> tuple[list[Tensor], Any]:
        (proposals,), losses = own
        return [torch.cat([near, proposals])[: max(len(proposals), len(near))]], losses

    def recognise(own: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        classes, changes = own
        sure = classes.new_tensor([_SURE, -_SURE]).repeat(len(classes), 1)
        sure[: len(near)] *= -1
        return sure, torch.zeros_like(changes)

    return {head.rpn: [propose], head.roi_heads.box_predictor: [recognise]}
