"""NMS and RoIAlign of `mmcv._ext`, computed by torchvision's compiled operators."""

from __future__ import annotations

import torch
from torch import Tensor

from mmsia.errors import MissingPartError


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Return the indices of the boxes that are kept, by descending score.

    Args:
        boxes: (N, 4) xyxy pixels.
        scores: (N,).
        iou_threshold: A box goes if its IoU with a better one is above this.
        offset: Sides are x2 - x1 + offset; 1 for boxes that include their last pixel.
    """
    if boxes.numel() == 0:
        return torch.empty(0, dtype=torch.long, device=boxes.device)
    # Half precision has neither a CPU kernel nor the digits to compare areas.
    dtype = torch.promote_types(boxes.dtype, torch.float32)
    boxes = boxes.to(dtype)
    if offset:
        boxes = torch.cat((boxes[:, :2], boxes[:, 2:] + offset), dim=1)
    return torch.ops.torchvision.nms(boxes, scores.to(dtype), iou_threshold)


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Write the average of bilinear samples of each bin to `output`.

    Args:
        input: (B, C, H, W) features.
        rois: (N, 5) batch index and xyxy in image pixels.
        output: (N, C, aligned_height, aligned_width), written.
        argmax_y: Not used by average pooling.
        argmax_x: Not used by average pooling.
        aligned_height: Bins along y.
        aligned_width: Bins along x.
        spatial_scale: Feature cells per image pixel.
        sampling_ratio: Samples per bin and axis; 0: one a feature cell.
        pool_mode: 1 average; 0 (maximum) needs compiled operators.
        aligned: Shift by half a cell, so that cell centres lie at .5.

    Raises:
        MissingPartError: If `pool_mode` is maximum.
    """
    _check_pool_mode(pool_mode)
    output.copy_(
        torch.ops.torchvision.roi_align(
            input,
            rois.to(input.dtype),
            spatial_scale,
            aligned_height,
            aligned_width,
            sampling_ratio,
            aligned,
        )
    )


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Add the gradient of `roi_align_forward` by its input to `grad_input`.

    Args:
        grad_output: (N, C, aligned_height, aligned_width).
        rois: (N, 5) batch index and xyxy in image pixels.
        argmax_y: Not used by average pooling.
        argmax_x: Not used by average pooling.
        grad_input: (B, C, H, W), added to.
        aligned_height: As in the forward pass, like all that follow.
        aligned_width: Bins along x.
        spatial_scale: Feature cells per image pixel.
        sampling_ratio: Samples per bin and axis.
        pool_mode: 1 average.
        aligned: Shift by half a cell.

    Raises:
        MissingPartError: If `pool_mode` is maximum.
    """
    _check_pool_mode(pool_mode)
    grad_input += torch.ops.torchvision._roi_align_backward(
        grad_output,
        rois.to(grad_output.dtype),
        spatial_scale,
        aligned_height,
        aligned_width,
        *grad_input.shape,
        sampling_ratio,
        aligned,
    )


def _check_pool_mode(pool_mode: int) -> None:
    if pool_mode != 1:
        raise MissingPartError(
            "mmcv's RoIAlign with pool_mode='max' needs compiled operators",
            expected="pool_mode='avg', which mmsia's stand-in for mmcv._ext has",
            got="pool_mode='max'",
            remedy="Set pool_mode='avg' (MMDetection's default), or install a build "
            "of mmcv with operators.",
        )
