"""Presets of two hands: how much, how large, how hard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mmsia.datasets.simulated.presets import Preset


@dataclass(frozen=True, kw_only=True)
class TwoHandsPreset(Preset):
    """Two interacting hands, seen by a calibrated camera.

    Attributes:
        size: (w, h) of the frame, pixels.
        crop: Edge of the prepared crop, pixels.
        apart: Probability that the hands do not touch.
        truncation: Probability that the frame cuts the hands.
        bend: Share of the bending that gestures ask for, 0 to 1.
        spin: Largest turn of the person about the vertical to both sides, radians.
    """

    size: tuple[int, int]
    crop: int
    apart: float
    truncation: float
    bend: float
    spin: float


_MINI = dict(size=(334, 512), crop=256)
TWOHANDS: Mapping[str, TwoHandsPreset] = {
    preset.name: preset
    for preset in (
        TwoHandsPreset(
            name="smoke",
            version=1,
            num=32,
            size=(84, 128),
            crop=64,
            occlusion=0.05,
            clutter=3.0,
            blur=0.1,
            darkness=0.1,
            noise=4.0,
            apart=0.5,
            truncation=0.0,
            bend=0.8,
            spin=0.3,
        ),
        TwoHandsPreset(
            name="mini",
            version=1,
            num=4000,
            occlusion=0.15,
            clutter=8.0,
            blur=0.15,
            darkness=0.15,
            noise=6.0,
            apart=0.3,
            truncation=0.05,
            bend=1.0,
            spin=0.8,
            **_MINI,
        ),
        TwoHandsPreset(
            name="easy",
            version=1,
            num=1000,
            occlusion=0.0,
            clutter=0.0,
            blur=0.0,
            darkness=0.0,
            noise=2.0,
            apart=1.0,
            truncation=0.0,
            bend=0.5,
            spin=0.3,
            **_MINI,
        ),
        TwoHandsPreset(
            name="hard",
            version=1,
            num=1000,
            occlusion=0.5,
            clutter=16.0,
            blur=0.3,
            darkness=0.3,
            noise=12.0,
            apart=0.0,
            truncation=0.2,
            bend=1.0,
            spin=3.141593,
            quality=(40, 85),
            **_MINI,
        ),
        TwoHandsPreset(
            name="stress",
            version=1,
            num=1000,
            occlusion=0.3,
            clutter=12.0,
            blur=0.7,
            darkness=0.7,
            noise=16.0,
            apart=0.1,
            truncation=0.7,
            bend=1.0,
            spin=0.8,
            quality=(30, 75),
            **_MINI,
        ),
    )
}
"""By name; easy and hard differ from mini in difficulty alone, stress adds truncation,
blur and low light."""
