"""Z-buffer over all triangles of a scene in one vectorised pass.

A triangle with corners v0, v1, v2 covers the ray r(x, y) if the three edge functions
(v1 x v2).r, (v2 x v0).r, (v0 x v1).r have the sign of its determinant; their sum over
the determinant is 1 / z. All are linear in x and y, so that every row of a triangle is
one span: rows are expanded first, then exactly the pixels that are covered. Depth and
triangle are packed into one integer, whose maximum per pixel is the nearest triangle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.rotations import cross, dot

NEAR = 1e-6
"""Triangles with a corner nearer than this (or behind the camera) are left out."""


@dataclass(frozen=True)
class Hits:
    """What is seen.

    Attributes:
        pixels: (P,) flat indices of the covered pixels, ascending.
        faces: (P,) the triangle that is seen there.
        depth: (P,) float32 z of its surface.
    """

    pixels: np.ndarray
    faces: np.ndarray
    depth: np.ndarray


def rasterise(
    vertices: np.ndarray, faces: np.ndarray, two_sided: np.ndarray, camera: Camera
) -> Hits:
    """Find the nearest triangle of every pixel.

    Args:
        vertices: (V, 3) in the camera's frame.
        faces: (F, 3) int, counter-clockwise seen from outside.
        two_sided: (F,) bool; others are seen from outside only.
        camera: The camera.
    """
    width, height = camera.size
    rows, counts, kept, edges, inverse = _front(vertices, faces, two_sided, camera)
    of_row, offset = _expand(counts)
    y = rows[of_row] + offset
    left, length = _spans(edges, of_row, y, width)
    of_pixel, along = _expand(length)
    x = left[of_pixel] + along
    a, b, c = (plane[of_row] for plane in inverse)
    nearness = a[of_pixel] * x + (b * y + c)[of_pixel]
    bits = nearness.astype(np.float32).view(np.uint32).astype(np.uint64)
    # a tie goes to the triangle that was named first
    last = np.uint64(0xFFFFFFFF)
    keys = (bits << np.uint64(32)) | (last - kept[of_row][of_pixel].astype(np.uint64))
    buffer = np.zeros(width * height, dtype=np.uint64)
    np.maximum.at(buffer, (y * width)[of_pixel] + x, keys)
    pixels = np.flatnonzero(buffer)
    found = buffer[pixels]
    nearest = (found >> np.uint64(32)).astype(np.uint32).view(np.float32)
    return Hits(
        pixels, (last - (found & last)).astype(np.int64), np.float32(1.0) / nearest
    )


def attribute_planes(
    corners: np.ndarray, values: np.ndarray, camera: Camera
) -> np.ndarray:
    """(F, A, 3) planes of values that are linear on triangles, over z.

    The value at pixel (x, y) is z * (plane . (x, y, 1)).

    Args:
        corners: (F, 3, 3) corners of triangles that are seen.
        values: (F, 3, A) values at the corners.
        camera: The camera.
    """
    v0, v1, v2 = corners[:, 0], corners[:, 1], corners[:, 2]
    sides = cross(v1, v2), cross(v2, v0), cross(v0, v1)
    volume = dot(v0, sides[0])
    # degenerate triangles are never seen; their planes must only be finite
    scale = 1.0 / np.where(volume == 0, 1.0, volume)
    total = sum(
        values[:, i, :, None] * (sides[i] * scale[:, None])[:, None, :]
        for i in range(3)
    )
    plane = [total[..., i] for i in range(3)]
    return np.stack(_plane_in_pixels(plane, camera), axis=-1)


Plane = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Coefficients of x, y and 1 of linear functions, an array each."""


def _front(
    vertices: np.ndarray, faces: np.ndarray, two_sided: np.ndarray, camera: Camera
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Plane], Plane]:
    """First row, number of rows, index, three edges and 1 / z of what is drawn."""
    corner = [np.ascontiguousarray(faces[:, i]) for i in range(3)]
    axes = [np.ascontiguousarray(vertices[:, i]) for i in range(3)]
    v0, v1, v2 = ([axis[index] for axis in axes] for index in corner)
    side = _cross(v1, v2)
    volume = v0[0] * side[0] + v0[1] * side[1] + v0[2] * side[2]
    ahead = np.minimum(np.minimum(v0[2], v1[2]), v2[2]) > NEAR
    kept = np.flatnonzero(ahead & ((volume < 0) | (two_sided & (volume > 0))))
    pixels = camera.project(np.where(vertices[:, 2:] > NEAR, vertices, 1.0))
    width, height = camera.size
    low, high = _range(pixels[:, 1], corner, kept)
    first = np.ceil(np.clip(low, 0, height))
    counts = np.floor(np.clip(high, -1, height - 1)) - first + 1
    low, high = _range(pixels[:, 0], corner, kept)
    drawn = np.flatnonzero((counts > 0) & (high >= 0) & (low <= width - 1))
    kept, first, counts = kept[drawn], first[drawn], counts[drawn]
    v0, v1, v2 = ([axis[kept] for axis in v] for v in (v0, v1, v2))
    # Shared edges have the very same crossings in both triangles: no pixel is lost.
    sign = np.where(volume[kept] < 0, -1.0, 1.0)
    sides = [axis[kept] for axis in side], _cross(v2, v0), _cross(v0, v1)
    edges = [_plane_in_pixels([axis * sign for axis in s], camera) for s in sides]
    size = np.abs(volume[kept])
    inverse = tuple((e0 + e1 + e2) / size for e0, e1, e2 in zip(*edges, strict=True))
    return first.astype(np.int64), counts.astype(np.int64), kept, edges, inverse


def _range(
    values: np.ndarray, corner: list[np.ndarray], kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value (V,) at the corners of some triangles."""
    a, b, c = (values[index[kept]] for index in corner)
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)


def _cross(left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
    return [
        left[1] * right[2] - left[2] * right[1],
        left[2] * right[0] - left[0] * right[2],
        left[0] * right[1] - left[1] * right[0],
    ]


def _spans(
    edges: list[Plane], of_row: np.ndarray, y: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """First column and number of columns of rows (R,) inside three edges."""
    lower = np.zeros(len(y))
    upper = np.full(len(y), width - 1.0)
    for edge in edges:
        slope, b, c = (plane[of_row] for plane in edge)
        rest = -(b * y + c)
        flat = slope == 0
        crossing = rest / np.where(flat, 1.0, slope)
        lower = np.where((slope > 0) & (crossing > lower), crossing, lower)
        upper = np.where((slope < 0) & (crossing < upper), crossing, upper)
        upper = np.where(flat & (rest > 0), -1.0, upper)
    first = np.ceil(lower)
    length = np.maximum(np.floor(upper) - first + 1, 0)
    return first.astype(np.int64), length.astype(np.int64)


def _plane_in_pixels(plane: list[np.ndarray], camera: Camera) -> Plane:
    """Linear functions of rays as functions of (x, y, 1) in pixels."""
    a = plane[0] / camera.focal[0]
    b = plane[1] / camera.focal[1]
    return a, b, plane[2] - a * camera.centre[0] - b * camera.centre[1]


def _expand(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For runs of some lengths: the run of each element, and its place in the run."""
    owner = np.repeat(np.arange(len(counts)), counts)
    start = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - start[owner]
