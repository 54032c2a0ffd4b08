"""Stated damage to perfect maps: what a real network's responses are unlike.

Perfect maps alone cannot rank decoders: they favour one that fits a Gaussian, while
inferred responses "are often far from ground-truth values" (GOG, Section 3).
Three kinds of damage, each with one number:

* ``gain``: the responses are multiplied by ``1 + gain * n`` where ``n`` is a smooth
  random field of unit variance, correlated over the Gaussian's width: peaks become
  uneven and lopsided;
* ``blur``: a Gaussian blur of that many input pixels: peaks become flat and merge;
* ``noise``: white noise of that standard deviation in every cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mmsia.errors import InputError

KINDS = ("gain", "blur", "noise")
GAIN_CORRELATION = 7.0
"""Width of the gain field's correlation, input pixels (GOG's sigma)."""


@dataclass(frozen=True)
class Degradation:
    """How much of each kind of damage is done to responses.

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
        self, responses: np.ndarray, stride: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Damage the responses of one image.

        Args:
            responses: (K, h, w) maps or (K, w) distributions.
            stride: Input pixels for each cell.
            rng: Source of the noise.

        Returns:
            The same shape, float32.
        """
        # distributions over one axis are maps of one row
        maps: np.ndarray = responses.reshape(len(responses), -1, responses.shape[-1])
        maps = maps.astype(np.float32)
        if self.gain:
            field = _blur(_white(maps, rng), GAIN_CORRELATION / stride)
            maps = maps * (1 + np.float32(self.gain) * field / field.std())
        if self.blur:
            maps = _blur(maps, self.blur / stride)
        if self.noise:
            maps = maps + np.float32(self.noise) * _white(maps, rng)
        return maps.reshape(responses.shape)


NONE = Degradation()


def _white(maps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(maps.shape, dtype=np.float32)


def _blur(maps: np.ndarray, sigma: float) -> np.ndarray:
    """Blur each of the maps (K, h, w) by ``sigma`` cells, one row along its width."""
    rows = 2 * int(4 * sigma) + 1
    size = (rows, rows if maps.shape[1] > 1 else 1)
    return np.stack([cv2.GaussianBlur(plane, size, sigma) for plane in maps]).reshape(
        maps.shape
    )
