"""Presets are frozen: other numbers, and other pixels, need another version."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mmsia.datasets.simulated import hands, people
from mmsia.datasets.simulated.presets import HANDS, PEOPLE, Preset

# (family, preset, version) -> digest of the numbers, of the pixels of two images.
# Where one differs from what is made: raise the version and add a line, say why.
FROZEN = {
    ("hands", "smoke", 1): ("71236be5f2eec8f1", "327cd65873a55996"),
    ("hands", "mini", 1): ("f99245430bbb445f", "05d2c7031cf79a1f"),
    ("hands", "easy", 1): ("ef210a343e95e2a4", "46568a0aef3c5e93"),
    ("hands", "hard", 1): ("7060936912bc13b9", "53d166f131793ab5"),
    ("people", "smoke", 1): ("12d23e1725ef014f", "7b9d7231db7e93ed"),
    ("people", "mini", 1): ("bc7f2131450c8ea9", "bd54736fe54141cc"),
    ("people", "easy", 1): ("ca1626954bb9315c", "e353df41e932b7ce"),
    ("people", "hard", 1): ("702963486347033d", "c389076c51d4cb67"),
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


@pytest.mark.parametrize(
    ("family", "preset"), _all(), ids=lambda value: getattr(value, "name", value)
)
def test_a_version_stands_for_its_numbers_and_pixels(
    family: str, preset: Preset
) -> None:
    found = preset.digest[:16], _pixels(family, preset)
    assert found == FROZEN[family, preset.name, preset.version]


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
