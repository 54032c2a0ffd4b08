"""A manifest names what is missing, cut short or altered, and what is in a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from mmsia.datasets.manifest import (
    MANIFEST,
    About,
    check_manifest,
    read_manifest,
    write_manifest,
)
from mmsia.errors import DataError
from mmsia.files import read_json

NAMES = ("annotations/x.json", "val/1.jpg", "val/2.jpg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "coco"
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"1234567 {name}")
    write_manifest(folder, [folder / name for name in NAMES])
    return folder


def test_what_is_written(folder: Path) -> None:
    stored = read_json(folder / MANIFEST)
    assert list(stored["files"]) == list(NAMES)
    data = (folder / NAMES[0]).read_bytes()
    assert stored["files"][NAMES[0]] == hashlib.sha256(data).hexdigest()
    assert stored["sizes"] == [26, 17, 17]
    manifest = check_manifest(folder)
    assert manifest is not None and manifest.about == About()


def test_missing_cut_and_altered_files_are_named(folder: Path) -> None:
    (folder / "val/1.jpg").unlink()
    path = folder / "val/2.jpg"
    path.write_text(path.read_text()[:-3])
    path = folder / "annotations/x.json"
    path.write_text(path.read_text().replace("7", "8"))
    with pytest.raises(DataError) as caught:
        check_manifest(folder)
    for words in (
        "1 missing: val/1.jpg",
        "2 altered: annotations/x.json, val/2.jpg (14 of 17 bytes)",
    ):
        assert words in str(caught.value)


def test_a_part_can_be_checked(folder: Path) -> None:
    (folder / "val/1.jpg").unlink()
    assert check_manifest(folder, "annotations/")
    assert check_manifest(folder, ["annotations/", "val/2"])
    with pytest.raises(DataError, match="missing"):
        check_manifest(folder, ["annotations/", "val/"])


def test_no_manifest_is_no_answer(tmp_path: Path) -> None:
    assert check_manifest(tmp_path) is None and read_manifest(tmp_path) is None


def test_files_are_added_and_what_is_said_stays(folder: Path) -> None:
    counts, partial = {"x.json": {"images": 2}}, {"x.json": ["2 images, not 5"]}
    about = About("coco", counts, partial, ("y.json",))
    write_manifest(folder, [folder / NAMES[0]], about)
    write_manifest(folder, [folder / NAMES[2]])
    manifest = check_manifest(folder)
    assert manifest is not None
    assert list(manifest.digests) == [NAMES[0], NAMES[2]]
    assert manifest.about == about
    (folder / NAMES[0]).unlink()
    with pytest.raises(DataError, match="mmsia prepare coco --src DOWNLOADS --dst"):
        check_manifest(folder)


def test_a_file_that_is_not_there_is_not_listed(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(DataError, match=r"val/3\.jpg"):
        write_manifest(folder, [folder / "val/3.jpg"])
    assert (folder / MANIFEST).read_bytes() == before


def test_the_first_schema_is_read(folder: Path) -> None:
    digests = read_json(folder / MANIFEST)["files"]
    (folder / MANIFEST).write_text(json.dumps({"schema": 1, "files": digests}))
    assert check_manifest(folder)
    (folder / "val/2.jpg").write_text("12")
    with pytest.raises(DataError, match=r"altered: val/2\.jpg"):
        check_manifest(folder)


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": 3, "files": {}}',
        '{"schema": 2, "files": {"a": "b"}, "sizes": []}',
        "[]",
        '{"schema": 2}',
    ],
)
def test_other_files_are_no_manifests(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(DataError, match="a manifest of schema 1 to 2"):
        check_manifest(folder)
