"""Candidate limbs: pairs of peaks that a guiding offset connects (GOG, Section 2.3).

An offset read at a peak of type ``f`` leads to the guided point. Its partner is a peak
of type ``t``; the connection scores ``S = v_f v_t exp(-delta / length)`` with ``delta``
the distance from guided point to partner.

Paper and released code disagree on the partner (notes, section 11). ``nearest``, the
default, is the code's: the peak closest to the guided point, closer than a gate, and no
threshold on S. ``score`` is the paper's plain reading: the peak of highest S, if S is
above a threshold. In both a keypoint gets at most one partner of a type.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from mmsia.errors import InputError
from mmsia.ops.peaks import Peaks
from mmsia.ops.vector_fields import sample_field

PAIRINGS = ("nearest", "score")


@dataclass(frozen=True)
class LimbCandidates:
    """Candidate limbs, by limb type and then by falling score.

    Attributes:
        limb: (n,) limb type.
        source: (n,) which peak of type ``f``.
        target: (n,) which peak of type ``t``.
        score: (n,) float64, S.
    """

    limb: np.ndarray
    source: np.ndarray
    target: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class PairingRule:
    """How peaks are paired.

    Attributes:
        pairing: ``'nearest'`` or ``'score'``.
        max_guide_error: Distance from the guided point, input pixels, that a
            ``nearest`` partner must stay below.
        min_limb_length: Lower bound of the length in S, input pixels.
        limb_thr: S that a ``score`` partner must exceed.
    """

    pairing: str = "nearest"
    max_guide_error: float = 40.0
    min_limb_length: float = 0.5
    limb_thr: float = 0.04  # paper silent: "above a threshold"

    def __post_init__(self) -> None:
        """Reject an unknown pairing.

        Raises:
            InputError: If ``pairing`` is not one of ``PAIRINGS``.
        """
        if self.pairing not in PAIRINGS:
            raise InputError(
                "unknown pairing",
                expected=" or ".join(PAIRINGS),
                got=repr(self.pairing),
            )


def find_limbs(
    peaks: Peaks,
    offsets: np.ndarray | Tensor,
    limbs: np.ndarray,
    stride: int,
    rule: PairingRule,
) -> LimbCandidates:
    """Pair the peaks of one image along the guiding offsets.

    Args:
        peaks: K maps' peaks.
        offsets: (2L, h, w) input pixels; not finite means no guidance there.
        limbs: (L, 2) keypoint types.
        stride: Output stride R of the offsets.
        rule: Gate, thresholds and choice of partner.

    Returns:
        The candidate limbs.
    """
    present = peaks.present
    source_type, target_type = limbs[:, 0], limbs[:, 1]
    limb, source = np.nonzero(present[source_type])
    start = peaks.xy[source_type[limb], source]
    with np.errstate(invalid="ignore", over="ignore"):
        guided = start + sample_field(offsets, limb, start, stride)
        ends = peaks.xy[target_type[limb]]
        gap = guided[:, None] - ends
        error = np.sqrt(gap[..., 0] * gap[..., 0] + gap[..., 1] * gap[..., 1])
    usable = present[target_type[limb]] & np.isfinite(error)
    error = np.where(usable, error, np.inf)
    scores = peaks.scores[target_type[limb]]
    scores = scores * peaks.scores[source_type[limb], source][:, None]
    target, score, accepted = _choose(error, scores, start, ends, rule)
    limb, source = limb[accepted], source[accepted]
    target, score = target[accepted], score[accepted]
    order = np.lexsort((-score, limb))
    key = (limb * max(1, present.shape[1]) + target)[order]
    _, first = np.unique(key, return_index=True)
    order = order[np.sort(first)]
    return LimbCandidates(limb[order], source[order], target[order], score[order])


def _choose(
    error: np.ndarray,
    scores: np.ndarray,
    start: np.ndarray,
    ends: np.ndarray,
    rule: PairingRule,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose each source's partner among the P peaks of the target type.

    Args:
        error: (n, P) pixels from guided point to peak, inf where impossible.
        scores: (n, P) product of both responses.
        start: (n, 2) source positions.
        ends: (n, P, 2) target positions.
        rule: Gate, thresholds and choice of partner.

    Returns:
        (n,) partner, (n,) S, (n,) whether it is accepted.
    """
    row = np.arange(len(error))
    if error.shape[1] == 0:
        return row, np.zeros(len(row)), np.zeros(len(row), dtype=bool)
    if rule.pairing == "nearest":
        target = error.argmin(1)
        span = start - ends[row, target]
        length = np.sqrt(span[:, 0] * span[:, 0] + span[:, 1] * span[:, 1])
        nearest = error[row, target]
        length = np.maximum(length, np.float32(rule.min_limb_length))
        score = scores[row, target] * np.exp(-nearest / length)
        return target, score, nearest < rule.max_guide_error
    span = start[:, None] - ends
    length = np.sqrt(span[..., 0] * span[..., 0] + span[..., 1] * span[..., 1])
    length = np.maximum(length, np.float32(rule.min_limb_length))
    connection = scores * np.exp(-error / length)
    target = connection.argmax(1)
    best = connection[row, target]
    return target, best, best > rule.limb_thr
