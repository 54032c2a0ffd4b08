"""P6: a full or read-only disk leaves no half file, and what was there intact."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from mmsia.bench.training import train
from mmsia.engine.sealed_files import find_damage
from mmsia.errors import DataError
from mmsia.files import sha256_file
from mmsia.paths import project_root

CHILD = Path(__file__).with_name("full_disk_child.py")


def may_mount(folder: Path) -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_a_training_on_a_small_disk(request_for, unbroken, tmp_path):
    mount, pickled = tmp_path / "mount", tmp_path / "request"
    mount.mkdir()
    if not may_mount(mount):
        pytest.skip("no mount in a namespace of its own here (unshare -rm)")
    request = request_for(mount / "run")
    pickled.write_bytes(pickle.dumps(request))
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, str(CHILD), str(mount), str(pickled)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(project_root())},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kinds = ("digest", "error", "whole", "half", "last")
    lines = [line for line in done.stdout.splitlines() if line.startswith(kinds)]
    full, read_only, again = lines[:4], lines[4:8], lines[8:]
    assert full[0].startswith("error DataError cannot write")
    assert "iter_8.pth" in full[0] and "No space left" in full[0]
    assert read_only[0].startswith("error") and "Read-only" in read_only[0]
    for part in (full, read_only):
        assert part[1:] == ["whole iter_4.pth", "half", "last iter_4.pth"]
    assert again[0] == f"digest {sha256_file(unbroken / 'weights.pth')}"
    assert again[1:] == [
        "whole iter_4.pth iter_8.pth weights.pth",
        "half",
        "last iter_8.pth",
    ]


def test_a_write_that_the_disk_refuses(request_for, unbroken, tmp_path, monkeypatch):
    """The same without a mount: the second checkpoint cannot be synced."""
    sync = os.fsync

    def refuse(descriptor):
        if ".iter_8.pth." in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    request = request_for(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(DataError, match=r"cannot write .*iter_8\.pth.*No space"):
            train(request)
    kept = [path.name for path in request.work_dir.iterdir() if path.suffix == ".pth"]
    assert kept == ["iter_4.pth"] and not list(request.work_dir.glob(".*"))
    assert find_damage(request.work_dir / "iter_4.pth") is None
    assert train(request).digest == sha256_file(unbroken / "weights.pth")
