"""Annotated boxes in place of found ones, moved at random: what a detector's errors do.

CGANet claims that ROIGuider makes keypoints robust against boxes that are off (Method,
ROI guider). Both heads are tested on the same boxes, whatever boxes their own networks
would have found.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import InputError
from mmsia.ops.roi_maps import jitter_boxes


def annotated_boxes(
    samples: Sequence[PoseDataSample], jitter: float, like: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """Boxes of the annotated people of each image, in pixels of the input.

    The same image gets the same boxes from run to run and from network to network.

    Args:
        samples: With `gt_instances.bboxes` in pixels of the original image, `img_id`
            and what maps the input to it.
        jitter: Largest shift and change of a side, over the side.
        like: A tensor of the wanted type on the wanted device.

    Returns:
        For each image (N, 4) xyxy and (N,) scores, all 1.

    Raises:
        InputError: Samples without boxes, or a negative jitter.
    """
    if jitter < 0:
        raise InputError("box_jitter", expected="0 or more", got=f"{jitter}")
    found = []
    for sample in samples:
        if "bboxes" not in sample.get("gt_instances", {}):
            raise InputError(
                "a test on annotated boxes",
                expected="gt_instances.bboxes, as PackPoseInputs packs them",
                got="none",
            )
        boxes = _to_input(sample).to(like)
        generator = torch.Generator().manual_seed(int(sample.metainfo["img_id"]))
        moved = jitter_boxes(boxes.cpu(), jitter, min_iou=0.0, generator=generator)
        found.append((moved.to(like), like.new_ones(len(boxes))))
    return found


def _to_input(sample: PoseDataSample) -> Tensor:
    """Annotated boxes (N, 4) in pixels of the input."""
    meta = sample.metainfo
    boxes = torch.as_tensor(sample.gt_instances.bboxes, dtype=torch.float64)
    size, scale, centre = (
        torch.as_tensor(meta[key], dtype=torch.float64)
        for key in ("input_size", "input_scale", "input_center")
    )
    corners = (boxes.reshape(-1, 2, 2) - centre + scale / 2) / scale * size
    return corners.reshape(-1, 4)
