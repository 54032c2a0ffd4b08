"""Stated damage to perfect maps: what a real network's responses are unlike.

Perfect maps alone cannot rank decoders: a decoder that fits a Gaussian is unbeatable on
Gaussians, while inferred responses "are often far from ground-truth values" (GOG,
Section 3). Three kinds of damage, each with one number:

* ``gain``: the responses are multiplied by ``1 + gain * n`` where ``n`` is a smooth
  random field of unit variance, correlated over the Gaussian's width: peaks become
  uneven and lopsided;
* ``blur``: a Gaussian blur of that many input pixels: peaks become flat and merge;
* ``noise``: white noise of that standard deviation in every cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mmsia.errors import InputError

if TYPE_CHECKING:
    from mmsia.bench.ideal_outputs import Codec

KINDS = ("gain", "blur", "noise")
GAIN_CORRELATION = 7.0
"""Width of the gain field's correlation, input pixels (GOG's sigma)."""


@dataclass(frozen=True)
class Degradation:
    """How much each kind of damage is done to the responses.

    Attributes:
        gain: Standard deviation of the multiplicative field.
        blur: Standard deviation of the blur, input pixels.
        noise: Standard deviation of the additive noise.
    """

    gain: float = 0.0
    blur: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: If one is negative or not finite.
        """
        for kind in KINDS:
            value = getattr(self, kind)
            if not (np.isfinite(value) and value >= 0):
                raise InputError(
                    f"degradation: {kind} is out of range",
                    expected="a finite number of at least 0",
                    got=repr(value),
                )

    def apply(
        self, outputs: tuple[np.ndarray, ...], codec: Codec, rng: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """Damage the responses and leave the other outputs alone.

        Args:
            outputs: What ``ideal_outputs`` gave, responses first.
            codec: Tells the stride of the maps.
            rng: Source of the noise.
        """
        from mmsia.bench.ideal_outputs import num_responses, output_stride

        count = num_responses(codec)
        stride = output_stride(codec)
        damaged = tuple(self._damage(maps, stride, rng) for maps in outputs[:count])
        return damaged + outputs[count:]

    def _damage(
        self, maps: np.ndarray, stride: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Damage maps (K, h, w) or distributions (K, w)."""
        shape = maps.shape
        # one-dimensional responses are maps of one row
        result = maps.reshape(shape[0], -1, shape[-1]).astype(np.float32)
        if self.gain:
            field = rng.standard_normal(result.shape, dtype=np.float32)
            field = _blur(field, GAIN_CORRELATION / stride)
            result = result * (1 + self.gain * field / field.std())
        if self.blur:
            result = _blur(result, self.blur / stride)
        if self.noise:
            noise = rng.standard_normal(result.shape, dtype=np.float32)
            result = result + np.float32(self.noise) * noise
        return result.reshape(shape).astype(np.float32)


NONE = Degradation()


def _blur(maps: np.ndarray, sigma: float) -> np.ndarray:
    """Blur each of the maps (K, h, w) by ``sigma`` cells along axes longer than 1."""
    height = maps.shape[1]
    blurred = [
        cv2.GaussianBlur(
            plane,
            (0, 0) if height > 1 else (2 * int(4 * sigma) + 1, 1),
            sigma,
            borderType=cv2.BORDER_REFLECT_101,
        )
        for plane in maps
    ]
    return np.stack(blurred).reshape(maps.shape)
