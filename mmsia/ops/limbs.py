"""Limb sets of COCO's 17 keypoints: which keypoint types a guiding offset connects.

A limb ``(f, t)`` points from keypoint type ``f`` to type ``t``. Order and direction
matter: limbs are grouped in list order, and the offsets sit around ``f``.

Source: GOG, Section 2.3 (19 limbs, those of PifPaf) and Section 3 (44 limbs for the
upper bound, 39 in Table 1); the lists are those of the authors' public configuration
(notes, section 5). No list of 39 was ever published, see ``drop_longest_limbs``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmsia.errors import InputError

Limb = tuple[int, int]

# fmt: off
COCO16: tuple[Limb, ...] = (
    (0, 1), (1, 3), (0, 2), (2, 4), (0, 5), (5, 7), (7, 9), (0, 6), (6, 8), (8, 10),
    (5, 11), (11, 13), (13, 15), (6, 12), (12, 14), (14, 16),
)
COCO19: tuple[Limb, ...] = (
    (0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (5, 6), (4, 6), (3, 5), (5, 7), (7, 9),
    (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14),
    (14, 16),
)
COCO31: tuple[Limb, ...] = (
    *COCO19,
    (1, 5), (2, 6), (5, 12), (6, 11), (11, 14), (12, 13), (5, 9), (6, 10), (11, 15),
    (12, 16), (5, 0), (6, 0),
)
COCO44: tuple[Limb, ...] = (
    (0, 1), (0, 2), (1, 2), (0, 3), (0, 4), (3, 4), (0, 5), (0, 6), (1, 5), (2, 6),
    (1, 3), (2, 4), (3, 5), (4, 6), (5, 6), (5, 11), (6, 12), (5, 12), (6, 11),
    (11, 12), (5, 7), (6, 8), (7, 9), (8, 10), (5, 9), (6, 10), (7, 8), (9, 10),
    (9, 11), (10, 12), (9, 13), (10, 14), (13, 11), (14, 12), (11, 14), (12, 13),
    (11, 15), (12, 16), (15, 13), (16, 14), (13, 16), (14, 15), (13, 14), (15, 16),
)
# paper silent: `drop_longest_limbs` on COCO annotations drops these five of the 44.
COCO39: tuple[Limb, ...] = tuple(
    limb
    for limb in COCO44
    if limb not in {(12, 16), (11, 15), (6, 11), (5, 12), (7, 8)}
)
COCO_FLIP_INDICES: tuple[int, ...] = (
    0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15,
)
# fmt: on
LIMB_SETS: dict[str, tuple[Limb, ...]] = {
    "coco16": COCO16,
    "coco19": COCO19,
    "coco31": COCO31,
    "coco39": COCO39,
    "coco44": COCO44,
}


def get_limbs(limbs: str | Sequence[Limb]) -> np.ndarray:
    """Return a limb set as an index array.

    Args:
        limbs: ``'coco16'``, ``'coco19'``, ``'coco31'``, ``'coco39'``, ``'coco44'`` or
            any list of ``(from, to)`` keypoint types.

    Returns:
        (L, 2) int64, columns ``from`` and ``to``.

    Raises:
        InputError: Unknown name, empty list, a limb that joins a keypoint type to
            itself, names no type, or occurs twice (in either direction).
    """
    if isinstance(limbs, str):
        if limbs not in LIMB_SETS:
            raise InputError(
                "unknown limb set",
                expected=f"one of {', '.join(sorted(LIMB_SETS))} or a list of pairs",
                got=repr(limbs),
            )
        limbs = LIMB_SETS[limbs]
    array = np.asarray(limbs)
    if array.ndim != 2 or array.shape[1:] != (2,) or array.dtype.kind not in "iu":
        raise InputError(
            "limbs are not a list of keypoint type pairs",
            expected="integers of shape (L, 2), L > 0",
            got=f"{array.dtype} of shape {array.shape}",
        )
    if array.min() < 0 or (array[:, 0] == array[:, 1]).any():
        raise InputError(
            "limbs join a keypoint type to itself or name a negative type",
            expected="pairs of different types >= 0",
            got=str(array.tolist()),
        )
    if len({frozenset(limb) for limb in array.tolist()}) < len(array):
        raise InputError(
            "a limb occurs twice", expected="distinct pairs", got=str(array.tolist())
        )
    return array.astype(np.int64)


def mirror_limbs(
    limbs: np.ndarray, flip_indices: Sequence[int] = COCO_FLIP_INDICES
) -> tuple[np.ndarray, np.ndarray]:
    """Find, for every limb, the limb that takes its place in the mirrored image.

    Args:
        limbs: (L, 2) keypoint types.
        flip_indices: (K,) the type that each keypoint type becomes when mirrored.

    Returns:
        The permutation (L,) int64, and (L,) bool telling which limbs become their own
        reverse (left shoulder to right shoulder, say). The mirrored image says nothing
        about those, so a flip test keeps the original's value.

    Raises:
        InputError: A limb whose mirror image is not in the set.
    """
    limbs = np.asarray(limbs)
    mirrored = np.asarray(flip_indices)[limbs]
    same = (limbs[None, :, :] == mirrored[:, None, :]).all(-1)
    reverse = (limbs[None, :, ::-1] == mirrored[:, None, :]).all(-1)
    orphans = ~(same | reverse).any(1)
    if orphans.any():
        raise InputError(
            "limb set is not symmetric, a flip test is impossible",
            expected="the mirror image of every limb in the set",
            got=f"none for {limbs[orphans].tolist()}",
        )
    crossing = reverse.any(1) & ~same.any(1)
    if not (reverse[crossing].argmax(1) == np.flatnonzero(crossing)).all():
        raise InputError(
            "limb set is not symmetric in direction, a flip test is impossible",
            expected="mirror images that point the same way",
            got=str(limbs[crossing].tolist()),
        )
    permutation = np.where(crossing, np.arange(len(limbs)), same.argmax(1))
    return permutation, crossing


def relative_limb_lengths(
    limbs: np.ndarray, keypoints: np.ndarray, visible: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """Measure how long each limb is beside the person it belongs to.

    Args:
        limbs: (L, 2) keypoint types.
        keypoints: (N, K, 2) pixels, xy.
        visible: (N, K) bool, annotated keypoints.
        scales: (N,) pixels, root of each person's box area.

    Returns:
        (L,) median over the persons that have both ends; nan where none has.
    """
    ends = np.asarray(keypoints, dtype=np.float64)[:, limbs]
    length = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=-1)
    both = np.asarray(visible, dtype=bool)[:, limbs].all(-1)
    relative = np.where(both, length / np.asarray(scales)[:, None], np.nan)
    counted = both.any(0)
    medians = np.full(len(limbs), np.nan)
    medians[counted] = np.nanmedian(relative[:, counted], axis=0)
    return medians


def drop_longest_limbs(
    limbs: np.ndarray,
    lengths: np.ndarray,
    num_kept: int,
    always_kept: Sequence[Limb] = COCO19,
    flip_indices: Sequence[int] = COCO_FLIP_INDICES,
) -> np.ndarray:
    """Choose a smaller limb set: the rule behind ``coco39``.

    Long offsets are the hardest to regress and gain least from being redundant, so the
    longest limbs go first. A limb and its mirror image go together (their mean length
    counts), a pair that would leave too few limbs is passed over, and limbs whose ends
    are joined in ``always_kept`` (either direction) stay.

    # paper silent: Table 1 names 39 limbs and no list; the authors' code has none.

    Args:
        limbs: (L, 2) keypoint types.
        lengths: (L,) relative lengths, see ``relative_limb_lengths``.
        num_kept: How many limbs to keep.
        always_kept: Limbs that must stay.
        flip_indices: (K,) mirrored keypoint types.

    Returns:
        (num_kept, 2) in the order of ``limbs``.
    """
    permutation, _ = mirror_limbs(limbs, flip_indices)
    pair_length = (lengths + lengths[permutation]) / 2
    protected = {frozenset(limb) for limb in always_kept}
    kept = np.ones(len(limbs), dtype=bool)
    for index in np.argsort(-pair_length, kind="stable"):
        pair = {int(index), int(permutation[index])}
        is_free = all(frozenset(limbs[i].tolist()) not in protected for i in pair)
        if kept[index] and is_free and kept.sum() - len(pair) >= num_kept:
            kept[list(pair)] = False
    if kept.sum() != num_kept:
        raise InputError(
            "the rule cannot reach this number of limbs",
            expected=f"{num_kept} limbs",
            got=f"{kept.sum()}",
        )
    return limbs[kept]
