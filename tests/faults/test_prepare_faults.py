"""P1 and P6 for prepared data: a killed run, a read-only disk, and a small one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmsia.cli.main import COULD_NOT_RUN, OK, main
from mmsia.datasets.manifest import UNFINISHED, check_manifest
from mmsia.errors import DataError
from mmsia.paths import project_root
from tests.datasets.preparing import releases

# A disk that cannot be written, then one that is small, then one that has grown.
SCRIPT = """
set -u
mount -t tmpfs -o ro,size=4m none "$WORK" || exit 77
call() { "$PYTHON" -m mmsia prepare panoptic --src "$GOT" --dst "$WORK/d" \
    --allow-partial; }
call >"$OUT/readonly" 2>&1; echo $? >"$OUT/readonly.status"
mount -o remount,rw,size=64k "$WORK"
call >"$OUT/small" 2>&1; echo $? >"$OUT/small.status"
ls -A "$WORK" >"$OUT/left"
mount -o remount,size=$ALMOST "$WORK"
call >"$OUT/almost" 2>&1; echo $? >"$OUT/almost.status"
cp -r "$WORK/d" "$OUT/half"
mount -o remount,size=8m "$WORK"
call >"$OUT/grown" 2>&1; echo $? >"$OUT/grown.status"
cp -r "$WORK/d" "$OUT/whole"
"""


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(project_root()), "PYTHON": sys.executable}


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of 400 hands, the same twelve over and over."""
    folder = tmp_path_factory.mktemp("release")
    made = releases.hands(folder / "sim", 12)
    many = [made[number % 12] for number in range(400)]
    releases.panoptic(many, folder / "rel")
    releases.pack(folder / "rel", folder / "got" / "hand143_panopticdb.tar")
    return folder / "got"


@pytest.fixture(scope="module")
def whole(got: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run gives."""
    root = tmp_path_factory.mktemp("whole")
    assert main([*_words(got, root), "--allow-partial"]) == OK
    return releases.content(root / "panoptic")


def _words(got: Path, root: Path) -> list[str]:
    return ["prepare", "panoptic", "--src", str(got), "--dst", str(root)]


def test_a_killed_run_is_completed(
    got: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    images = tmp_path / "panoptic" / "hand143_panopticdb" / "imgs"
    command = [sys.executable, "-m", "mmsia", *_words(got, tmp_path)]
    run = subprocess.Popen(
        [*command, "--allow-partial"], env=_environment(), stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 60
    while not images.is_dir() or len(os.listdir(images)) < 40:
        assert run.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    found = releases.content(tmp_path / "panoptic")
    images_there = {name for name in found if name.endswith(".jpg")}
    assert 0 < len(images_there) < 400
    assert all(found[name] == whole[name] for name in images_there)
    with pytest.raises(DataError, match="prepared to the end"):
        check_manifest(tmp_path / "panoptic")
    assert main([*_words(got, tmp_path), "--allow-partial"]) == OK
    assert releases.content(tmp_path / "panoptic") == whole


@pytest.mark.slow
def test_disks_that_cannot_take_it(
    got: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    out, work = tmp_path / "out", tmp_path / "disk"
    out.mkdir()
    work.mkdir()
    # Room for the release, in whole pages, and not for the annotations.
    placed = [data for name, data in whole.items() if name.startswith("hand143")]
    pages = sum(-(-len(data) // 4096) for data in placed)
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", SCRIPT],
        env={
            **_environment(),
            "GOT": str(got),
            "WORK": str(work),
            "OUT": str(out),
            "ALMOST": f"{4 * pages + 200}k",
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    if done.returncode == 77 or not (out / "readonly").exists():
        pytest.skip(f"no tmpfs of one's own here: {done.stderr.strip()}")
    said = {path.name: path.read_text() for path in out.iterdir() if path.is_file()}
    assert not [name for name, text in said.items() if "Traceback" in text]
    for name, words in (
        ("readonly", "Read-only file system"),
        ("small", "room for"),
        ("almost", "No space left on device"),
    ):
        assert said[f"{name}.status"].strip() == str(COULD_NOT_RUN), said[name]
        assert words in said[name]
    assert not said["left"].strip(), "nothing was written where there is no room"
    half = releases.content(out / "half" / "panoptic")
    assert UNFINISHED in half and "manifest.json" not in half
    half.pop(UNFINISHED)
    assert all(whole[name] == data for name, data in half.items())
    assert said["grown.status"].strip() == str(OK), said["grown"]
    assert releases.content(out / "whole" / "panoptic") == whole
