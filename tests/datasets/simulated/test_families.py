"""Every family: the same bytes on any processor, by any number of workers."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from mmsia.datasets.simulated.families import FAMILIES, load_family, pictures
from mmsia.datasets.simulated.preview import contact_sheet
from mmsia.errors import DataError, InputError

_CODE = """
import hashlib, json
from mmsia.datasets.simulated.families import load_family
digest = hashlib.sha256()
for name in ("hands", "people"):
    family = load_family(name)
    for preset, indices in (("smoke", range(10)), ("mini", (0, 9, 17))):
        for index in indices:
            made = family.encode(11, index, family.presets[preset])
            for path, data in made.files.items():
                digest.update(path.encode() + data)
            digest.update(json.dumps(made.record).encode())
print(digest.hexdigest())
"""


def test_files_and_annotations_are_the_same_on_a_plain_processor(
    plain_digests: Callable[[str], dict[str, str]],
) -> None:
    found = plain_digests(_CODE)
    assert set(found.values()) == {found["as it is"]}, found


def _content(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in files
    }


@pytest.mark.parametrize("name", ["hands", "people"])
def test_one_worker_and_two_write_the_same(name: str, tmp_path: Path) -> None:
    family = load_family(name)
    told: list[tuple[int, int]] = []
    for workers in (1, 2):
        family.write(
            tmp_path / str(workers),
            18,
            6,
            preset="smoke",
            workers=workers,
            on_progress=lambda done, total: told.append((done, total)),
        )
    one, two = _content(tmp_path / "1"), _content(tmp_path / "2")
    assert one == two
    assert sum(path.endswith(".jpg") for path in one) == 18
    assert told[-1] == (18, 18)


def test_more_images_begin_with_the_same(tmp_path: Path) -> None:
    family = load_family("hands")
    for num in (3, 5):
        family.write(tmp_path / str(num), num, 2, preset="smoke")
    few, many = _content(tmp_path / "3"), _content(tmp_path / "5")
    images = {name for name in few if name.endswith(".jpg")}
    assert len(images) == 3
    assert all(few[name] == many[name] for name in images)


def test_an_error_in_a_worker_reaches_the_caller(tmp_path: Path) -> None:
    family = load_family("hands")
    (tmp_path / "imgs").write_text("a file where the folder should be")
    (tmp_path / "simulated_other.json").write_text('{"family": "hands"}')
    with pytest.raises(DataError, match="cannot write"):
        family.write(tmp_path, 17, 0, preset="smoke", workers=2)


def test_a_worker_that_dies_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    family = load_family("hands")

    def kill_one(done: int, total: int) -> None:
        if 0 < done < total:
            multiprocessing.active_children()[0].kill()

    words = tmp_path / "data", 48, 1
    with pytest.raises(DataError, match="same command again"):
        family.write(*words, preset="smoke", workers=2, on_progress=kill_one)
    made = len(list((tmp_path / "data/imgs").rglob("*.jpg")))
    assert 8 <= made < 48
    family.write(*words, preset="smoke", workers=1)
    family.write(tmp_path / "whole", 48, 1, preset="smoke", workers=1)
    assert _content(tmp_path / "data") == _content(tmp_path / "whole")


@pytest.mark.parametrize("name", ["hands", "people"])
def test_contact_sheets_show_each_picture_twice(name: str) -> None:
    shown = pictures(load_family(name), 0, 4, "smoke")
    sheet = contact_sheet(shown, 64)
    assert sheet.shape == (2 * 64, 6 * 64, 3)
    plain, drawn = sheet[:64, :64], sheet[:64, 64:128]
    assert 0.01 < (plain != drawn).any(-1).mean() < 0.6


def test_unknown_families_are_named() -> None:
    with pytest.raises(InputError, match="'cats'"):
        load_family("cats")
    assert {"hands", "people"} <= set(FAMILIES)
