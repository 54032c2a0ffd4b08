"""InterHand2.6M's fits as meshes, and whether they are where the joints are."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from mmsia.datasets.interhand_annotations import (
    FROM_21,
    POSE,
    SHAPE,
    SIDES,
    TRANS,
)
from mmsia.datasets.interhand_frames import SplitPlan, moment_of
from mmsia.errors import DataError
from mmsia.ops.hand_mesh import HandModel, joints_21, pose_hand

# Published fits are about 5 mm from the joints, and MANO's joints not quite those that
# were annotated; exchanged hands, another unit or size are much further.
_FARTHEST = 0.03
_CHECKED = 32


def pose_fit(
    fit: np.ndarray, models: Mapping[str, HandModel]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Pose both hands in the world.

    Args:
        fit: (2, 61) as `read_fits`.
        models: "left" and "right".

    Returns:
        Side -> vertices (778, 3), and joints (2, 21, 3), right first; metres.
    """
    vertices, joints = {}, []
    for side, numbers in zip(SIDES, fit, strict=True):
        pose = numbers[POSE]
        vertices[side], _ = pose_hand(
            models[side], pose[:3], pose[3:], numbers[SHAPE], numbers[TRANS]
        )
        joints.append(joints_21(models[side], vertices[side]))
    return vertices, np.stack(joints)


def joint_distances(joints: np.ndarray, published: np.ndarray) -> tuple[float, float]:
    """How far a fit's joints are from the published ones.

    Args:
        joints: (2, 21, 3) metres, right hand first.
        published: (42, 4) as `read_joints`.

    Returns:
        Mean distance over known joints in metres, and the same with the fits of both
        hands exchanged; NaN where no joint is known.
    """
    known = published[:, 3] > 0
    if not known.any():
        return np.nan, np.nan
    ours = joints[:, list(FROM_21)]
    both = []
    for order in (ours, ours[::-1]):
        off = order.reshape(42, 3)[known] - published[known, :3]
        both.append(float(np.linalg.norm(off, axis=1).mean()))
    return both[0], both[1]


def is_swapped(
    fit: np.ndarray,
    joints: np.ndarray,
    published: np.ndarray,
    models: Mapping[str, HandModel],
) -> bool:
    """Whether the labels left and right of a moment's fits or joints are exchanged.

    Args:
        fit: (2, 61) as `read_fits`.
        joints: (2, 21, 3) of the fits, metres, right hand first.
        published: (42, 4) as `read_joints`; if none is known, nothing is found.
        models: "left" and "right".
    """
    straight, exchanged = joint_distances(joints, published)
    if straight > _FARTHEST:
        # With exchanged numbers, each hand was posed by the other's rotations.
        other, _ = joint_distances(pose_fit(fit[::-1], models)[1], published)
        exchanged = min(exchanged, other)
    return exchanged < straight


def check_fits(plan: SplitPlan, models: Mapping[str, HandModel]) -> float:
    """Check that fits, posed with the hand models, are where the joints are.

    Another hand model, another unit or exchanged hands do not pass. Frames are taken
    evenly from the split; single bad fits, which the published ones have, are kept.

    Returns:
        Median over these frames of the mean distance, metres.

    Raises:
        DataError: They are elsewhere, or no joint is known to compare with.
    """
    moments = list(dict.fromkeys(moment_of(json.loads(f.image)) for f in plan.frames))
    moments = [m for m in moments if m in plan.joints and plan.joints[m][:, 3].any()]
    if not moments:
        raise DataError(
            f"the 3D joints of split {plan.split}",
            expected="known joints of its frames, with which fits are compared",
            got="none",
            remedy="Fetch the annotations again, all of the same version.",
        )
    chosen = np.unique(np.linspace(0, len(moments) - 1, _CHECKED).astype(int))
    found, swapped = [], []
    for moment in [moments[number] for number in chosen.tolist()]:
        fit, published = plan.fits[moment], plan.joints[moment]
        joints = pose_fit(fit, models)[1]
        found.append(joint_distances(joints, published)[0])
        swapped.append(is_swapped(fit, joints, published, models))
    median = float(np.median(found))
    if median > _FARTHEST:
        raise DataError(
            f"the fits of split {plan.split}",
            expected=f"joints within {1000 * _FARTHEST:.0f} mm of the published ones",
            got=f"{1000 * median:.1f} mm in the median of {len(found)} frames, "
            f"{sum(swapped)} of which are nearer with left and right exchanged",
            remedy="The labels left and right are swapped."
            if sum(swapped) > len(found) / 2
            else "The hand model is not the one that was fitted, or the units are not "
            "millimetres for joints and metres for fits.",
        )
    return median
