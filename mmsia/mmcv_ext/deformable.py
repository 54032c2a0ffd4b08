"""Deformable convolutions (DCN, DCNv2) of `mmcv._ext`, computed by torchvision.

Both libraries store offsets as (dy, dx) pairs, kernel point by kernel point, and
sample zero outside the map. Buffers that mmcv passes for its own scratch space
(`columns`, `ones`) are not used.
"""

from __future__ import annotations

import torch
from torch import Tensor


def modulated_deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    output: Tensor,
    columns: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Write DCNv2's response to `output`.

    Args:
        input: (B, C, H, W).
        weight: (O, C / group, kernel_h, kernel_w).
        bias: (O,), or empty if not `with_bias`.
        ones: Not used.
        offset: (B, 2 * deformable_group * kernel_h * kernel_w, h, w) cells, yx.
        mask: (B, deformable_group * kernel_h * kernel_w, h, w).
        output: (B, O, h, w), written.
        columns: Not used.
        kernel_h: Kernel's height; width, stride and so on follow as in a convolution.
        kernel_w: Kernel's width.
        stride_h: Cells.
        stride_w: Cells.
        pad_h: Cells.
        pad_w: Cells.
        dilation_h: Cells.
        dilation_w: Cells.
        group: Groups of the convolution.
        deformable_group: Groups of input channels with their own offsets.
        with_bias: Whether `bias` is added.
    """
    if not with_bias:
        bias = input.new_zeros(weight.size(0))
    geometry = (stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w)
    result = torch.ops.torchvision.deform_conv2d(
        input, weight, offset, mask, bias, *geometry, group, deformable_group, True
    )
    output.copy_(result)


def modulated_deform_conv_backward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    columns: Tensor,
    grad_input: Tensor,
    grad_weight: Tensor,
    grad_bias: Tensor,
    grad_offset: Tensor,
    grad_mask: Tensor,
    grad_output: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Add the gradients of `modulated_deform_conv_forward` to the `grad_` tensors.

    Args:
        input: As in the forward pass, like all that are not named `grad_`.
        weight: See there.
        bias: See there.
        ones: Not used.
        offset: See there.
        mask: See there.
        columns: Not used.
        grad_input: Shape of `input`, added to; so are the next four.
        grad_weight: Shape of `weight`.
        grad_bias: Shape of `bias`.
        grad_offset: Shape of `offset`.
        grad_mask: Shape of `mask`.
        grad_output: (B, O, h, w).
        kernel_h: See the forward pass.
        kernel_w: See the forward pass.
        stride_h: See the forward pass.
        stride_w: See the forward pass.
        pad_h: See the forward pass.
        pad_w: See the forward pass.
        dilation_h: See the forward pass.
        dilation_w: See the forward pass.
        group: See the forward pass.
        deformable_group: See the forward pass.
        with_bias: See the forward pass.
    """
    if not with_bias:
        bias = input.new_zeros(weight.size(0))
    geometry = (stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w)
    gradients = torch.ops.torchvision._deform_conv2d_backward(
        grad_output,
        input,
        weight,
        offset,
        mask,
        bias,
        *geometry,
        group,
        deformable_group,
        True,
    )
    targets = (grad_input, grad_weight, grad_offset, grad_mask)
    for target, gradient in zip(targets, gradients, strict=False):
        target += gradient
    if with_bias:
        grad_bias += gradients[4]


def deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    output: Tensor,
    columns: Tensor,
    ones: Tensor,
    **geometry: int,
) -> None:
    """Write the response of the first deformable convolution (DCN) to `output`.

    Args:
        input: (B, C, H, W).
        weight: (O, C / group, kH, kW).
        offset: (B, 2 * deformable_group * kH * kW, h, w) cells, yx.
        output: (B, O, h, w), written.
        columns: Not used.
        ones: Not used.
        **geometry: kW, kH, dW, dH (strides), padW, padH, dilationW, dilationH, group,
            deformable_group; im2col_step only sets mmcv's memory.
    """
    mask, bias = _neutral(offset, weight)
    result = torch.ops.torchvision.deform_conv2d(
        input, weight, offset, mask, bias, *_geometry(geometry), False
    )
    output.copy_(result)


def deform_conv_backward_input(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_input: Tensor,
    grad_offset: Tensor,
    weight: Tensor,
    columns: Tensor,
    **geometry: int,
) -> None:
    """Add DCN's gradients by input and offset to `grad_input` and `grad_offset`.

    Args:
        input: (B, C, H, W).
        offset: (B, 2 * deformable_group * kH * kW, h, w) cells, yx.
        grad_output: (B, O, h, w).
        grad_input: Shape of `input`, added to.
        grad_offset: Shape of `offset`, added to.
        weight: (O, C / group, kH, kW).
        columns: Not used.
        **geometry: As in `deform_conv_forward`.
    """
    gradients = _backward(grad_output, input, weight, offset, geometry)
    grad_input += gradients[0]
    grad_offset += gradients[2]


def deform_conv_backward_parameters(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_weight: Tensor,
    columns: Tensor,
    ones: Tensor,
    scale: float,
    **geometry: int,
) -> None:
    """Add DCN's gradient by the weight, times `scale`, to `grad_weight`.

    Args:
        input: (B, C, H, W).
        offset: (B, 2 * deformable_group * kH * kW, h, w) cells, yx.
        grad_output: (B, O, h, w).
        grad_weight: (O, C / group, kH, kW), added to.
        columns: Not used.
        ones: Not used.
        scale: Factor of the gradient.
        **geometry: As in `deform_conv_forward`.
    """
    # The gradient by the weight does not depend on the weight's values.
    weight = torch.zeros_like(grad_weight)
    gradients = _backward(grad_output, input, weight, offset, geometry)
    grad_weight += scale * gradients[1]


def _backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    geometry: dict[str, int],
) -> tuple[Tensor, ...]:
    mask, bias = _neutral(offset, weight)
    return torch.ops.torchvision._deform_conv2d_backward(
        grad_output, input, weight, offset, mask, bias, *_geometry(geometry), False
    )


def _neutral(offset: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The mask and bias that DCN does not have, as torchvision wants them."""
    return offset.new_zeros(offset.size(0), 1), weight.new_zeros(weight.size(0))


def _geometry(given: dict[str, int]) -> tuple[int, ...]:
    keys = ("dH", "dW", "padH", "padW", "dilationH", "dilationW")
    return (*(given[key] for key in keys), given["group"], given["deformable_group"])
