"""Where the cells of an output map lie in the input image.

Every pixel occupies a 1 x 1 area and its value lies at its centre, so cell ``(u, v)``
of a map with output stride R sits at ``(R u + R/2 - 0.5, R v + R/2 - 0.5)`` input
pixels (GOG, Section 2.2). Ignoring the half pixel is what Table 2 calls ``qnt``.
"""

from __future__ import annotations

import numpy as np

from mmsia.errors import InputError


def cell_offset(stride: int) -> float:
    """Position of cell 0 in input pixels.

    Args:
        stride: Output stride R in input pixels.
    """
    return stride / 2 - 0.5


def map_size(input_size: tuple[int, int], stride: int) -> tuple[int, int]:
    """Size of the output maps.

    Args:
        input_size: (w, h) input pixels.
        stride: Output stride R.

    Returns:
        (w, h) in cells, rounded down.

    Raises:
        InputError: The input is smaller than one cell.
    """
    width, height = input_size[0] // stride, input_size[1] // stride
    if width < 1 or height < 1:
        raise InputError(
            "input is smaller than one cell of the output map",
            expected=f"at least {stride} x {stride} pixels at stride {stride}",
            got=f"{input_size[0]} x {input_size[1]}",
            remedy="Resize the image first (long_edge or fixed_height)",
        )
    return width, height


def quantize_to_cells(keypoints: np.ndarray, stride: int) -> np.ndarray:
    """Move keypoints to the centre of the cell that ``floor(p / R)`` names.

    Args:
        keypoints: (..., 2) input pixels, xy.
        stride: Output stride R.

    Returns:
        (..., 2) input pixels.
    """
    return np.floor(keypoints / stride) * stride + cell_offset(stride)
