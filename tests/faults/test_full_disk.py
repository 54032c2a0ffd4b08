"""P6: a full or read-only disk leaves no half file and earlier results intact."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmsia import files
from mmsia.bench.store import Store
from mmsia.errors import DataError
from mmsia.paths import project_root

SCRIPT = """
set -u
mount -t tmpfs -o size=3m none "$WORK" || exit 77
again() { "$PYTHON" "$SESSION" "$@" --ann-file "$DATA" --work-dir "$WORK/w"; }
call() { again reproduce gog/upper-bounds --num-draws 10 "$@"; }
call >"$OUT/first" 2>&1; echo $? >"$OUT/first.status"
run=$(grep -l upper-bounds_default "$WORK"/w/runs/*/provenance.json)
rm -r "$(dirname "$run")"
(cd "$WORK/w" && sha256sum session.json runs/*/* report/*) >"$OUT/before"
$PREPARE
call >"$OUT/second" 2>&1; echo $? >"$OUT/second.status"
(cd "$WORK/w" && sha256sum -c --quiet "$OUT/before") >"$OUT/changed" 2>&1
find "$WORK/w" -name '*.tmp' -o -name '*.part' >"$OUT/halves"
$MEND
call >"$OUT/third" 2>&1; echo $? >"$OUT/third.status"
cp "$WORK/w/report/results.json" "$OUT"
"""
FULL = 'dd if=/dev/zero of="$WORK/filler" bs=4k 2>/dev/null'
READ_ONLY = 'mount -o remount,ro "$WORK"'


def _own_mounts() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    done = subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not _own_mounts(), reason="no mounts of one's own are allowed here")
@pytest.mark.parametrize(
    ("prepare", "mend", "words"),
    [
        (FULL, 'rm "$WORK/filler"', "No space left on device"),
        pytest.param(
            *(READ_ONLY, 'mount -o remount,rw "$WORK"', "Read-only file system"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_real_disk(sessions, tmp_path: Path, prepare, mend, words) -> None:
    out, work = tmp_path / "out", tmp_path / "disk"
    out.mkdir()
    work.mkdir()
    text = SCRIPT.replace("$PREPARE", prepare).replace("$MEND", mend)
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", text],
        env={
            **os.environ,
            "PYTHONPATH": str(project_root()),
            "PYTHON": sys.executable,
            "SESSION": str(Path(__file__).with_name("session.py")),
            "DATA": str(sessions.annotations),
            "MADE": str(sessions.made_file),
            "WORK": str(work),
            "OUT": str(out),
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode == 77:
        pytest.skip("no tmpfs can be mounted here")
    read = {path.name: path.read_text() for path in out.iterdir()}
    assert read["first.status"].strip() == "0", read["first"]
    assert read["second.status"].strip() in ("1", "2")
    assert words in read["second"]
    assert "Traceback" not in read["second"]
    assert read["halves"] == ""
    assert read["changed"] == ""
    assert read["third.status"].strip() == "0", read["third"]
    assert read["third"].count("cached") == 2
    assert "set aside" not in read["third"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_refuses_a_write(tmp_path, monkeypatch, step, number) -> None:
    store = Store(tmp_path / "runs")
    store.save("one", {"scores": {}}, {}, [])
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, step, refuse)
        with pytest.raises(DataError, match=os.strerror(number)):
            store.save("two", {"scores": {}}, {}, [])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert store.load("one") is not None
    assert store.load("two") is None
