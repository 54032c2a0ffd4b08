"""Presets of objects: how many, how large, how hard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mmsia.datasets.simulated.presets import Preset


@dataclass(frozen=True, kw_only=True)
class ObjectsPreset(Preset):
    """Rigid objects of several categories.

    Attributes:
        size: (w, h) of the image, pixels.
        objects: (fewest, most) in an image.
        overlap: Probability that the next one is of the same category as the one
            before and overlaps it.
        truncation: Probability that the border cuts an object.
        lengths: (smallest, largest) length of a lone object as a share of the image's
            shorter side.
    """

    size: tuple[int, int]
    objects: tuple[int, int]
    overlap: float
    truncation: float
    lengths: tuple[float, float]


_MINI = dict(size=(480, 360))
OBJECTS: Mapping[str, ObjectsPreset] = {
    preset.name: preset
    for preset in (
        ObjectsPreset(
            name="smoke",
            version=2,
            num=42,
            size=(128, 96),
            objects=(1, 2),
            occlusion=0.05,
            clutter=2.0,
            blur=0.05,
            darkness=0.05,
            noise=4.0,
            overlap=0.2,
            truncation=0.0,
            lengths=(0.6, 0.95),
        ),
        ObjectsPreset(
            name="mini",
            version=2,
            num=6000,
            objects=(1, 4),
            occlusion=0.2,
            clutter=8.0,
            blur=0.15,
            darkness=0.15,
            noise=8.0,
            overlap=0.4,
            truncation=0.15,
            lengths=(0.4, 1.0),
            **_MINI,
        ),
        ObjectsPreset(
            name="easy",
            version=2,
            num=1500,
            objects=(1, 1),
            occlusion=0.0,
            clutter=0.0,
            blur=0.0,
            darkness=0.0,
            noise=2.0,
            overlap=0.0,
            truncation=0.0,
            lengths=(0.7, 0.95),
            **_MINI,
        ),
        ObjectsPreset(
            name="hard",
            version=2,
            num=1500,
            objects=(2, 6),
            occlusion=0.6,
            clutter=16.0,
            blur=0.4,
            darkness=0.4,
            noise=16.0,
            overlap=0.7,
            truncation=0.35,
            lengths=(0.35, 1.0),
            quality=(35, 80),
            **_MINI,
        ),
    )
}
"""By name; easy and hard differ from mini in difficulty alone.

Version 2 has the images of version 1; COCO's annotations tell of occlusion."""
