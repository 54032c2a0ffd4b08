"""The families of made data by name.

A family is a module of this package with its presets (a mapping named like the family
in capitals), `sample(seed, index, preset)`, `picture(sample)` for contact sheets,
`encode(seed, index, preset)` as `writing` wants it, and `write_<family>`. Modules are
imported when they are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.datasets.simulated.presets import Preset, find_preset
from mmsia.datasets.simulated.preview import Picture
from mmsia.datasets.simulated.writing import Encoded
from mmsia.errors import InputError

FAMILIES = {
    "hands": "one hand to a crop, 21 keypoints, as Panoptic",
    "people": "crowds, 17 keypoints and masks, as COCO",
    "objects": "rigid objects of several categories, as Pascal3D+ and ObjectNet3D",
    "twohands": "two interacting hands with meshes, as InterHand2.6M",
}
"""Name -> what it is."""


@dataclass(frozen=True)
class Family:
    """A family's functions.

    Attributes:
        name: Its name.
        presets: Its presets by name.
        sample: Makes image i of a seed.
        picture: A sample for a contact sheet.
        encode: Makes the files and the record of image i.
        write: Writes a data set; see `hands.write_hands`.
    """

    name: str
    presets: Mapping[str, Preset]
    sample: Callable[..., Any]
    picture: Callable[[Any], Picture]
    encode: Callable[..., Encoded]
    write: Callable[..., Path]


def load_family(name: str) -> Family:
    """The family of a name.

    Raises:
        InputError: If there is none.
    """
    if name not in FAMILIES:
        raise InputError(
            "the name of a family",
            expected=f"one of {', '.join(FAMILIES)}",
            got=repr(name),
        )
    module = importlib.import_module(f"mmsia.datasets.simulated.{name}")
    return Family(
        name,
        getattr(module, name.upper()),
        module.sample,
        module.picture,
        module.encode,
        getattr(module, f"write_{name}"),
    )


def pictures(family: Family, seed: int, num: int, preset: str) -> list[Picture]:
    """Samples for a contact sheet, spread so that no sequence comes twice.

    Args:
        family: The family.
        seed: Seed of the data set that is shown.
        num: How many.
        preset: Name of a preset.
    """
    chosen = find_preset(family.presets, preset)
    step = getattr(chosen, "frames", 1)
    return [family.picture(family.sample(seed, i * step, chosen)) for i in range(num)]
