"""P6 for made data: a disk that fills up leaves no half file and nothing that is whole
by its own account, and the same command then completes it to the same bytes."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mmsia import files
from mmsia.cli.main import main
from mmsia.datasets.digests import CACHE
from mmsia.datasets.manifest import check_manifest
from mmsia.files import read_json
from mmsia.paths import project_root

# A disk that is too small, then one that has grown.
SCRIPT = """
set -u
mount -t tmpfs -o size=$SMALL none "$WORK" || exit 77
call() { "$PYTHON" -m mmsia simulate "$FAMILY" --num 48 --workers 2 --out "$WORK/d"; }
call >"$OUT/first" 2>&1; echo $? >"$OUT/first.status"
df --output=avail -k "$WORK" | tail -n 1 >"$OUT/free"
cp -r "$WORK/d" "$OUT/full"
mount -o remount,size=8m "$WORK"
call >"$OUT/second" 2>&1; echo $? >"$OUT/second.status"
cp -r "$WORK/d" "$OUT/mended"
"""
WORDS = ["simulate", "hands", "--num", "9", "--workers", "1", "--out"]


class Disk:
    """Stands in for `open` in mmsia.files: so many bytes, and not one more.

    Args:
        room: Bytes that there are.
    """

    def __init__(self, room: float) -> None:
        self.room = room
        self.writes: list[int] = []

    def open(self, path: Any, mode: str) -> Any:
        """A file on the disk, if it is to be written."""
        return _File(path, self) if "x" in mode else open(path, mode)


class _File(io.FileIO):
    def __init__(self, path: Any, disk: Disk) -> None:
        super().__init__(path, "xb")
        self.disk = disk

    def write(self, data: Any) -> int:
        part = data[: int(min(len(data), self.disk.room))]
        self.disk.room -= super().write(part)
        self.disk.writes.append(len(data))
        if len(part) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)


def _content(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    found = (path for path in found if path.name != CACHE)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _is_part_of(folder: Path, whole: Path, split: str) -> int:
    """Check that a folder holds nothing but whole files and says that it is not whole.

    Returns:
        How many images there are.
    """
    complete, found = _content(whole), _content(folder)
    assert not [name for name in found if name.endswith((".tmp", ".part"))]
    assert "manifest.json" not in found
    about = f"simulated_{split}.json"
    images = 0
    for name, content in found.items():
        if name == about and b'"complete": false' in content:
            continue
        if not name.startswith(f".simulated_{split}/"):
            assert content == complete[name], name
            images += name.endswith(".jpg")
    return images


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "split"), [("hands", "train"), ("people", "train2017")]
)
def test_a_small_disk_then_a_larger_one(
    tmp_path: Path, family: str, split: str
) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    whole, out, work = (tmp_path / name for name in ("whole", "out", "disk"))
    out.mkdir()
    work.mkdir()
    words = ["simulate", family, "--num", "48", "--out"]
    assert main([*words, str(whole)]) == 0
    environment = {
        **os.environ,
        "PYTHONPATH": str(project_root()),
        "PYTHON": sys.executable,
        "FAMILY": family,
        "SMALL": "160k",
        "WORK": str(work),
        "OUT": str(out),
    }
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode == 77 or not (out / "first").exists():
        pytest.skip(f"no tmpfs of one's own here: {done.stderr.strip()}")
    read = {path.name: path.read_text() for path in out.iterdir() if path.is_file()}
    assert read["first.status"].strip() == "2", read["first"]
    assert "No space left on device" in read["first"]
    assert "run the same command again" in read["first"]
    assert "Traceback" not in read["first"]
    assert int(read["free"]) < 160
    assert 0 < _is_part_of(out / "full", whole, split) < 48
    assert read["second.status"].strip() == "0", read["second"]
    assert _content(out / "mended") == _content(whole)
    assert check_manifest(out / "mended")


def test_a_disk_that_fills_up_in_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, roomy = tmp_path / "whole", Disk(float("inf"))
    with monkeypatch.context() as patch:
        patch.setattr(files, "open", roomy.open, raising=False)
        assert main([*WORDS, str(whole)]) == 0
    # what there is of it, nine images, two records, annotations, again, the manifest
    assert len(roomy.writes) == 15
    found = []
    for number in range(len(roomy.writes)):
        folder = tmp_path / str(number)
        half = roomy.writes[number] // 2
        with monkeypatch.context() as patch:
            disk = Disk(sum(roomy.writes[:number]) + half)
            patch.setattr(files, "open", disk.open, raising=False)
            assert main([*WORDS, str(folder)]) == 2
        told = capsys.readouterr().err
        assert os.strerror(errno.ENOSPC) in told
        assert "run the same command again" in told
        found.append(_is_part_of(folder, whole, "train"))
        assert main([*WORDS, str(folder)]) == 0
        assert _content(folder) == _content(whole)
    assert found == [0, *range(8), 8, 8, 9, 9, 9, 9]


def test_a_disk_that_is_full_before_the_records_have_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make = Path.mkdir

    def refuse(path: Path, *words: Any, **options: Any) -> None:
        if path.name == ".simulated_train":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        make(path, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        assert main([*WORDS, str(tmp_path / "d")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert read_json(tmp_path / "d/simulated_train.json")["complete"] is False
    assert main([*WORDS, str(tmp_path / "d")]) == 0
