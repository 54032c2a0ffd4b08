"""Colours of skin, cloth and hair, and how dull they are. BGR, 0 to 255."""

from __future__ import annotations

import numpy as np

from mmsia.datasets.simulated.rendering.textures import Texture

_SKIN = np.array(
    [
        (201, 218, 244),
        (180, 205, 240),
        (160, 190, 232),
        (140, 172, 218),
        (118, 152, 203),
        (98, 134, 188),
        (82, 112, 165),
        (62, 88, 138),
        (48, 66, 108),
        (38, 50, 84),
    ],
    dtype=float,
)


_HAIR = np.array(
    [
        (22, 20, 24),
        (28, 36, 52),
        (36, 58, 92),
        (84, 138, 184),
        (120, 186, 220),
        (40, 70, 140),
        (150, 150, 152),
    ],
    dtype=float,
)


def sample_skin(rng: np.random.Generator) -> np.ndarray:
    """(3,) BGR of some skin, from pale to dark."""
    place = rng.uniform(0, len(_SKIN) - 1)
    low = int(place)
    tone = _SKIN[low] * (low + 1 - place) + _SKIN[low + 1] * (place - low)
    return np.clip(tone * rng.uniform(0.92, 1.06) + rng.normal(0, 4, 3), 15, 250)


def sample_hair(rng: np.random.Generator) -> np.ndarray:
    """(3,) BGR of some hair."""
    tone = _HAIR[rng.integers(len(_HAIR))]
    return np.clip(tone * rng.uniform(0.8, 1.2), 5, 250)


def sample_cloth(
    rng: np.random.Generator, coarsest: float, finest: float
) -> tuple[np.ndarray, Texture | None]:
    """(3,) BGR of some cloth, and its pattern if it has one.

    Args:
        rng: Draws them.
        coarsest: Repetitions of the pattern for a unit of the local coordinates.
        finest: The largest number of them.
    """
    colour = dulled(rng.uniform(10, 245, 3), rng.uniform(0.2, 1.0))
    if rng.random() >= 0.4:
        return colour, None
    kind = ("stripes", "checks", "spots")[rng.integers(3)]
    other = dulled(rng.uniform(10, 245, 3), rng.uniform(0.2, 1.0))
    scale = float(rng.uniform(coarsest, finest))
    return colour, Texture(kind, tuple(other.tolist()), scale)


def dulled(colours: np.ndarray, saturation: float) -> np.ndarray:
    """Colours (..., 3) moved towards the grey of their own brightness."""
    grey = (colours[..., 0] + colours[..., 1] + colours[..., 2])[..., None] / 3
    return grey + (colours - grey) * saturation
