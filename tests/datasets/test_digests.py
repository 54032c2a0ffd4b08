"""Digests are computed once for each content, and never believed too long."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from mmsia.datasets import digests
from mmsia.datasets.digests import CACHE, digest_files
from mmsia.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, which count as old."""
    monkeypatch.setattr(digests, "_FRESH", -(10**18))
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "in/c"):
        (tmp_path / name).write_text(f"content of {name}")
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were really read."""
    names: list[str] = []

    def sha256(path: Path) -> str:
        names.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(digests, "sha256_file", sha256)
    return names


NAMES = ["a", "b", "in/c"]


def expected(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES
    }


def test_each_file_is_read_once(folder: Path, read: list[str]) -> None:
    assert digest_files(folder, NAMES) == expected(folder)
    assert sorted(read) == ["a", "b", "c"]
    assert digest_files(folder, NAMES) == expected(folder)
    # another order, and a part of them
    assert digest_files(folder, ["in/c", "a"])["a"] == expected(folder)["a"]
    assert len(read) == 3


def test_a_changed_file_is_read_again(folder: Path, read: list[str]) -> None:
    digest_files(folder, NAMES)
    read.clear()
    (folder / "b").write_text("another text")
    assert digest_files(folder, NAMES) == expected(folder)
    assert read == ["b"]
    # and of the others nothing was forgotten
    assert digest_files(folder, NAMES) == expected(folder)
    assert read == ["b"]


def test_a_time_that_was_put_back_deceives_nobody(folder: Path) -> None:
    digest_files(folder, NAMES)
    told = (folder / "b").stat()
    text = (folder / "b").read_text()
    time.sleep(0.02)
    (folder / "b").write_text(text.replace("b", "x"))
    os.utime(folder / "b", ns=(told.st_atime_ns, told.st_mtime_ns))
    assert (folder / "b").stat().st_mtime_ns == told.st_mtime_ns
    assert digest_files(folder, NAMES) == expected(folder)


def test_a_part_does_not_forget_the_rest(folder: Path, read: list[str]) -> None:
    digest_files(folder, ["a"])
    digest_files(folder, ["b"])
    digest_files(folder, ["a"])
    assert sorted(read) == ["a", "b"]


def test_files_that_were_just_written_are_not_remembered(
    folder: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_FRESH", 2 * 10**9)
    for _ in range(2):
        digest_files(folder, NAMES)
    assert len(read) == 6
    assert not (folder / CACHE).exists()


def test_missing_files_are_left_out(folder: Path) -> None:
    digest_files(folder, NAMES)
    (folder / "b").unlink()
    assert list(digest_files(folder, [*NAMES, "in/c/d"])) == ["a", "in/c"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"x" * 100])
def test_a_damaged_cache_costs_time_only(folder: Path, damage: bytes) -> None:
    digest_files(folder, NAMES)
    (folder / CACHE).write_bytes(damage)
    assert digest_files(folder, NAMES) == expected(folder)


def test_a_cut_cache_costs_time_only(folder: Path) -> None:
    digest_files(folder, NAMES)
    data = (folder / CACHE).read_bytes()
    for share in (0.2, 0.5, 0.99):
        (folder / CACHE).write_bytes(data[: int(share * len(data))])
        assert digest_files(folder, NAMES) == expected(folder)


def test_a_folder_that_cannot_be_written_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DataError("read-only")

    monkeypatch.setattr(digests, "write_bytes_atomic", refuse)
    assert digest_files(folder, NAMES) == expected(folder)
    assert not (folder / CACHE).exists()


@pytest.mark.slow
def test_half_a_gigabyte_is_quick(tmp_path: Path) -> None:
    """1.5 s a GB from a warm page cache, and 0.5 s where nothing changed.

    In the processor's own time: others may be at work on these cores.
    """
    noise, names = os.urandom(160_000), [f"{i:012d}.jpg" for i in range(3200)]
    for i, name in enumerate(names):
        (tmp_path / name).write_bytes(i.to_bytes(8, "little") + noise)
    time.sleep(2.1)
    size, spent = len(names) * (len(noise) + 8) / 1e9, []
    for _ in range(3):
        (tmp_path / CACHE).unlink(missing_ok=True)
        begun = time.process_time()
        first = digest_files(tmp_path, names)
        spent.append(time.process_time() - begun)
    assert min(spent) / size < 1.5
    begun = time.process_time()
    assert digest_files(tmp_path, names) == first
    assert time.process_time() - begun < 0.5
