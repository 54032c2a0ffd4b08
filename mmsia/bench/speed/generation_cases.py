"""How long a simulated image takes to make; nothing else makes them, so no peer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mmsia.bench.speed.record import Case, Record, Setting, measure
from mmsia.datasets.simulated.families import FAMILIES, load_family

COMPONENT = "generation"
_NUM_IMAGES, _SEED, _PRESET = 8, 0, "mini"


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every family.

    Args:
        setting: How long.
    """
    for name in FAMILIES:
        family = load_family(name)
        preset = family.presets[_PRESET]
        calls = [
            partial(family.encode, _SEED, number, preset)
            for number in range(_NUM_IMAGES)
        ]
        case = f"an image of {name}, preset {_PRESET}, compressed"
        yield measure(Case(COMPONENT, case, {f"mmsia {name}": calls}), setting)
