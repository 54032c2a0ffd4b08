"""What makes one hand differ from another: bone lengths, girths and the palm.

All lengths are metres. The frame is that of the published hand model: a right hand
lies palm down, fingers along -x, back of the hand +y, thumb towards +z; a left hand is
its mirror image in x.

Ten directions in this space of numbers span the hands that the stand-in model
contains; test hands are drawn from all of it, phalanx by phalanx, and so lie outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

# In this order everywhere: bones of a finger run from knuckle (thumb: wrist) to tip.
FINGERS = ("index", "middle", "little", "ring", "thumb")
THUMB = FINGERS.index("thumb")
NUM_MODES = 10

_LENGTHS = (
    *((0.0350, 0.0225, 0.0245), (0.0375, 0.0255, 0.0260), (0.0270, 0.0175, 0.0215)),
    *((0.0350, 0.0240, 0.0250), (0.0420, 0.0320, 0.0290)),
)
_GIRTHS = (0.0088, 0.0091, 0.0075, 0.0085, 0.0108)


@dataclass(frozen=True)
class HandShape:
    """The numbers that shape a hand.

    Attributes:
        lengths: (5, 3) lengths of the phalanges; the thumb's first is its metacarpal.
        girths: (5,) radius of each finger at its middle joint.
        palm: (3,) palm length, width and thickness relative to the mean hand.
        taper: How much thinner the finger ends are, relative to the mean hand.
        spread: Angle between neighbouring fingers in degrees.
    """

    lengths: np.ndarray
    girths: np.ndarray
    palm: np.ndarray
    taper: float = 1.0
    spread: float = 4.0

    def scaled(self, factor: float) -> HandShape:
        """The same hand, larger by `factor`."""
        return replace(
            self,
            lengths=self.lengths * factor,
            girths=self.girths * factor,
            palm=self.palm * factor,
        )


def mean_shape() -> HandShape:
    """The hand in the middle: about 0.18 m from wrist to middle finger tip."""
    return HandShape(np.array(_LENGTHS), np.array(_GIRTHS), np.ones(3))


def mode_shape(mode: int, amount: float) -> HandShape:
    """The mean hand moved along one of the model's directions.

    Args:
        mode: 0 size, 1 finger lengths, 2 palm width, 3 palm thickness, 4 girth, 5
            thumb, 6 index against ring finger, 7 little finger, 8 palm length, 9 taper
            and spread.
        amount: How far, in standard deviations.
    """
    mean = mean_shape()
    lengths, girths, palm = mean.lengths.copy(), mean.girths.copy(), mean.palm.copy()
    taper, spread = mean.taper, mean.spread
    if mode == 0:
        return mean.scaled(1 + 0.05 * amount)
    if mode == 1:
        lengths[:THUMB] *= 1 + 0.05 * amount
    elif mode == 2:
        palm[1] += 0.05 * amount
    elif mode == 3:
        palm[2] += 0.08 * amount
    elif mode == 4:
        girths *= 1 + 0.07 * amount
    elif mode == 5:
        lengths[THUMB] *= 1 + 0.06 * amount
    elif mode == 6:
        lengths[0] *= 1 + 0.04 * amount
        lengths[3] *= 1 - 0.04 * amount
    elif mode == 7:
        lengths[2] *= 1 + 0.08 * amount
    elif mode == 8:
        palm[0] += 0.04 * amount
    else:
        taper += 0.08 * amount
        spread += 1.0 * amount
    return HandShape(lengths, girths, palm, taper, spread)


def draw_other_shape(rng: np.random.Generator) -> HandShape:
    """A hand whose proportions the model's ten directions do not span.

    Every phalanx has a length and every finger a girth of its own.

    Args:
        rng: Source of randomness.
    """
    mean = mean_shape()
    return HandShape(
        mean.lengths * rng.uniform(0.84, 1.18, (5, 3)),
        mean.girths * rng.uniform(0.85, 1.2, 5),
        rng.uniform((0.92, 0.9, 0.85), (1.08, 1.12, 1.2)),
        float(rng.uniform(0.8, 1.2)),
        float(rng.uniform(2.0, 6.5)),
    ).scaled(float(rng.uniform(0.94, 1.06)))
