"""Killed at any moment: the next run completes the split and repeats nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from mmsia.datasets import interhand_chunks, interhand_prepare
from mmsia.datasets.interhand_folder import alone
from mmsia.datasets.interhand_prepare import prepare_interhand
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError
from tests.datasets.interhand_trees import contents

CHUNK = 4
NUM = CHUNK + 2
FILES = 4 * NUM
# What stands in the staging folder and its two records; then index and manifest.
MOVES = 1 + FILES + 2 + 1


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interhand_prepare, "CHUNK", CHUNK)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interhand")
    write_twohands(folder, NUM, 5)
    return folder


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    prepare(source, folder)
    return contents(folder)


def prepare(source: Path, target: Path, **options: Any) -> dict[str, int]:
    options = dict(splits=("train",), workers=1, size=64) | options
    return prepare_interhand(source, target, **options)["train"]


def count_frames(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    real = interhand_chunks.prepare_frame

    def prepare_frame(task: Any, tools: Any) -> Any:
        made.append(task.number)
        return real(task, tools)

    monkeypatch.setattr(interhand_chunks, "prepare_frame", prepare_frame)
    return made


def killed_at(source: Path, target: Path, move: int) -> None:
    """Run in a process that is killed before it moves its `move`-th file in place."""

    def run() -> None:
        real, left = os.replace, [move]

        def replace(*paths: Any) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            real(*paths)

        os.replace = replace  # type: ignore[assignment]
        prepare(source, target)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("move", "frames"),
    [
        (1, NUM),
        (2, NUM),
        (4 * CHUNK - 1, NUM),
        (4 * CHUNK + 2, NUM),
        (4 * CHUNK + 3, NUM - CHUNK),
        (MOVES - 1, NUM - CHUNK),
        (MOVES, 0),
        (MOVES + 1, 0),
    ],
)
def test_a_killed_run_is_completed(
    source, whole, tmp_path, monkeypatch, move, frames
) -> None:
    killed_at(source, tmp_path, move)
    final = tmp_path / "prepared" / "train"
    # Crops are where others look for them from the moment that all are there.
    assert final.is_dir() == (move >= MOVES)
    assert list(tmp_path.rglob(".*.tmp"))
    made = count_frames(monkeypatch)
    assert prepare(source, tmp_path)["prepared"] == NUM
    assert len(made) == frames
    assert contents(tmp_path) == whole


def test_a_whole_split_is_not_made_again(source, whole, tmp_path, monkeypatch) -> None:
    first = prepare(source, tmp_path)
    made = count_frames(monkeypatch)
    calls: list[Any] = []
    again = prepare(source, tmp_path, on_progress=lambda *n: calls.append(n))
    assert again == first and not made and not calls
    assert contents(tmp_path) == whole


def test_a_chunk_whose_files_changed_is_made_again(
    source, whole, tmp_path, monkeypatch
) -> None:
    killed_at(source, tmp_path, MOVES - 1)
    crop = tmp_path / ".interhand_train/crops/dense/3.png"
    crop.write_bytes(crop.read_bytes()[:100])
    made = count_frames(monkeypatch)
    prepare(source, tmp_path)
    assert len(made) == NUM and contents(tmp_path) == whole


def test_an_altered_crop_of_a_whole_split_is_named(source, tmp_path) -> None:
    prepare(source, tmp_path)
    crop = tmp_path / "prepared/train/mask/2.png"
    crop.write_bytes(crop.read_bytes() + b"x")
    with pytest.raises(DataError, match=r"1 altered: prepared/train/mask/2.png"):
        prepare(source, tmp_path)
    crop.unlink()
    with pytest.raises(DataError, match=r"1 missing: prepared/train/mask/2.png"):
        prepare(source, tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(DataError, match="expected the manifest"):
        prepare(source, tmp_path)


@pytest.mark.parametrize("finished", [False, True])
def test_a_folder_of_other_data_is_left_alone(source, tmp_path, finished) -> None:
    if finished:
        prepare(source, tmp_path)
    else:
        killed_at(source, tmp_path, 9)
    before = contents(tmp_path)
    with pytest.raises(
        DataError, match="tells of other data: expected size 32, got si"
    ):
        prepare(source, tmp_path, size=32)
    assert contents(tmp_path) == before


def test_crops_from_elsewhere_are_left_alone(source, tmp_path) -> None:
    shutil.copytree(source / "prepared", tmp_path / "prepared")
    with pytest.raises(DataError, match=r"got something else.*remove this one"):
        prepare(source, tmp_path)
    (tmp_path / "prepared/train.json").unlink()
    with pytest.raises(DataError, match="got something else"):
        prepare(source, tmp_path)


def test_only_one_run_at_a_time(source, tmp_path) -> None:
    with alone(tmp_path):
        with pytest.raises(DataError, match="got another one at work"):
            prepare(source, tmp_path)
    assert prepare(source, tmp_path)["prepared"] == NUM


def test_a_target_that_cannot_be_written_is_named(source, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write into .*file"):
        prepare(source, tmp_path / "file")


def test_what_is_there_is_counted_as_done(source, tmp_path) -> None:
    killed_at(source, tmp_path, MOVES - 1)
    calls: list[tuple[int, int]] = []
    prepare(source, tmp_path, on_progress=lambda *numbers: calls.append(numbers))
    assert calls == [(CHUNK, NUM), (NUM, NUM)]
    assert json.loads((tmp_path / "prepared/train.json").read_text())["counts"]


def test_processes_that_end_are_told_and_replaced_by_the_next_run(
    source, whole, tmp_path, monkeypatch
) -> None:
    with monkeypatch.context() as patched:
        # Not made for what it is given: each process ends as it starts.
        patched.setattr(interhand_chunks, "_start", divmod)
        with pytest.raises(DataError, match=r"process .* ended.*2 workers.*is kept"):
            prepare(source, tmp_path, workers=2)
    assert not (tmp_path / "prepared").exists()
    prepare(source, tmp_path)
    assert contents(tmp_path) == whole
