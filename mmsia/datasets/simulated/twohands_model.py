"""A stand-in for the licensed hand model: its fields, shapes and joints, our geometry.

`stand_in()` gives the right hand, `mirror` the left one. Nothing is fitted to a
person: lengths are round numbers, shape directions are derivatives of
`twohands_shape`, pose components a rotation of the joint angles.
"""

from __future__ import annotations

import io
from dataclasses import asdict, fields, replace
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from mmsia.datasets.simulated.rendering.rotations import dot
from mmsia.datasets.simulated.twohands_shape import (
    NUM_MODES,
    THUMB,
    HandShape,
    mean_shape,
    mode_shape,
)
from mmsia.datasets.simulated.twohands_surface import HandSurface, build_surface
from mmsia.errors import DataError, InputError
from mmsia.files import write_bytes_atomic
from mmsia.ops.hand_mesh import PARENTS, HandModel

# First joint of each finger of `twohands_shape.FINGERS` in the published order.
FIRST_JOINTS = (1, 4, 7, 10, 13)
_FLEXION = ((0.18, 0.22, 0.14),) * 4 + ((0.0, 0.10, 0.12),)
_BEND_WIDTH = 0.009
_SMOOTHINGS = 3
# One standard deviation weighs as much as a fifth of a millimetre on every vertex.
_PRIOR = 778 * 0.0002 * 0.0002


@lru_cache(maxsize=1)
def stand_in() -> HandModel:
    """The right hand that is the same for everybody."""
    surface = build_surface(mean_shape())
    return HandModel(
        v_template=surface.vertices,
        f=surface.topology.faces,
        shapedirs=_shapedirs(),
        # A few tenths of a millimetre at a right angle: small, not zero, as published.
        posedirs=_posedirs(surface),
        J_regressor=_regressor(surface),
        weights=_weights(surface),
        kintree_table=np.array([PARENTS, range(16)]),
        hands_components=_components(),
        hands_mean=_mean_pose(),
    )


def with_shape(model: HandModel, shape: HandShape) -> HandModel:
    """The right hand of somebody whom the model does not contain.

    Args:
        model: The right model, whose skinning and poses it keeps.
        shape: The numbers of the hand.
    """
    return replace(model, v_template=build_surface(shape).vertices)


def mirror(model: HandModel, *, shapedirs_bug: bool = False) -> HandModel:
    """The other hand: mirrored in x, faces turned so that they still face outwards.

    Args:
        model: A hand.
        shapedirs_bug: Leave the shape directions' x as it is, as the published left
            hand has it, so that what guards against that can be tested.
    """
    flip = np.array([-1.0, 1.0, 1.0])
    axial = np.tile([1.0, -1.0, -1.0], 15)
    matrix = (flip[:, None] * flip[None, :]).reshape(9)
    return replace(
        model,
        v_template=model.v_template * flip,
        f=model.f[:, [1, 0, 2]],
        shapedirs=model.shapedirs * (1.0 if shapedirs_bug else flip[:, None]),
        posedirs=model.posedirs * flip[:, None] * np.tile(matrix, 15),
        hands_components=model.hands_components * axial,
        hands_mean=model.hands_mean * axial,
    )


def palette(model: HandModel) -> np.ndarray:
    """(778, 3) colours in [0, 1] of the dense map: rest coordinates, min-max scaled.

    Args:
        model: The right model; both hands are painted alike.
    """
    low = model.v_template.min(axis=0)
    return (model.v_template - low) / (model.v_template.max(axis=0) - low)


def write_hand_model(path: str | Path, model: HandModel) -> None:
    """Write a model as npz: plain arrays, nothing that needs unpickling.

    Args:
        path: File to write.
        model: The model.
    """
    write_bytes_atomic(path, hand_model_bytes(model))


def hand_model_bytes(model: HandModel) -> bytes:
    """The content of such a file, the same for the same model."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **asdict(model))
    return buffer.getvalue()


def read_hand_model(path: str | Path) -> HandModel:
    """Read what `write_hand_model` wrote.

    Args:
        path: The npz file.

    Raises:
        DataError: If it is missing or damaged, or arrays are missing or misshapen.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return HandModel(**{f.name: arrays[f.name] for f in fields(HandModel)})
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, InputError) as error:
        raise DataError(
            f"cannot read the hand model {path}",
            expected=f"an npz with {', '.join(f.name for f in fields(HandModel))}",
            got=str(error),
            remedy="Write it again with `mmsia simulate twohands`, or convert MANO's.",
        ) from error


def _shapedirs() -> np.ndarray:
    """(778, 3, 10) change for one standard deviation, by central differences."""
    steps = [
        (build_surface(mode_shape(mode, 0.5)).vertices, mode)
        for mode in range(NUM_MODES)
    ]
    back = [build_surface(mode_shape(mode, -0.5)).vertices for mode in range(NUM_MODES)]
    return np.stack([step - back[mode] for step, mode in steps], axis=-1)


def _posedirs(surface: HandSurface) -> np.ndarray:
    """(778, 3, 135) a slight swelling on the palm's side of a joint that bends."""
    dirs = np.zeros((len(surface.vertices), 3, 135))
    for f, first in enumerate(FIRST_JOINTS):
        for bone in (1, 2):
            ring = surface.topology.joint_rings[f, bone]
            entry = (first + bone - 1) * 9 + (8 if f == THUMB else 0)
            dirs[ring, 1, entry] = 0.0004
    return dirs


def _weights(surface: HandSurface) -> np.ndarray:
    """(778, 16) skinning weights: along the chains, then smoothed over the surface."""
    vertices, finger = surface.vertices, surface.topology.finger
    weights = np.zeros((len(vertices), 16))
    for f, first in enumerate(FIRST_JOINTS):
        member = _membership(surface, f)
        passed = [
            _passed(vertices, surface.chains[f], bone) * member for bone in range(3)
        ]
        for bone in range(3):
            beyond = passed[bone + 1] if bone < 2 else 0.0
            weights[:, first + bone] = passed[bone] - np.minimum(beyond, passed[bone])
    on_palm = finger == -1
    total = weights.sum(axis=1)
    weights[on_palm & (total > 1)] /= total[on_palm & (total > 1)][:, None]
    for _ in range(_SMOOTHINGS):
        around = surface.topology.neighbour_mean(weights)
        weights += (around - weights) * 0.5
    weights[weights < 1e-3] = 0
    weights[:, 0] = 0
    rest = 1 - weights.sum(axis=1)
    weights[:, 0] = np.where(rest > 1e-3, rest, 0)
    return weights / weights.sum(axis=1)[:, None]


def _membership(surface: HandSurface, f: int) -> np.ndarray:
    """(778,) share of a vertex that follows finger f once it is past its knuckle."""
    finger = surface.topology.finger
    own = (finger == f).astype(float)
    palm = finger == -1
    if f == THUMB:
        start, end = surface.chains[f, 0], surface.chains[f, 1]
        away = _distance(surface.vertices, start, end)
        own[palm] = np.clip(1.35 - away[palm] / 0.020, 0, 1) * 0.8
        return own
    side = np.abs(surface.vertices[:, 2] - surface.chains[f, 0, 2])
    own[palm] = np.clip(1.5 - side[palm] / 0.010, 0, 1)
    return own


def _passed(vertices: np.ndarray, chain: np.ndarray, bone: int) -> np.ndarray:
    """(778,) 0 before a joint, 1 behind it, smooth within a centimetre around."""
    along = chain[bone + 1] - chain[bone]
    length = np.sqrt(dot(along, along))
    beyond = dot(vertices - chain[bone], along / length)
    t = np.clip(beyond / _BEND_WIDTH + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def _distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(N,) distance of points from a segment."""
    along = end - start
    t = np.clip(dot(points - start, along) / dot(along, along), 0, 1)
    off = points - (start + t[:, None] * along)
    return np.sqrt(dot(off, off))


def _regressor(surface: HandSurface) -> np.ndarray:
    """(16, 778): each joint exactly, from the vertices around it."""
    groups: dict[int, np.ndarray] = {}
    targets = {0: surface.wrist}
    for f, first in enumerate(FIRST_JOINTS):
        for bone in range(3):
            ring = surface.topology.joint_rings.get((f, bone))
            groups[first + bone] = (
                surface.topology.knuckles[f] if ring is None else ring
            )
            targets[first + bone] = surface.chains[f, bone]
    palm = np.flatnonzero(surface.topology.finger == -1)
    off = surface.vertices[palm] - surface.wrist
    groups[0] = palm[dot(off, off) < 0.032 * 0.032]
    regressor = np.zeros((16, len(surface.vertices)))
    for joint, group in groups.items():
        regressor[joint, group] = _least_change(surface.vertices[group], targets[joint])
    return regressor


def _least_change(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights (N,) nearest to equal ones with sum 1 and weighted mean `target`."""
    count = len(points)
    centre = points.sum(axis=0) / count
    off = points - centre
    moments = [
        [float((off[:, i] * off[:, j]).sum()) for j in range(3)] for i in range(3)
    ]
    x = _solve(moments, (target - centre).tolist())
    return 1 / count + off[:, 0] * x[0] + off[:, 1] * x[1] + off[:, 2] * x[2]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small system by elimination: LAPACK differs between processors."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][j] * solution[j] for j in range(i + 1, size))
        solution[i] = (rows[i][size] - known) / rows[i][i]
    return solution


def _components() -> np.ndarray:
    """(45, 45) orthogonal rows, from the identity by seeded plane rotations."""
    rng = np.random.default_rng(45)
    matrix = np.eye(45)
    for _ in range(400):
        i, j = rng.choice(45, 2, replace=False)
        s = float(rng.uniform(-0.8, 0.8))
        c = np.sqrt(1 - s * s)
        matrix[[i, j]] = c * matrix[i] + s * matrix[j], c * matrix[j] - s * matrix[i]
    return matrix


def _mean_pose() -> np.ndarray:
    """(45,) slightly bent fingers; flexion turns about +z, the thumb's about y."""
    pose = np.zeros((15, 3))
    for f, first in enumerate(FIRST_JOINTS):
        for bone in range(3):
            axis = 1 if f == THUMB else 2
            pose[first - 1 + bone, axis] = _FLEXION[f][bone]
    return pose.reshape(45)


def fit_shape(model: HandModel, template: np.ndarray) -> np.ndarray:
    """Shape numbers (10,) with which the model comes near to a hand at rest.

    As in fits to real hands, unlikely numbers cost a little: size is nearly the sum of
    other directions, which would take off in opposite ways.

    Args:
        model: The model.
        template: (778, 3) vertices of the hand at rest.
    """
    wanted = (template - model.v_template).reshape(-1)
    dirs = [model.shapedirs[:, :, k].reshape(-1) for k in range(NUM_MODES)]
    normal = [[float((a * b).sum()) for b in dirs] for a in dirs]
    for mode in range(NUM_MODES):
        normal[mode][mode] += _PRIOR
    right = [float((a * wanted).sum()) for a in dirs]
    return np.array(_solve(normal, right))
