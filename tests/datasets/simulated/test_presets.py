"""Presets are frozen: other numbers, pixels or annotations need another version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from mmsia.datasets.simulated import hands, people
from mmsia.datasets.simulated.presets import HANDS, PEOPLE, Preset

# (family, preset, version) -> digest of the numbers, of the pixels of two images and of
# their annotations. Where one differs from what is made: raise the version and add a
# line, say why.
FROZEN = {
    ("hands", "smoke", 1): ("71236be5f2eec8f1", "327cd65873a55996", "b7025fe943c08aa8"),
    ("hands", "mini", 1): ("f99245430bbb445f", "05d2c7031cf79a1f", "08169ff52e79ce4e"),
    ("hands", "easy", 1): ("ef210a343e95e2a4", "46568a0aef3c5e93", "298f098167afe3be"),
    ("hands", "hard", 1): ("7060936912bc13b9", "53d166f131793ab5", "6a462bc86abf8df3"),
    ("people", "smoke", 1): (
        "12d23e1725ef014f",
        "7b9d7231db7e93ed",
        "d9de7f3ac2bca6b2",
    ),
    ("people", "mini", 1): ("bc7f2131450c8ea9", "bd54736fe54141cc", "2c34a5d606958fe5"),
    ("people", "easy", 1): ("ca1626954bb9315c", "e353df41e932b7ce", "f89f948dc3002152"),
    ("people", "hard", 1): ("702963486347033d", "c389076c51d4cb67", "7500bc024ef20dd4"),
    # outlines of a third of the vertices; images and keypoints as before
    ("people", "smoke", 2): (
        "97d2f01076499a72",
        "7b9d7231db7e93ed",
        "1c3dcb5ba0747c0b",
    ),
    ("people", "mini", 2): ("659b8c5dfe89f052", "bd54736fe54141cc", "00d28d5886e95c53"),
    ("people", "easy", 2): ("2e9c0c1d76a6e144", "e353df41e932b7ce", "21b4afb7e9ee2494"),
    ("people", "hard", 2): ("73ce9a6b5649ea26", "c389076c51d4cb67", "af4447804630cbc1"),
}


def _all() -> list[tuple[str, Preset]]:
    families = {"hands": HANDS, "people": PEOPLE}
    return [(f, p) for f, presets in families.items() for p in presets.values()]


def _pixels(family: str, preset: Preset) -> str:
    sample = {"hands": hands.sample, "people": people.sample}[family]
    digest = hashlib.sha256()
    for index in (0, 7):
        made = sample(0, index, preset)
        digest.update(made.image.tobytes())
        digest.update(made.keypoints.round(6).tobytes())
    return digest.hexdigest()[:16]


def _annotations(family: str, preset: Preset) -> str:
    encode = {"hands": hands.encode, "people": people.encode}[family]
    digest = hashlib.sha256()
    for index in (0, 7):
        record = encode(0, index, preset).record
        told = {key: value for key, value in record.items() if key != "image"}
        digest.update(json.dumps(told, sort_keys=True).encode())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(
    ("family", "preset"), _all(), ids=lambda value: getattr(value, "name", value)
)
def test_a_version_stands_for_its_numbers_pixels_and_annotations(
    family: str, preset: Preset
) -> None:
    pixels, annotations = _pixels(family, preset), _annotations(family, preset)
    found = preset.digest[:16], pixels, annotations
    assert found == FROZEN[family, preset.name, preset.version]


@pytest.mark.parametrize("name", PEOPLE)
def test_the_second_version_of_people_has_the_images_of_the_first(name: str) -> None:
    first, second = (FROZEN["people", name, version] for version in (1, 2))
    assert first[1] == second[1]
    assert first[2] != second[2]


def test_the_digest_is_of_the_fields_alone() -> None:
    preset = HANDS["mini"]
    assert replace(preset).digest == preset.digest
    assert replace(preset, noise=preset.noise + 1e-6).digest != preset.digest
    assert len({p.digest for _, p in _all()}) == len(_all())


def test_easy_mini_and_hard_are_in_order() -> None:
    for presets in (HANDS, PEOPLE):
        easy, mini, hard = (presets[name] for name in ("easy", "mini", "hard"))
        for name in ("occlusion", "clutter", "blur", "darkness", "noise"):
            values = [getattr(preset, name) for preset in (easy, mini, hard)]
            assert values == sorted(values)
            assert values[0] < values[2]
