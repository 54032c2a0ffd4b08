"""Bad downloads are named before anything runs, and the same command completes."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mmsia.cli.main import COULD_NOT_RUN, OK, main
from mmsia.datasets.manifest import UNFINISHED, check_manifest
from mmsia.datasets.preparing import placing, prepare
from mmsia.datasets.preparing.catalogue import find_data_set
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError
from tests.datasets.preparing import releases


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COCO's tree, not to be changed."""
    return releases.coco(tmp_path_factory.mktemp("made") / "coco")


@pytest.fixture
def packed(made: Path, tmp_path: Path) -> Path:
    return releases.pack_coco(made, tmp_path / "got")


@pytest.fixture
def loose(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "unpacked"))


def call(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str]:
    """Status, and what a user reads."""
    status = main(["prepare", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out + said.err


def coco(capsys: pytest.CaptureFixture[str], source: Path, root: Path) -> str:
    status, said = call(
        capsys, "coco", "--src", source, "--dst", root, "--allow-partial"
    )
    assert status == OK, said
    return said


def refused(capsys: pytest.CaptureFixture[str], source: Path, root: Path) -> str:
    words = ("coco", "--src", source, "--dst", root, "--allow-partial")
    status, said = call(capsys, *words)
    assert status == COULD_NOT_RUN and "Traceback" not in said, said
    return said


def test_archives_and_folders_give_the_same(
    packed: Path, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = coco(capsys, packed, tmp_path / "one")
    assert "4 images, not 5000" in said and "--allow-partial" in said
    coco(capsys, made, tmp_path / "two")
    one = releases.content(tmp_path / "one" / "coco")
    assert one == releases.content(tmp_path / "two" / "coco")
    assert not [name for name in one if name.endswith(".tmp") or UNFINISHED in name]


def test_a_folder_can_be_prepared_where_it_is(
    loose: Path, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose.rename(tmp_path / "coco")
    # somebody's own file is none of ours
    own = tmp_path / "coco" / "annotations" / "person_keypoints_mine.json"
    own.write_text('{"images": [{"file_name": "elsewhere.jpg"}]}')
    coco(capsys, tmp_path / "coco", tmp_path)
    found = releases.content(tmp_path / "coco")
    del found["manifest.json"], found[f"annotations/{own.name}"]
    assert found == releases.content(made)
    assert check_manifest(tmp_path / "coco")


def test_a_part_is_refused_unless_it_is_allowed(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = call(capsys, "coco", "--src", made, "--dst", tmp_path / "d")
    assert status == COULD_NOT_RUN
    assert "person_keypoints_val2017.json: 4 images, not 5000" in said
    with pytest.raises(DataError, match="prepared to the end"):
        check_manifest(tmp_path / "d" / "coco")


def test_the_wrong_folder_is_told_what_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "got" / "cats").mkdir(parents=True)
    said = refused(capsys, tmp_path / "got", tmp_path / "d")
    for words in ("person_keypoints_val2017.json", "val2017.zip", "val2017/*.jpg"):
        assert words in said
    assert "got cats" in said and not (tmp_path / "d").exists()
    status, said = call(capsys, "imagenet", "--src", tmp_path, "--dst", tmp_path)
    assert status == COULD_NOT_RUN and "one of coco, panoptic" in said
    status, said = call(capsys, "coco", "--src", tmp_path)
    assert status == COULD_NOT_RUN and "NAME --src DOWNLOADS --dst DATA" in said


def test_training_images_can_be_left_out(
    loose: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(loose / "train2017")
    assert "optional: train2017/*.jpg" in coco(capsys, loose, tmp_path / "d")
    (loose / "train2017").mkdir()
    (loose / "train2017" / "000000000001.jpg").write_bytes(b"\xff\xd9")
    assert "3 missing: 000000000002.jpg" in refused(capsys, loose, tmp_path / "d")


def test_a_missing_image_is_named_and_its_return_completes(
    loose: Path, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = sorted((loose / "val2017").glob("*.jpg"))[1]
    image.rename(tmp_path / "lost")
    said = refused(capsys, loose, tmp_path / "d")
    assert f"1 missing: {image.name}" in said and "_val2017.json" in said
    with pytest.raises(DataError, match="prepared to the end"):
        check_manifest(tmp_path / "d" / "coco")
    (tmp_path / "lost").rename(image)
    coco(capsys, loose, tmp_path / "d")
    assert check_manifest(tmp_path / "d" / "coco")


def test_links_among_the_downloads_are_followed_or_named(
    loose: Path, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (loose / "val2017").rename(tmp_path / "elsewhere")
    (loose / "val2017").symlink_to(tmp_path / "elsewhere")
    coco(capsys, loose, tmp_path / "d")
    found = releases.content(tmp_path / "d" / "coco")
    del found["manifest.json"]
    assert found == releases.content(made)
    assert not (tmp_path / "d" / "coco" / "val2017").is_symlink()
    (loose / "train2017" / "lost.jpg").symlink_to(tmp_path / "nowhere")
    assert "lost.jpg cannot be read" in refused(capsys, loose, tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_half_an_image_is_named(
    loose: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = sorted((loose / "train2017").glob("*.jpg"))[0]
    image.write_bytes(image.read_bytes()[:-2000])
    assert f"1 damaged: {image.name}" in refused(capsys, loose, tmp_path / "d")


@pytest.mark.parametrize("name", ["val2017.zip", "annotations_trainval2017.zip"])
def test_a_truncated_archive_is_named_before_anything_is_written(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    data = (packed / name).read_bytes()
    (packed / name).write_bytes(data[: len(data) // 2])
    said = refused(capsys, packed, tmp_path / "d")
    assert name in said and "truncated or damaged" in said
    assert not (tmp_path / "d").exists()
    (packed / name).write_bytes(data)
    coco(capsys, packed, tmp_path / "d")


def test_a_truncated_json_is_named(
    loose: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = loose / "annotations" / "instances_val2017.json"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    said = refused(capsys, loose, tmp_path / "d")
    assert "instances_val2017.json is not a usable JSON file" in said
    path.write_text(text)
    coco(capsys, loose, tmp_path / "d")


def test_truncated_boxes_are_named(
    loose: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = (loose / "person_detection_results").iterdir()
    path.write_text(path.read_text()[:-9])
    assert f"{path.name} is not a usable" in refused(capsys, loose, tmp_path / "d")


def test_a_hostile_archive_leaves_no_trace(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(packed / "val2017.zip", "a") as archive:
        archive.writestr("val2017/../../../marker", "hostile")
    said = refused(capsys, packed, tmp_path / "d")
    assert "val2017.zip is refused" in said and "marker" in said
    assert not (tmp_path / "d").exists()
    assert not list(tmp_path.rglob("marker"))


def test_a_link_in_a_tar_leaves_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = releases.hands(tmp_path / "sim", 4)
    releases.panoptic(made, tmp_path / "rel")
    path = releases.pack(tmp_path / "rel", tmp_path / "got" / "hand143_panopticdb.tar")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("hand143_panopticdb/out")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
        through = tarfile.TarInfo("hand143_panopticdb/out/marker")
        through.size = 7
        archive.addfile(through, io.BytesIO(b"hostile"))
    words = ("panoptic", "--src", path.parent, "--dst", tmp_path / "d")
    status, said = call(capsys, *words)
    assert status == COULD_NOT_RUN and "a link: 'hand143_panopticdb/out'" in said
    assert not (tmp_path / "d").exists() and not (tmp_path / "marker").exists()


def test_a_target_that_cannot_be_written_is_named(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = refused(capsys, made, tmp_path / "file" / "d")
    assert "cannot write into" in said and "Name another one with --dst" in said


def test_too_little_room_is_told_beforehand(
    packed: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(placing.shutil, "disk_usage", lambda path: usage)
    said = refused(capsys, packed, tmp_path / "d")
    assert "no room for the data" in said and not (tmp_path / "d").exists()


@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_disk_that_fills_up_leaves_nothing_half(
    packed: Path,
    made: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    left = [number]
    write = placing.write_bytes_atomic

    def until_full(path: Path, data: bytes) -> None:
        if not left[0]:
            raise DataError(f"cannot write {path}", got="No space left on device")
        left[0] -= 1
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(placing, "write_bytes_atomic", until_full)
        patch.setattr(placing, "_THREADS", 1)
        assert "No space left" in refused(capsys, packed, tmp_path / "d")
    found, whole = releases.content(tmp_path / "d" / "coco"), releases.content(made)
    found.pop(UNFINISHED)
    # beside what was unpacked, the boxes, which were copied
    assert len(found) == number + 1
    assert all(whole[name] == data for name, data in found.items())
    coco(capsys, packed, tmp_path / "d")
    assert check_manifest(tmp_path / "d" / "coco")


def test_what_is_there_is_not_written_again(
    packed: Path,
    loose: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "loose").mkdir()
    loose.rename(tmp_path / "loose" / "coco")
    coco(capsys, packed, tmp_path / "one")
    coco(capsys, tmp_path / "loose", tmp_path / "two")

    def refuse(*args: Any) -> None:
        raise AssertionError(f"{args[0]} was written again")

    monkeypatch.setattr(placing, "write_bytes_atomic", refuse)
    monkeypatch.setattr(placing, "write_parts_atomic", refuse)
    coco(capsys, packed, tmp_path / "one")
    coco(capsys, tmp_path / "loose", tmp_path / "two")


def test_a_second_run_mends_what_was_altered(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco(capsys, packed, tmp_path / "d")
    folder = tmp_path / "d" / "coco"
    before = releases.content(folder)
    path = folder / "annotations" / "person_keypoints_val2017.json"
    text = path.read_text()
    path.write_text(text.replace("1", "2", 1))
    (folder / "val2017").joinpath(os.listdir(folder / "val2017")[0]).unlink()
    with pytest.raises(DataError, match=r"1 missing.*1 altered"):
        check_manifest(folder)
    coco(capsys, packed, tmp_path / "d")
    assert releases.content(folder) == before


def test_converted_annotations_are_mended_and_those_of_others_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = releases.hands(tmp_path / "sim", 8)
    releases.panoptic(made, tmp_path / "rel")
    words = ("panoptic", "--src", tmp_path / "rel", "--dst", tmp_path / "d")
    path = tmp_path / "d" / "panoptic" / "annotations" / "panoptic_train.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"images": []}')
    status, said = call(capsys, *words, "--allow-partial")
    assert status == COULD_NOT_RUN and "says something else" in said
    path.unlink()
    assert call(capsys, *words, "--allow-partial")[0] == OK
    before = releases.content(tmp_path / "d")
    path.write_text(path.read_text()[:1000])
    assert call(capsys, *words, "--allow-partial")[0] == OK
    assert releases.content(tmp_path / "d") == before


def test_what_a_killed_run_left_is_removed(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco(capsys, packed, tmp_path / "one")
    folder = tmp_path / "two" / "coco"
    (folder / "val2017").mkdir(parents=True)
    (folder / UNFINISHED).touch()
    (folder / "val2017" / ".a.jpg.4711.0123abcd.tmp").write_bytes(b"half")
    (folder / "val2017" / "000000000001.jpg").write_bytes(b"half")
    coco(capsys, packed, tmp_path / "two")
    assert releases.content(folder) == releases.content(tmp_path / "one" / "coco")


def test_two_at_once_do_not_mix(
    made: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, told = prepare.place_files, []

    def meanwhile(*args: Any) -> None:
        if not told:
            told.append("")
            told.append(refused(capsys, made, tmp_path / "d"))
        place(*args)

    monkeypatch.setattr(prepare, "place_files", meanwhile)
    coco(capsys, made, tmp_path / "d")
    assert "is being prepared" in told[1]
    assert check_manifest(tmp_path / "d" / "coco")


def test_the_list_names_sources_and_licences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said = call(capsys, "--list")
    assert status == OK
    for words in ("licence: CC BY-NC 4.0", "hand_labels.zip", "1912 instances"):
        assert words in said
    status, said = call(capsys, "--list", "mhp")
    assert status == OK and "coco" not in said
    assert find_data_set("mhp").title in said


def test_two_hands_by_the_same_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_twohands(tmp_path / "got", 2, 0, preset="smoke")
    words = ("interhand26m", "--src", tmp_path / "got", "--dst", tmp_path / "d")
    status, said = call(capsys, *words)
    assert status == COULD_NOT_RUN and "no images/val" in said
    status, said = call(capsys, *words, "--splits", "train")
    assert status == OK and "train: 2 images, 2 prepared" in said
    manifest = check_manifest(tmp_path / "d" / "interhand26m")
    assert manifest is not None and len(manifest.digests) == 9
    status, said = call(capsys, "coco", *words[1:], "--splits", "train")
    assert status == COULD_NOT_RUN and "expected interhand26m" in said
