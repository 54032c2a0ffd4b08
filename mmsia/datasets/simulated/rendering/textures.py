"""Procedural solid textures: a second colour as a function of local coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsia.errors import InputError

KINDS = ("stripes", "checks", "spots", "noise")


@dataclass(frozen=True)
class Texture:
    """What is mixed into the base colour of a part.

    Attributes:
        kind: One of `KINDS`.
        colour: BGR of the second colour, 0 to 255.
        scale: Repetitions for one unit of the local coordinates.
        axis: Local axis (0, 1, 2) that stripes run across.
        strength: Share of the second colour where it is full, 0 to 1.
        seed: Tells noises and spots apart.
    """

    kind: str
    colour: tuple[float, float, float]
    scale: float
    axis: int = 2
    strength: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(
                "a texture's kind", expected=f"one of {KINDS}", got=repr(self.kind)
            )

    def mix(self, coords: np.ndarray) -> np.ndarray:
        """(N,) share of the second colour at local coordinates (N, 3)."""
        scaled = coords * self.scale
        if self.kind == "stripes":
            amount = _half(scaled[:, self.axis])
        elif self.kind == "checks":
            odd = _half(scaled[:, 0]) + _half(scaled[:, 1]) + _half(scaled[:, 2])
            amount = odd % 2
        elif self.kind == "spots":
            amount = _spots(scaled, self.seed)
        else:
            amount = _value_noise(scaled, self.seed)
        return amount * self.strength


def hash_cells(cells: np.ndarray, seed: int) -> np.ndarray:
    """(N,) uniform in [0, 1): a hash of whole-number cells (N, 3) and a seed."""
    with np.errstate(over="ignore"):
        mixed = (
            cells[:, 0].astype(np.uint32) * np.uint32(0x8DA6B343)
            + cells[:, 1].astype(np.uint32) * np.uint32(0xD8163841)
            + cells[:, 2].astype(np.uint32) * np.uint32(0xCB1AB31F)
            + np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF)
        )
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return ((mixed ^ (mixed >> np.uint32(16))) >> np.uint32(8)) / 16777216.0


def _half(values: np.ndarray) -> np.ndarray:
    """1 in the second half of every period, else 0."""
    return ((values - np.floor(values)) >= 0.5).astype(np.float64)


def _spots(scaled: np.ndarray, seed: int) -> np.ndarray:
    cells = np.floor(scaled)
    inside = scaled - cells - 0.5
    whole = cells.astype(np.int64)
    radius = 0.2 + 0.25 * hash_cells(whole, seed)
    distance = (
        inside[:, 0] * inside[:, 0]
        + inside[:, 1] * inside[:, 1]
        + inside[:, 2] * inside[:, 2]
    )
    return (distance < radius * radius).astype(np.float64)


def _value_noise(scaled: np.ndarray, seed: int) -> np.ndarray:
    cells = np.floor(scaled)
    inside = scaled - cells
    smooth = inside * inside * (3.0 - 2.0 * inside)
    whole = cells.astype(np.int64)
    total = np.zeros(len(scaled))
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        weight = np.where(step, smooth, 1.0 - smooth)
        share = weight[:, 0] * weight[:, 1] * weight[:, 2]
        total += share * hash_cells(whole + step, seed)
    return total
