"""Hand mesh model: shape and pose blend shapes, joints and linear blend skinning.

The formulas of the MANO hand ("Embodied Hands", Romero et al., section 3): vertices
and joints from rotations, shape numbers and a translation. The arrays of a model have
the names and shapes of the published file, so that a converted licensed model and the
stand-in of `mmsia.datasets.simulated` are used alike.

NumPy, one hand at a time, and the same to the last bit on every machine: sines by
`math` and kept to twelve decimals, sums written out, no BLAS. Networks have their own
batched layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from mmsia.errors import InputError

PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
# Vertices at the ends of thumb, index, middle, ring and little finger.
TIP_VERTICES = (745, 317, 444, 556, 673)
# Of (16 joints, 5 tips): wrist, then thumb, index, middle, ring, little from the root.
JOINTS_21 = (0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20)
# C libraries differ in a sine's last bits.
_DECIMALS = 12
_SHAPES = {
    "v_template": (778, 3),
    "f": (1538, 3),
    "shapedirs": (778, 3, 10),
    "posedirs": (778, 3, 135),
    "J_regressor": (16, 778),
    "weights": (778, 16),
    "kintree_table": (2, 16),
    "hands_components": (45, 45),
    "hands_mean": (45,),
}


@dataclass(frozen=True)
class HandModel:
    """A hand model; the fields have the names, shapes and units of the MANO file.

    Attributes:
        v_template: (778, 3) vertices of the mean hand at rest, metres.
        f: (1538, 3) triangles.
        shapedirs: (778, 3, 10) metres per unit of shape.
        posedirs: (778, 3, 135) metres per unit of (rotations - identity).
        J_regressor: (16, 778) rest joints from rest vertices.
        weights: (778, 16) skinning weights.
        kintree_table: (2, 16) parent and number of each joint.
        hands_components: (45, 45) principal pose components, one a row.
        hands_mean: (45,) axis-angle pose to which poses are added.
    """

    v_template: np.ndarray
    f: np.ndarray
    shapedirs: np.ndarray
    posedirs: np.ndarray
    J_regressor: np.ndarray
    weights: np.ndarray
    kintree_table: np.ndarray
    hands_components: np.ndarray
    hands_mean: np.ndarray

    def __post_init__(self) -> None:
        """Refuse arrays of other shapes."""
        for field in fields(self):
            shape = np.shape(getattr(self, field.name))
            if shape != _SHAPES[field.name]:
                raise InputError(
                    f"the hand model's {field.name}",
                    expected=f"shape {_SHAPES[field.name]}",
                    got=f"shape {shape}",
                    remedy="Convert the file again: the arrays are those of MANO",
                )

    @cached_property
    def pose_columns(self) -> np.ndarray:
        """Columns of `posedirs` that hold anything."""
        return np.flatnonzero(self.posedirs.any(axis=(0, 1)))

    @cached_property
    def regressors(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each joint the vertices that it depends on, and their weights (N, 1)."""
        used = [np.flatnonzero(row) for row in self.J_regressor]
        rows = zip(used, self.J_regressor, strict=True)
        return [(columns, row[columns, None]) for columns, row in rows]

    @property
    def rest_joints(self) -> np.ndarray:
        """(16, 3) joints of the mean hand at rest."""
        return regress_joints(self, self.v_template)


def rodrigues(axis_angles: np.ndarray) -> np.ndarray:
    """Rotation matrices from axis-angle vectors.

    Args:
        axis_angles: (..., 3) axis times angle in radians.

    Returns:
        (..., 3, 3) matrices.
    """
    axis_angles = np.asarray(axis_angles, dtype=float)
    if axis_angles.ndim == 0 or axis_angles.shape[-1] != 3:
        raise InputError(
            "axis-angle vectors",
            expected="shape (..., 3)",
            got=f"shape {axis_angles.shape}",
        )
    matrices = [_rodrigues_one(*v) for v in axis_angles.reshape(-1, 3).tolist()]
    return np.array(matrices).reshape(*axis_angles.shape[:-1], 3, 3)


def _rodrigues_one(x: float, y: float, z: float) -> list[list[float]]:
    angle = math.sqrt(x * x + y * y + z * z)
    # sin(a)/a and (1 - cos(a))/a^2, with the latter as a square: no cancellation.
    if angle < 1e-9:
        s, c = 1.0, 0.5
    else:
        s = round(math.sin(angle), _DECIMALS) / angle
        half = round(math.sin(angle / 2), _DECIMALS) / angle
        c = 2 * half * half
    return [
        [1 - c * (y * y + z * z), c * x * y - s * z, c * x * z + s * y],
        [c * x * y + s * z, 1 - c * (x * x + z * z), c * y * z - s * x],
        [c * x * z - s * y, c * y * z + s * x, 1 - c * (x * x + y * y)],
    ]


def axis_angle(rotation: np.ndarray) -> np.ndarray:
    """Axis-angle vector (3,) of a rotation matrix (3, 3), angle within [0, pi]."""
    r = np.asarray(rotation, dtype=float).tolist()
    x, y, z = r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]
    sine = math.sqrt(x * x + y * y + z * z) / 2
    cosine = (r[0][0] + r[1][1] + r[2][2] - 1) / 2
    angle = round(math.atan2(sine, cosine), _DECIMALS)
    if sine > 1e-6:
        return np.array([x, y, z]) * (angle / (2 * sine))
    if cosine > 0:
        return np.array([x, y, z]) / 2
    # Half a turn: the axis is the largest column of (R + I) / 2.
    k = max(range(3), key=lambda i: r[i][i])
    column = [(r[i][k] + (i == k)) / 2 for i in range(3)]
    return np.array(column) * (angle / math.sqrt(sum(v * v for v in column)))


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix products of (..., 3, 3) and (..., 3, N), summed in a fixed order."""
    product = a[..., :, 0, None] * b[..., None, 0, :]
    product = product + a[..., :, 1, None] * b[..., None, 1, :]
    return product + a[..., :, 2, None] * b[..., None, 2, :]


def rotate(points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Rotate (N, 3) points: each row becomes `rotation` times it."""
    x, y, z = points[:, 0:1], points[:, 1:2], points[:, 2:3]
    return x * rotation[:, 0] + y * rotation[:, 1] + z * rotation[:, 2]


def shaped_vertices(model: HandModel, shape: np.ndarray) -> np.ndarray:
    """Vertices at rest of a hand with shape numbers.

    Args:
        model: The model.
        shape: (10,) shape numbers.

    Returns:
        (778, 3) metres.
    """
    vertices = model.v_template
    for mode, amount in enumerate(np.asarray(shape, dtype=float).tolist()):
        vertices = vertices + model.shapedirs[:, :, mode] * amount
    return vertices


def regress_joints(model: HandModel, vertices: np.ndarray) -> np.ndarray:
    """(16, 3) joints of (778, 3) vertices by the model's regressor."""
    return np.array([(w * vertices[used]).sum(axis=0) for used, w in model.regressors])


def pose_hand(
    model: HandModel,
    root: np.ndarray,
    pose: np.ndarray,
    shape: np.ndarray,
    trans: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints of a posed hand.

    Args:
        model: The model.
        root: (3,) axis-angle of the whole hand about its wrist.
        pose: (45,) axis-angles of joints 1 to 15 as differences from the mean pose.
        shape: (10,) shape numbers.
        trans: (3,) translation in metres.

    Returns:
        Vertices (778, 3) and joints (16, 3) in metres; the joints are those of the
        kinematic chain.
    """
    rest = shaped_vertices(model, shape)
    angles = np.concatenate([root, np.asarray(pose) + model.hands_mean]).reshape(16, 3)
    rotations = rodrigues(angles)
    joints = regress_joints(model, rest)
    feature = (rotations[1:] - np.eye(3)).reshape(135)
    posed = rest
    for column in model.pose_columns:
        posed = posed + model.posedirs[:, :, column] * feature[column]
    turns, places = _chain(model, rotations, joints)
    shifts = places - multiply(turns, joints[:, :, None])[:, :, 0]
    return skin(model.weights, turns, shifts, posed) + trans, places + trans


def _chain(
    model: HandModel, rotations: np.ndarray, joints: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """World rotation (16, 3, 3) and place (16, 3) of each joint."""
    turns, places = [rotations[0]], [joints[0]]
    for joint in range(1, 16):
        parent = int(model.kintree_table[0, joint])
        offset = (joints[joint] - joints[parent])[:, None]
        places.append(places[parent] + multiply(turns[parent], offset)[:, 0])
        turns.append(multiply(turns[parent], rotations[joint]))
    return np.array(turns), np.array(places)


def skin(
    weights: np.ndarray, turns: np.ndarray, shifts: np.ndarray, vertices: np.ndarray
) -> np.ndarray:
    """Linear blend skinning.

    Args:
        weights: (V, J), rows sum to 1.
        turns: (J, 3, 3) and
        shifts: (J, 3) rigid motion of each joint's frame.
        vertices: (V, 3) at rest.

    Returns:
        (V, 3) sum over joints of weight times (turn times vertex plus shift).
    """
    moved = np.zeros_like(vertices)
    for joint in range(weights.shape[1]):
        rigid = rotate(vertices, turns[joint]) + shifts[joint]
        moved += weights[:, joint : joint + 1] * rigid
    return moved


def joints_21(model: HandModel, vertices: np.ndarray) -> np.ndarray:
    """The evaluation's 21 joints: regressed from posed vertices, with finger ends.

    Args:
        model: The model whose regressor is used.
        vertices: (778, 3) posed vertices.

    Returns:
        (21, 3): wrist, then thumb, index, middle, ring and little finger from the root.
    """
    both = np.concatenate(
        [regress_joints(model, vertices), vertices[list(TIP_VERTICES)]]
    )
    return both[list(JOINTS_21)]
