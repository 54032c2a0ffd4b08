"""`mmsia simulate`: writes, shows, refuses, and completes what was killed."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmsia.cli.main import main
from mmsia.datasets.manifest import check_manifest
from mmsia.files import read_json


def _content(folder: Path) -> dict[str, bytes]:
    """Of all files but the cache of digests, which knows when they were written."""
    files = (path for path in sorted(folder.rglob("[!.]*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("family", "version", "annotations"),
    [("hands", 1, "panoptic_test.json"), ("people", 2, "person_keypoints_test.json")],
)
def test_a_family_and_its_contact_sheet(
    family: str,
    version: int,
    annotations: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, sheet = tmp_path / "data", tmp_path / "sheet.png"
    words = ["simulate", family, "--out", str(out), "--num", "9", "--split", "test"]
    words += ["--workers", "1", "--preview", str(sheet), "--preview-num", "2"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert f"{family}, preset smoke: 9 of 9" in printed
    assert "9 images" in printed
    assert f"preset smoke v{version}, seed 0" in printed
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert len(read_json(out / "annotations" / annotations)["images"]) == 9
    assert check_manifest(out)


def test_crowds_are_written_as_before(tmp_path: Path) -> None:
    words = ["simulate", "crowds", "--out", str(tmp_path), "--num", "3", "--no-images"]
    assert main(words) == 0
    content = read_json(tmp_path / "annotations/person_keypoints_val2017.json")
    assert len(content["images"]) == 3
    assert check_manifest(tmp_path)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["hands"], "--out"),
        (["hands", "--out", "OUT", "--num", "-3"], "-3 images"),
        (["hands", "--out", "OUT", "--seed", "-1"], "seed -1"),
        (["people", "--out", "OUT", "--workers", "0"], "0 workers"),
        (["people", "--out", "OUT", "--preset", "huge"], "'huge'"),
        (["people", "--out", "OUT", "--no-images"], "--no-images"),
        (["crowds", "--preview", "OUT"], "crowds"),
        (["hands", "--preview", "OUT", "--preview-num", "0"], "--preview-num"),
    ],
)
def test_bad_input_is_named(
    words: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["simulate", *(out if w == "OUT" else w for w in words)]) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_unknown_families_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", "cats", "--out", "x"])
    assert "cats" in capsys.readouterr().err


def test_a_killed_run_is_completed_by_the_next(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    words = ["simulate", "hands", "--num", "120", "--seed", "3", "--workers"]
    command = [sys.executable, "-m", "mmsia", *words, "2", "--out", str(killed)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while len(list(killed.glob("imgs/**/*.jpg"))) < 20 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = len(list(killed.glob("imgs/**/*.jpg")))
    assert 20 <= found < 120
    assert not (killed / "annotations").exists()
    # its workers end with it: nobody goes on writing
    time.sleep(0.5)
    before = len(list(killed.glob("imgs/**/*.jpg")))
    time.sleep(0.3)
    assert len(list(killed.glob("imgs/**/*.jpg"))) == before
    for out in (killed, whole):
        assert main([*words, "1", "--out", str(out)]) == 0
    assert _content(killed) == _content(whole)


def test_a_disk_that_refuses_is_told_and_the_next_run_completes(tmp_path: Path) -> None:
    out = tmp_path / "data"
    words = ["simulate", "hands", "--num", "9", "--workers", "1", "--out", str(out)]
    refused = subprocess.run(
        [sys.executable, "-m", "mmsia", *words],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "cannot write" in refused.stderr
    assert "Free space" in refused.stderr
    assert not list(out.glob("imgs/**/*.jpg"))
    assert main(words) == 0
    assert check_manifest(out)
