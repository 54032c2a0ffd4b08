"""Operator names of `mmcv._ext` -> what stands in for them.

Besides the formulas in the tests, NMS, RoIAlign and both deformable convolutions were
compared once, float32 on the CPU, with mmcv 2.3.6's own operators, compiled: the same
boxes, the same bits of RoIAlign, convolution gradients within 7e-6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmsia.errors import MissingPartError
from mmsia.mmcv_ext import boxes, deformable, focal_loss

OPERATORS: dict[str, Callable[..., Any]] = {
    "nms": boxes.nms,
    "roi_align_forward": boxes.roi_align_forward,
    "roi_align_backward": boxes.roi_align_backward,
    "deform_conv_forward": deformable.deform_conv_forward,
    "deform_conv_backward_input": deformable.deform_conv_backward_input,
    "deform_conv_backward_parameters": deformable.deform_conv_backward_parameters,
    "modulated_deform_conv_forward": deformable.modulated_deform_conv_forward,
    "modulated_deform_conv_backward": deformable.modulated_deform_conv_backward,
    "sigmoid_focal_loss_forward": focal_loss.sigmoid_focal_loss_forward,
    "sigmoid_focal_loss_backward": focal_loss.sigmoid_focal_loss_backward,
    # mmcv's collect_env prints these two.
    "get_compiler_version": lambda: "none (mmsia's stand-in for mmcv._ext)",
    "get_compiling_cuda_version": lambda: "none (mmsia's stand-in for mmcv._ext)",
}
"""What works without compiled operators.

torchvision's roi_pool is not among them: it rounds the box to whole cells, mmcv's
does not.
"""

NEEDED_BY = {
    "softnms": "soft NMS (test_cfg nms type 'soft_nms'; CornerNet, CentripetalNet)",
    "nms_match": "the ScoreHLR sampler (PISA)",
    "nms_rotated": "rotated boxes",
    "nms_quadri": "quadrilateral boxes",
    "roi_pool": "RoIPool (Fast R-CNN; RoIAlign works)",
    "prroi_pool": "PrRoIPool",
    "deform_roi_pool": "DeformRoIPool (Faster R-CNN dpool)",
    "ms_deform_attn": "multi-scale deformable attention on a GPU (Deformable DETR, "
    "DINO, Mask2Former, ED-Pose)",
    "softmax_focal_loss": "SoftmaxFocalLoss",
    "sync_bn": "mmcv's SyncBN (norm type 'MMSyncBN'; torch's 'SyncBN' works)",
    "masked_": "MaskedConv2d (Guided Anchoring)",
    "carafe": "CARAFE upsampling (FPN_CARAFE)",
    "line_nms": "CLRNet lane detection",
    "psamask": "PSANet",
    "correlation": "the Correlation layer (optical flow)",
    "bbox_overlaps": "mmcv.ops.bbox_overlaps (mmdet's own bbox_overlaps works)",
    "border_align": "BorderDet",
    "upfirdn2d": "StyleGAN layers",
    "fused_bias_leakyrelu": "StyleGAN layers",
    "indice_": "sparse convolutions (3D detection)",
}
"""Start of an operator's name -> what calls it, for the error message."""

REMEDY = (
    "Use a model without it, or build mmcv with its operators (C++ compiler; for a "
    "GPU also nvcc of torch's CUDA version): `pip install --force-reinstall --no-deps "
    "--no-build-isolation --no-binary onedl-mmcv onedl-mmcv==2.3.6`"
)


def get_operator(name: str) -> Callable[..., Any]:
    """Return the operator, or a callable that raises and names what is missing.

    Args:
        name: Name in `mmcv._ext`, such as `nms`.
    """
    if name in OPERATORS:
        return OPERATORS[name]

    def missing(*_args: Any, **_kwargs: Any) -> None:
        raise missing_operator(name)

    missing.__name__ = missing.__qualname__ = name
    return missing


def missing_operator(name: str, detail: str = "") -> MissingPartError:
    """Return the error for an operator that only compiled code has.

    Args:
        name: Name in `mmcv._ext`.
        detail: Which of its modes is meant, where others work.
    """
    users = [text for start, text in NEEDED_BY.items() if name.startswith(start)]
    needed = users[0] if users else "what calls mmcv.ops for it (see the traceback)"
    what = f"{name} {detail}".strip()
    return MissingPartError(
        f"mmcv's compiled operator {what} is not available; it is needed by {needed}",
        expected="a build of mmcv with operators",
        got="mmsia's stand-in for mmcv._ext",
        remedy=REMEDY,
    )
