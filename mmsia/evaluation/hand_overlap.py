"""How much two hands overlap in the image, and errors over it.

Hands that hide each other are what refinement is for: errors are told by the overlap of
the two true hands. It is that of their whole silhouettes, each drawn as if the other
were not there; masks of what is visible never overlap, and boxes and convex outlines
also do where a hand only lies between the other one's fingers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.raster import rasterise
from mmsia.errors import DataError, InputError
from mmsia.evaluation.bootstrap import draw_weights


@dataclass(frozen=True)
class OverlapBin:
    """Images whose hands overlap alike, and their mean errors.

    Attributes:
        low: Least overlap of its images.
        high: Largest overlap of its images.
        middle: Their mean overlap.
        num_images: How many.
        means: Name of an error -> its mean over them.
        intervals: Name of an error -> 95 % interval of this mean, over images.
    """

    low: float
    high: float
    middle: float
    num_images: int
    means: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]


def hand_overlap(
    vertices: np.ndarray, camera: np.ndarray, faces: np.ndarray, size: int
) -> float:
    """Pixels in both hands' silhouettes over those in either one.

    Args:
        vertices: (2, V, 3) metres in the camera's frame.
        camera: (3, 3) intrinsics of the crop, pixels.
        faces: (2, F, 3) vertices of each hand's triangles.
        size: Side of the crop, pixels; what is outside of it does not count.

    Returns:
        0 to 1; 0 where no hand is in the crop.

    Raises:
        DataError: A hand that is not finite or not wholly before the camera.
    """
    if not (np.isfinite(vertices).all() and (vertices[..., 2] > 0).all()):
        raise DataError(
            "hands whose overlap is asked for",
            expected="finite vertices before the camera, metres, z forwards",
            got="others",
            remedy="Leave the image out, or mend its annotation.",
        )
    # Any camera's picture: places are what it sees, and no depth decides anything.
    pixels = (vertices / vertices[..., 2:]) @ np.asarray(camera)[:2].T
    screen = Camera((size, size), (size / 2, size / 2), (size, size))
    first, second = (
        _silhouette(screen.unproject(seen, 1.0), triangles, screen)
        for seen, triangles in zip(pixels, faces, strict=True)
    )
    either = int((first | second).sum())
    return int((first & second).sum()) / either if either else 0.0


def errors_by_overlap(
    errors: Mapping[str, np.ndarray],
    overlaps: np.ndarray,
    *,
    num_bins: int = 5,
    num_draws: int = 1000,
    seed: int = 0,
) -> list[OverlapBin]:
    """Mean errors of images by how much their hands overlap.

    Images without any overlap are a bin of their own; the others are dealt, by rising
    overlap, into bins of as many images each. The rule looks at no error.

    Args:
        errors: Name, such as of an estimate -> (N,) its error in each image; that of a
            difference between two estimates is paired.
        overlaps: (N,) as `hand_overlap`.
        num_bins: Bins of the images with overlap; fewer where there are fewer images.
        num_draws: Draws of the images, the same for all errors.
        seed: Of the draws.

    Returns:
        By rising overlap.

    Raises:
        InputError: No images, arrays of other lengths, numbers that are not finite, or
            no bins or draws.
    """
    overlaps = np.asarray(overlaps, np.float64)
    table = {name: np.asarray(each, np.float64) for name, each in errors.items()}
    _check(table, overlaps, num_bins, num_draws)
    order = np.argsort(overlaps, kind="stable")
    apart = int((overlaps == 0).sum())
    dealt = [order[:apart], *np.array_split(order[apart:], num_bins)]
    weights = draw_weights(len(overlaps), num_draws, seed)
    return [_bin(table, overlaps, own, weights) for own in dealt if len(own)]


def _bin(
    errors: Mapping[str, np.ndarray],
    overlaps: np.ndarray,
    own: np.ndarray,
    weights: np.ndarray,
) -> OverlapBin:
    counts = weights[:, own]
    # A draw without any image of the bin says nothing of it.
    counts = counts[counts.any(axis=1)]
    draws = {
        name: counts @ each[own] / counts.sum(axis=1) for name, each in errors.items()
    }
    bounds = {name: np.percentile(each, [2.5, 97.5]) for name, each in draws.items()}
    return OverlapBin(
        low=float(overlaps[own].min()),
        high=float(overlaps[own].max()),
        middle=float(overlaps[own].mean()),
        num_images=len(own),
        means={name: float(each[own].mean()) for name, each in errors.items()},
        intervals={name: (float(a), float(b)) for name, (a, b) in bounds.items()},
    )


def _silhouette(points: np.ndarray, faces: np.ndarray, screen: Camera) -> np.ndarray:
    """(S * S,) whether a pixel shows the mesh."""
    hits = rasterise(points, faces, np.ones(len(faces), bool), screen)
    shown = np.zeros(screen.size[0] * screen.size[1], bool)
    shown[hits.pixels] = True
    return shown


def _check(
    errors: Mapping[str, np.ndarray],
    overlaps: np.ndarray,
    num_bins: int,
    num_draws: int,
) -> None:
    if num_bins < 1 or num_draws < 1:
        raise InputError(
            "bins and draws of errors by overlap",
            expected="1 or more of each",
            got=f"{num_bins} bins, {num_draws} draws",
        )
    shapes = {name: each.shape for name, each in errors.items()}
    whole = overlaps.ndim == 1 and len(overlaps) and errors
    if not whole or set(shapes.values()) != {overlaps.shape}:
        raise InputError(
            "errors by overlap",
            expected="some errors and an overlap, one of each an image",
            got=f"overlaps {overlaps.shape}, errors {shapes}",
        )
    if not all(np.isfinite(each).all() for each in (overlaps, *errors.values())):
        raise InputError(
            "errors by overlap", expected="finite numbers", got="NaN or infinity"
        )
