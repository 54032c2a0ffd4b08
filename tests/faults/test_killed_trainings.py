"""P1 with networks: a session killed while it trains ends with the same cells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmsia.paths import project_root

WORDS = ("reproduce", "gog/table2", "--evidence", "training", "--scale", "smoke")


def _start(work: Path) -> subprocess.Popen:
    options = ("--num-draws", "10", "--jobs", "2", "--work-dir", str(work))
    return subprocess.Popen(
        [sys.executable, "-m", "mmsia", *WORDS, *options],
        cwd=project_root(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _cells(work: Path) -> list[dict]:
    return json.loads((work / "report" / "results.json").read_text())["cells"]


def _weights(work: Path) -> dict[str, str]:
    """Digest of each training's weights, by its run."""
    results = {
        path.parent.name: json.loads(path.read_text())["result"]
        for path in work.glob("runs/*/result.json")
    }
    return {k: r["weights"]["digest"] for k, r in results.items() if "weights" in r}


@pytest.mark.slow
def test_it_goes_on_from_the_last_checkpoint(tmp_path: Path, wait) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    process = _start(unbroken)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert len(_weights(unbroken)) == 4
    process = _start(broken)
    wait(lambda: list(broken.glob("runs/*/iter_*.pth")), "a checkpoint")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process = _start(broken)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert "stale lock" in err
    assert _weights(broken) == _weights(unbroken)
    assert _cells(broken) == _cells(unbroken)
