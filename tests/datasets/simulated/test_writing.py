"""Writing of a family: resumed, refused where it must be, ended by a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mmsia.datasets.manifest import check_manifest
from mmsia.datasets.simulated.presets import HANDS, find_preset
from mmsia.datasets.simulated.writing import Encoded, Finished, write_family
from mmsia.errors import DataError, InputError
from mmsia.files import read_json

PRESET = HANDS["smoke"]


def encode(seed: int, index: int, preset: Any) -> Encoded:
    content = f"{seed} {index} {preset.name}".encode()
    return Encoded({f"sub{index % 2}/{index}.txt": content}, {"index": index})


def finish(records: Sequence[dict[str, Any]], split: str) -> Finished:
    order = [record["index"] for record in records]
    files = {f"annotations/{split}.json": order, "raw.bin": b"raw"}
    return Finished(files, {"images": len(order)})


def write(folder: Path, num: int = 20, seed: int = 3, **options: Any) -> Path:
    choices: dict[str, Any] = {"encode": encode, "finish": finish, **options}
    return write_family(folder, "toys", num, seed, PRESET, images="imgs", **choices)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_folder_is_written_counted_and_listed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = write(tmp_path, on_progress=lambda done, total: told.append((done, total)))
    about = read_json(path)
    assert about["complete"] is True
    assert about["counts"] == {"images": 20}
    assert about["preset"]["digest"] == PRESET.digest
    assert read_json(tmp_path / "annotations/train.json") == list(range(20))
    assert (tmp_path / "imgs/sub1/7.txt").read_bytes() == b"3 7 smoke"
    assert check_manifest(tmp_path)
    assert len(read_json(tmp_path / "manifest.json")["files"]) == 23
    assert told == [(0, 20), (8, 20), (16, 20), (20, 20)]
    assert not list(tmp_path.glob(".sim*"))


def test_the_next_run_completes_what_was_interrupted(tmp_path: Path) -> None:
    write(tmp_path / "whole")
    made: list[int] = []

    def counting(seed: int, index: int, preset: Any) -> Encoded:
        made.append(index)
        return encode(seed, index, preset)

    def dying(seed: int, index: int, preset: Any) -> Encoded:
        if index == 13:
            raise KeyboardInterrupt
        return encode(seed, index, preset)

    folder = tmp_path / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        write(folder, encode=dying)
    assert read_json(folder / "simulated_train.json")["complete"] is False
    assert (folder / "imgs/sub0/12.txt").is_file()
    # what a killed write leaves, and a finished image that was damaged since
    leftover = folder / "imgs/sub0/.14.txt.77.0123abcd.tmp"
    leftover.write_bytes(b"3 1")
    (folder / "imgs/sub0/2.txt").write_bytes(b"half")
    write(folder, encode=counting)
    assert made == list(range(20))
    assert content(folder) == content(tmp_path / "whole")


def test_finished_chunks_are_not_made_again(tmp_path: Path) -> None:
    def no_finish(records: Sequence[dict[str, Any]], split: str) -> Finished:
        raise KeyboardInterrupt

    def no_encode(seed: int, index: int, preset: Any) -> Encoded:
        raise AssertionError("made again")

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, finish=no_finish)
    before = write(tmp_path, encode=no_encode)
    assert write(tmp_path, encode=no_encode, finish=no_finish) == before


def test_an_end_without_its_manifest_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, split="val")

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mmsia.datasets.simulated.writing.write_manifest", dies)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, split="train")
    write(tmp_path, split="train")
    listed = read_json(tmp_path / "manifest.json")["files"]
    assert {"simulated_val.json", "simulated_train.json"} <= set(listed)


def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    told: list[str] = []

    def again(seed: int, index: int, preset: Any) -> Encoded:
        if index == 9:
            with pytest.raises(DataError, match="is being written") as caught:
                write(tmp_path)
            told.append(str(caught.value))
        return encode(seed, index, preset)

    write(tmp_path, encode=again)
    assert len(told) == 1
    assert read_json(tmp_path / "simulated_train.json")["complete"] is True
    assert not list(tmp_path.glob(".sim*"))


def test_other_data_and_strangers_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a")
    for change in ({"num": 21}, {"seed": 4}):
        with pytest.raises(DataError, match="tells of other data"):
            write(tmp_path / "a", **change)
    with pytest.raises(DataError, match="something else"):
        write_family(
            *(tmp_path / "a", "dolls", 4, 0, PRESET),
            **{"encode": encode, "finish": finish, "images": "i", "split": "val"},
        )
    (tmp_path / "b").mkdir()
    (tmp_path / "b/thesis.tex").write_text("mine")
    with pytest.raises(DataError, match=r"something else.*thesis\.tex"):
        write(tmp_path / "b")
    (tmp_path / "c").write_text("")
    with pytest.raises(DataError, match="a folder"):
        write(tmp_path / "c")
    assert content(tmp_path / "b") == {"thesis.tex": b"mine"}


def test_an_altered_folder_is_named_not_mended_silently(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "imgs/sub0/4.txt").write_text("altered")
    with pytest.raises(DataError, match=r"altered: imgs/sub0/4\.txt"):
        write(tmp_path)


@pytest.mark.parametrize(
    "change", [{"num": -1}, {"num": 0}, {"seed": -1}, {"workers": 0}, {"split": "../x"}]
)
def test_numbers_without_sense_are_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        write(tmp_path, **change)
    assert not any(tmp_path.iterdir())


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(InputError, match="'tiny'"):
        find_preset(HANDS, "tiny")
