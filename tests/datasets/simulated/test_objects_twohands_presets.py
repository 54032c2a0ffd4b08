"""Presets of objects and two hands are frozen, pixels included."""

from __future__ import annotations

import hashlib
import json

import pytest

from mmsia.datasets.simulated.objects import encode as encode_objects
from mmsia.datasets.simulated.objects_presets import OBJECTS
from mmsia.datasets.simulated.presets import Preset
from mmsia.datasets.simulated.twohands import encode as encode_twohands
from mmsia.datasets.simulated.twohands_presets import TWOHANDS

FAMILIES = {
    "objects": (OBJECTS, encode_objects),
    "twohands": (TWOHANDS, encode_twohands),
}
# (family, preset, version) -> digest of the numbers, of the files of two images in
# the training and the test split. Where one differs: raise the version, add a line.
FROZEN = {
    ("objects", "smoke", 1): ("3c59e198130ec008", "93bbcebbb9854f23"),
    ("objects", "mini", 1): ("8353492c9f11d952", "eb6864b3168c2e2f"),
    ("objects", "easy", 1): ("cff2523adc40c171", "81bfdaa7e1ddde5c"),
    ("objects", "hard", 1): ("4417da8db0e7eb93", "d9d2333cab3e40e2"),
    ("objects", "smoke", 2): ("aba2f5612e1110af", "93bbcebbb9854f23"),
    ("objects", "mini", 2): ("98907bca6426201f", "eb6864b3168c2e2f"),
    ("objects", "easy", 2): ("14a835dc8b5bef09", "81bfdaa7e1ddde5c"),
    ("objects", "hard", 2): ("b65069c8560be48c", "d9d2333cab3e40e2"),
    ("twohands", "smoke", 1): ("82d31407541822b0", "e343d152be632041"),
    ("twohands", "mini", 1): ("e504839c73bb6734", "dfac25697c7cd0cb"),
    ("twohands", "easy", 1): ("5287797b4c247b03", "01b4bc684081709c"),
    ("twohands", "hard", 1): ("c5e088e44d840d64", "017759ae4c51741e"),
    ("twohands", "stress", 1): ("49a5149109bda4a8", "cdb0e94b8d5a2e06"),
}

# (preset, version) of objects -> digest of the annotations of these two images.
ANNOTATIONS = {
    ("smoke", 2): "622906e57a526781",
    ("mini", 2): "06da9e066459dd4f",
    ("easy", 2): "095afeb07243e159",
    ("hard", 2): "e5ccaed8e81a1775",
}


def _all() -> list[tuple[str, Preset]]:
    return [(name, p) for name, (ps, _) in FAMILIES.items() for p in ps.values()]


def _files(family: str, preset: Preset) -> str:
    digest = hashlib.sha256()
    for split, index in (("train", 0), ("test", 7)):
        for data in FAMILIES[family][1](0, index, preset, split).files.values():
            digest.update(data)
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(
    ("family", "preset"), _all(), ids=lambda value: getattr(value, "name", value)
)
def test_a_version_stands_for_its_numbers_and_files(
    family: str, preset: Preset
) -> None:
    found = preset.digest[:16], _files(family, preset)
    assert found == FROZEN[family, preset.name, preset.version]


@pytest.mark.parametrize("preset", OBJECTS.values(), ids=lambda preset: preset.name)
def test_a_version_of_objects_stands_for_its_annotations(preset: Preset) -> None:
    digest = hashlib.sha256()
    for split, index in (("train", 0), ("test", 7)):
        told = encode_objects(0, index, preset, split).record["annotations"]
        digest.update(json.dumps(told, sort_keys=True).encode())
    assert digest.hexdigest()[:16] == ANNOTATIONS[preset.name, preset.version]


def test_the_second_version_of_objects_has_the_images_of_the_first() -> None:
    for name in OBJECTS:
        first, second = (FROZEN["objects", name, version] for version in (1, 2))
        assert first[1] == second[1]


def test_easy_mini_and_hard_are_in_order() -> None:
    for presets, _ in FAMILIES.values():
        easy, mini, hard = (presets[name] for name in ("easy", "mini", "hard"))
        assert easy.size == mini.size == hard.size
        for name in ("occlusion", "clutter", "blur", "darkness", "noise", "truncation"):
            values = [getattr(preset, name) for preset in (easy, mini, hard)]
            assert values == sorted(values)
            assert values[0] < values[2]
