"""Errors of two reconstructed hands, as DIR's and IntagHand's evaluations have them.

Per hand, both meshes are moved so that their root is the origin, and the found one is
scaled so that the bone from wrist to middle MCP is as long as the true one. Joints are
regressed from the posed vertices, of both meshes alike; finger ends are vertices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.errors import DataError
from mmsia.ops.hand_mesh import JOINTS_21, TIP_VERTICES, HandModel
from mmsia.ops.hand_sets import ROOTS, SIDES

_MILLIMETRES = 1000.0
# Metres: no hand has a bone as short as this.
_NO_LENGTH = 1e-6


@dataclass(frozen=True)
class HandErrors:
    """Errors of N images, one value a hand; the left hand is first.

    Attributes:
        joints: (N, 2) mean over the 21 joints, millimetres.
        vertices: (N, 2) mean over the 778 vertices, millimetres.
        joint_pixels: (N, 2) mean over the joints, pixels.
        vertex_pixels: (N, 2) mean over the vertices, pixels.
        roots: (N,) of the right root relative to the left one, millimetres.
    """

    joints: np.ndarray
    vertices: np.ndarray
    joint_pixels: np.ndarray
    vertex_pixels: np.ndarray
    roots: np.ndarray

    def by_image(self) -> dict[str, np.ndarray]:
        """(N,) of each metric, both hands weighing alike."""
        scores = {}
        for name, values in (("mpjpe", self.joints), ("mpvpe", self.vertices)):
            scores |= {
                f"{name}_{side}": values[:, hand] for hand, side in enumerate(SIDES)
            }
            scores[name] = values.mean(axis=1)
        return scores | {
            "pixel_joint": self.joint_pixels.mean(axis=1),
            "miaa": self.vertex_pixels.mean(axis=1),
            "mrrpe": self.roots,
        }

    def means(self) -> dict[str, float]:
        """The metrics: means over images."""
        return {name: float(each.mean()) for name, each in self.by_image().items()}


def joint_weights(models: Mapping[str, HandModel]) -> np.ndarray:
    """What makes the 21 joints of each hand of its vertices.

    Args:
        models: "left" and "right".

    Returns:
        (2, 21, 778); rows of the finger ends have a single one.
    """
    ends = np.zeros((len(TIP_VERTICES), 778))
    ends[np.arange(len(TIP_VERTICES)), list(TIP_VERTICES)] = 1
    regressors = [models[side].J_regressor for side in SIDES]
    rows = [np.concatenate([each, ends])[list(JOINTS_21)] for each in regressors]
    return np.stack(rows)


def hand_errors(
    found: np.ndarray,
    truth: np.ndarray,
    cameras: np.ndarray,
    weights: np.ndarray,
    *,
    root: str = "wrist",
    scale: bool = True,
    ids: Sequence[Any] | None = None,
) -> HandErrors:
    """Compare meshes of two hands.

    Args:
        found: (N, 2, 778, 3) metres, both hands of an image in one frame, of which the
            origin is of no account; axes as the camera's.
        truth: (N, 2, 778, 3) metres in the camera's frame.
        cameras: (N, 3, 3) intrinsics of the crops, pixels.
        weights: As `joint_weights`.
        root: Joint that both hands are compared from, one of `ROOTS`.
        scale: Scale the found hands as told above; the distance of the roots never is.
        ids: What messages call the images; their numbers if None.

    Raises:
        DataError: Numbers that are not finite, a bone without length where it decides
            the scale, or a hand behind the camera; tells of which images.
    """
    named = list(range(len(truth)) if ids is None else ids)
    for name, meshes in (("true", truth), ("found", found)):
        _check_finite(meshes, name, named)
    joint = ROOTS[root]
    joints, true_joints = weights @ found, weights @ truth
    start, true_start = joints[:, :, [joint]], true_joints[:, :, [joint]]
    factor = _scales(joints, true_joints, named) if scale else 1.0
    lengths, pixels = [], []
    for ours, true in ((joints, true_joints), (found, truth)):
        true_places = _project(true, cameras, "true", named)
        placed = (ours - start) * factor + true_start
        places = _project(placed, cameras, "found", named)
        lengths.append(_MILLIMETRES * _distances(placed, true).mean(axis=-1))
        pixels.append(_distances(places, true_places).mean(axis=-1))
    apart, true_apart = (each[:, 1, 0] - each[:, 0, 0] for each in (start, true_start))
    roots = _MILLIMETRES * _distances(apart, true_apart)
    return HandErrors(*lengths, *pixels, roots)


def check_sides(
    models: Mapping[str, HandModel],
    vertices: np.ndarray,
    ids: Sequence[Any] | None = None,
) -> None:
    """Check that the left hand is a left hand, and the right one a right one.

    A mesh of the wrong hand is inside out: the volume that its faces enclose has
    another sign than the model's, in every pose and shape.

    Args:
        models: "left" and "right", for their faces and templates.
        vertices: (N, 2, 778, 3), left first.
        ids: What messages call the images; their numbers if None.

    Raises:
        DataError: Some are of the other hand; tells of which images.
    """
    named = list(range(len(vertices)) if ids is None else ids)
    for hand, side in enumerate(SIDES):
        faces = np.asarray(models[side].f)
        # Whichever way round a release's faces are.
        usual = np.sign(_volumes(models[side].v_template[None], faces))
        volumes = usual * _volumes(vertices[:, hand], faces)
        _refuse(
            volumes < 0,
            named,
            f"the labels of {side} hands",
            f"{side} hands",
            "meshes that are mirrored",
            "The labels left and right are swapped, or an image was flipped "
            "without them.",
        )


def _volumes(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N,) six times the volumes of (N, 778, 3) meshes, seen from their middles."""
    corners = (vertices - vertices.mean(axis=1, keepdims=True))[:, faces]
    a, b, c = corners.swapaxes(0, 2)
    return (a * np.cross(b, c)).sum(axis=(0, 2))


def _scales(
    joints: np.ndarray, true_joints: np.ndarray, named: list[Any]
) -> np.ndarray:
    """(N, 2, 1, 1) length of the true bone from wrist to middle MCP over the found."""
    wrist, knuckle = ROOTS["wrist"], ROOTS["middle_mcp"]
    lengths = [
        np.linalg.norm(each[:, :, knuckle] - each[:, :, wrist], axis=-1)
        for each in (joints, true_joints)
    ]
    for name, length in zip(("found", "true"), lengths, strict=True):
        _refuse(
            (length < _NO_LENGTH).any(axis=1),
            named,
            f"the {name} bone from wrist to middle MCP",
            "a length, for the hand is scaled by it",
            "none",
            "Compare with scale=False, or mend these hands.",
        )
    return (lengths[1] / lengths[0])[..., None, None]


def _project(
    points: np.ndarray, cameras: np.ndarray, name: str, named: list[Any]
) -> np.ndarray:
    """(N, 2, P, 2) pixels of (N, 2, P, 3) points in the camera's frame."""
    depth = points[..., 2:]
    _refuse(
        (depth <= 0).any(axis=(1, 2, 3)),
        named,
        f"the {name} hands",
        "hands before the camera",
        "vertices or joints behind it",
        "Vertices are in metres, z forwards.",
    )
    return (points / depth) @ cameras[:, None, :2].swapaxes(-1, -2)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=-1)


def _check_finite(meshes: np.ndarray, name: str, named: list[Any]) -> None:
    _refuse(
        ~np.isfinite(meshes).all(axis=(1, 2, 3)),
        named,
        f"the {name} hands",
        "finite numbers",
        "NaN or infinity",
        "The network has diverged, or the data are damaged.",
    )


def _refuse(
    wrong: np.ndarray, named: list[Any], what: str, expected: str, got: str, do: str
) -> None:
    """Raise for the images of which `wrong` (N,) tells."""
    if wrong.any():
        images = [str(named[number]) for number in np.flatnonzero(wrong)]
        listed = ", ".join(images[:5]) + (" ..." if len(images) > 5 else "")
        raise DataError(
            what,
            expected=expected,
            got=f"{got} in {len(images)} of {len(wrong)} images ({listed})",
            remedy=do,
        )
